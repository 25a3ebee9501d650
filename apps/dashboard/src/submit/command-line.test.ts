import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fixRequestSchema, reviewRequestSchema } from '@nova/core';
import fc from 'fast-check';
import { commandLine } from './command-line.ts';

/** The words that a shell makes of a line. */
function words(line: string): string[] {
  const shell = spawnSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  return shell.stdout.split('\0').slice(0, -1);
}

describe('the command line of a task', () => {
  it('leaves out what is as usual', () => {
    const fix = fixRequestSchema.parse({ kind: 'fix', repository: '/r', testCommand: 'npm test' });
    assert.equal(commandLine(fix), "nova fix --repo /r --test 'npm test'");
    const review = reviewRequestSchema.parse({ kind: 'review', repository: '/r', since: 'main', priority: 'high' });
    assert.equal(commandLine(review), 'nova review --repo /r --since main --priority high');
  });

  it('comes back from a shell as it was, whatever is in it', () => {
    const printable = fc.string({ minLength: 1 }).filter((text) => text.trim() !== '' && !text.includes('\0'));
    fc.assert(
      fc.property(printable, printable, (repository, test) => {
        const request = fixRequestSchema.parse({ kind: 'fix', repository, testCommand: test });
        const read = ['nova', 'fix', '--repo', repository, '--test', request.testCommand];
        assert.deepEqual(words(commandLine(request)), read);
      }),
      { numRuns: 40 },
    );
  });
});
