import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isNoSecret, secretForms } from './secret-forms.ts';

/** Put together here, so that no tool takes this file for one that gives keys away. */
const random = 'q7Zk2Vx9LmT4bWc8RyN3dGh6PsJ5fKa0uEoXi1MvQtBgCwHnDl';
const join = (...parts: string[]) => parts.join('');

describe('forms of secrets', () => {
  for (const [rule, text] of [
    ['google-api-key', join('AI', 'za', random.slice(0, 35))],
    ['anthropic-key', join('sk-', 'ant-', 'api03-', random, random.slice(0, 43), 'AA')],
    ['anthropic-key', join('sk-', 'ant-', 'admin01-', random)],
  ] as const) {
    test(`a ${rule} is one (${text.length} characters)`, () => {
      const matched = secretForms.filter(({ pattern }) => `key = "${text}"`.match(pattern)?.[0] === text);
      assert.deepEqual(
        matched.map((form) => form.rule),
        [rule],
      );
      assert.equal(isNoSecret(text), false);
    });
  }

  for (const text of [
    join('AKIA', 'IOSFODNN7EXAMPLE'),
    join('AKIA', 'XXXXXXXXXXXXXXXX'),
    join('AKIA', '1234567890ABCDEF'),
    join('AIDA', 'Q7ZK2VX9LMT4BWC8'),
    'npm_config_dangerously_allow_all_scripts',
    'SandboxesSandboxAwsMountConfigDescriptor',
    join('sk-ant-', 'api03-your-key-goes-here-and-nowhere-else-00'),
    'https://user:password@localhost/x',
  ]) {
    test(`${text.slice(0, 12)}… is none`, () => assert.equal(isNoSecret(text), true));
  }

  for (const text of [
    join('AKIA', 'Q7ZK2VX9LMT4BWC8'),
    join('AKIA', 'Z7QWERTY12345678'),
    join('npm_', random.slice(0, 36)),
  ]) {
    test(`${text.slice(0, 6)}… may be one`, () => assert.equal(isNoSecret(text), false));
  }
});
