import assert from 'node:assert/strict';
import { it } from 'node:test';
import { markedCommands } from './readme-commands.ts';

it('finds the marked shell blocks only, in order and without prompts', () => {
  const markdown = [
    '```sh',
    'not marked',
    '```',
    '<!-- ci -->',
    '```sh',
    '$ bin/nova --help',
    'bin/nova doctor',
    '```',
    '<!-- ci -->',
    '```json',
    '{}',
    '```',
    '<!-- ci -->',
    '',
    '```sh',
    'bin/test core',
    '```',
    '',
  ].join('\n');
  assert.deepEqual(markedCommands(markdown), ['bin/nova --help\nbin/nova doctor', 'bin/test core']);
});

it('finds nothing in a text without marks', () => {
  assert.deepEqual(markedCommands('# Title\n```sh\nls\n```\n'), []);
});
