import assert from 'node:assert/strict';
import { it } from 'node:test';
import { plainText } from './plain-text.ts';

it('shows what a terminal would show in the end', () => {
  assert.equal(plainText('\u001b[32mok\u001b[0m\r\n\u001b]0;title\u0007next'), 'ok\nnext');
  assert.equal(plainText('10 %\r50 %\r100 %\ndone\r'), '100 %\ndone');
  assert.equal(plainText('a\u0000b\u202ec'), 'a�b�c');
});
