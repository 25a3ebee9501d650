import assert from 'node:assert/strict';
import { test } from 'node:test';
import { framesIn } from './frames.ts';

test('frames of V8 come innermost first, with file addresses and spaces decoded, foreign files left out', () => {
  const stack = `TypeError: x
    at inner (file:///home/a%20b/src/a.js:3:4)
    at Object.<anonymous> (/home/a b/src/b.ts:10:1)
    at node:internal/modules:1:2
    at other (/elsewhere/c.js:1:1)`;
  assert.deepEqual(
    framesIn(stack, '/home/a b', () => true).filter((frame) => frame.path.startsWith('src')),
    [
      { path: 'src/a.js', line: 3 },
      { path: 'src/b.ts', line: 10 },
    ],
  );
  assert.deepEqual(
    framesIn(stack.replaceAll('a b', 'ab').replaceAll('a%20b', 'ab'), '/home/ab', () => true),
    [
      { path: 'src/a.js', line: 3 },
      { path: 'src/b.ts', line: 10 },
    ],
  );
});

test('frames of CPython are turned round', () => {
  const stack = `Traceback (most recent call last):
  File "/p/tests/test_a.py", line 1, in test
  File "/p/src/a.py", line 7, in f
ValueError: x`;
  assert.deepEqual(
    framesIn(stack, '/p', (path) => path.startsWith('src')),
    [{ path: 'src/a.py', line: 7 }],
  );
});
