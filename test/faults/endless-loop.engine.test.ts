import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { git, Place } from './nova.ts';

const manifest = { 'package.json': '{"name":"digits","type":"module"}' };
const head = "import assert from 'node:assert/strict';\nimport { test } from 'node:test';\n";
/** Long enough for what ends, and short for what does not. */
const patience = ['--test-timeout', '5', '--budget', '300'];

describe('a test that does not end', () => {
  it('is repaired where a loop of the source is to blame (node:test)', async () => {
    using place = new Place();
    const repository = place.repository('digits', {
      ...manifest,
      'src/digits.js':
        'export function digits(value) {\n  const found = [];\n  while (value >= 0) {\n    found.unshift(value % 10);\n    value = Math.floor(value / 10);\n  }\n  return found;\n}\n',
      'test/digits.test.js': `${head}import { digits } from '../src/digits.js';\ntest('digits', () => assert.deepEqual(digits(120), [1, 2, 0]));\n`,
    });
    const { result } = await place.fix(repository, 'node --test', patience);
    assert.equal(result.outcome, 'delivered', result.summary);
    assert.match(result.change?.diff ?? '', /^\+ {2}while \(value (?:> 0|>= 1)\)/m);
    assert.equal(place.processes().all.length, 0);
  });

  it('is repaired in Python, whose tests are killed before they can tell what they ran (unittest)', async () => {
    using place = new Place();
    const repository = place.repository('digits', {
      'digits.py':
        'def digits(value):\n    found = []\n    while value >= 0:\n        found.insert(0, value % 10)\n        value //= 10\n    return found\n',
      'test_digits.py':
        'import unittest\nfrom digits import digits\n\n\nclass Digits(unittest.TestCase):\n    def test_none(self):\n        self.assertEqual(digits(-1), [])\n\n    def test_three(self):\n        self.assertEqual(digits(120), [1, 2, 0])\n',
    });
    const { result } = await place.fix(repository, 'python3 -m unittest', patience);
    assert.equal(result.outcome, 'delivered', result.summary);
    assert.ok(result.suspects.some(({ path, startLine }) => path === 'digits.py' && startLine === 3));
    assert.equal(git(repository, 'rev-parse', result.change?.branch ?? ''), result.change?.commit);
    assert.equal(place.processes().all.length, 0);
  });

  it('is refused where every test had ended and something left open keeps the command alive', async () => {
    using place = new Place();
    const repository = place.repository('open', {
      ...manifest,
      'src/sum.js': 'export const sum = (a, b) => a + b;\n',
      'test/sum.test.js': `${head}import { createServer } from 'node:http';\nimport { sum } from '../src/sum.js';\ncreateServer().listen(0, '127.0.0.1');\ntest('sums', () => assert.equal(sum(1, 2), 3));\n`,
    });
    const { result } = await place.fix(repository, 'node --test', patience);
    assert.deepEqual([result.outcome, result.code, result.tried.candidates], ['refused', 'tests.timeout', 0]);
    assert.match(result.summary, /No test was running: .*leaves open/);
    assert.equal(place.processes().all.length, 0);
  });
});
