import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseSync } from 'oxc-parser';
import { must, run } from '../../test/scenarios/command.ts';
import { randomFrom } from './draw.ts';
import { type Mutation, mutationsOfJavaScript } from './mutate-javascript.ts';
import { commandFor, packageSchema, runSuite } from './suite.ts';

const javascript = `'use strict';
const label = '日本 𝒳';
module.exports = function clamp(value, low = 0, high) {
  if (value < low || !Number.isFinite(value)) return low;
  const list = [value, high + 1].map((one) => Math.max(one, 0));
  if (Number(list) > 1) list.pop();
  list.push(label.trim().indexOf('x', 2));
  return value > high ? high : value;
};
`;

const python = `"""Text."""
label = '日本 𝒳'


def clamp(value, low, high):
    """More text."""
    if value < low and not isinstance(value, str):
        return low
    total = max(value, 0) + 1
    label.strip()
    return min(total % high, int(label.find('x', 2)), key=abs)
`;

const kindsOfBoth = [
  'operator',
  'off-by-one',
  'condition',
  'return',
  'statement deletion',
  'argument swap',
  'call',
  'condition dropped',
  'call dropped',
  'variable',
  'property',
];

function applied(text: string, { start, end, text: replacement }: Mutation): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

test('JavaScript mutations are of every kind, change the text and still parse', () => {
  const mutations = mutationsOfJavaScript('clamp.js', javascript);
  const kinds = new Set(mutations.map(({ operator }) => operator));
  for (const kind of [...kindsOfBoth, 'guard deletion', 'default dropped']) assert.ok(kinds.has(kind), kind);
  for (const mutation of mutations) {
    const text = applied(javascript, mutation);
    assert.notEqual(text, javascript);
    assert.deepEqual(parseSync('clamp.js', text).errors, [], text);
  }
  assert.ok(mutations.some((mutation) => applied(javascript, mutation).includes("lastIndexOf('x', 2)")));
});

test('Python mutations are of every kind, change the text and still parse', async () => {
  const root = await mkdtemp(join(tmpdir(), 'nova-mutations-'));
  try {
    await writeFile(join(root, 'clamp.py'), python);
    const program = join(import.meta.dirname, 'mutate_python.py');
    const mutations: Mutation[] = JSON.parse(await must('python3', [program, 'clamp.py'], { cwd: root }));
    const kinds = new Set(mutations.map(({ operator }) => operator));
    for (const kind of [...kindsOfBoth, 'guard deletion', 'keyword']) assert.ok(kinds.has(kind), kind);
    const texts = mutations.map((mutation) => applied(python, mutation));
    assert.ok(
      texts.some((text) => text.includes("label.rfind('x', 2)")),
      'offsets count UTF-16 units',
    );
    assert.ok(texts.every((text) => text !== python && text.includes('"""More text."""')));
    await writeFile(join(root, 'texts.json'), JSON.stringify(texts));
    const check = 'import ast, json; [ast.parse(text) for text in json.load(open("texts.json"))]';
    await must('python3', ['-c', check], { cwd: root });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test('a seed repeats its numbers', () => {
  const numbers = (seed: number) => Array.from({ length: 5 }, randomFrom(seed));
  assert.deepEqual(numbers(7), numbers(7));
  assert.notDeepEqual(numbers(7), numbers(8));
  assert.ok(numbers(7).every((number) => number >= 0 && number < 1));
});

test('a suite is told test by test, and a command runs only what is shown', async () => {
  const root = await mkdtemp(join(tmpdir(), 'nova-suite-'));
  try {
    const source = packageSchema.parse({
      ecosystem: 'npm',
      package: 'x',
      version: '1.0.0',
      integrity: '',
      sources: ['x.js'],
      tests: ['*.test.js'],
    });
    const suite =
      "const { test } = require('node:test');\ntest('good (1)', () => {});\ntest('bad', () => { throw 1; });\n";
    await writeFile(join(root, 'x.test.js'), suite);
    const results = await runSuite(source, root, join(root, 'report'), 60);
    assert.deepEqual(
      [...results],
      [
        ['good (1)', true],
        ['bad', false],
      ],
    );
    const shell = (shown: string[]) => run('sh', ['-c', commandFor(source, root, shown)], { cwd: root });
    assert.equal((await shell(['good (1)'])).code, 0);
    assert.notEqual((await shell(['good (1)', 'bad'])).code, 0);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
