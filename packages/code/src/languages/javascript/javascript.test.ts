import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyEdits, type TestCase } from '@nova/core';
import { createTypeScriptLanguage } from '../typescript/typescript.ts';
import { createJavaScriptLanguage } from './javascript.ts';

const language = createJavaScriptLanguage();

/** What the proposals for the suspected lines make of the text; every line is suspected when none is named. */
async function repairs(text: string, lines?: number[], failing: TestCase[] = [], path = 'a.js'): Promise<Set<string>> {
  const module = path.endsWith('.ts') ? createTypeScriptLanguage() : language;
  const ranges = (await module.statements(path, text)).filter((range) => !lines || lines.includes(range.startLine));
  const suspects = ranges.map((range) => ({ ...range, path, score: 1, reasons: [] }));
  const proposals = await module.propose({ path, text, suspects, failing, testSources: new Map() });
  for (const proposal of proposals)
    assert.ok(proposal.prior > 0 && proposal.prior <= 1.2, `${proposal.template} ${proposal.prior}`);
  return new Set(proposals.map((proposal) => applyEdits(text, proposal.edits)));
}

const cases: [string, string, string][] = [
  ['a boundary', 'function f(a, n) { return a < n; }', 'function f(a, n) { return a <= n; }'],
  ['an arithmetic operator', 'const f = (a, b) => a + b;', 'const f = (a, b) => a - b;'],
  ['|| that swallows 0', 'const f = (a) => a || 5;', 'const f = (a) => a ?? 5;'],
  ['== for ===', 'const f = (a) => a == 5;', 'const f = (a) => a === 5;'],
  ['an index past the end', 'const f = (a) => a[a.length];', 'const f = (a) => a[a.length - 1];'],
  ['one too many', 'const f = (a) => a.slice(0, a.length - 1);', 'const f = (a) => a.slice(0, a.length);'],
  [
    'a negated condition',
    'function f(a) { if (a) return 1; return 2; }',
    'function f(a) { if (!a) return 1; return 2; }',
  ],
  [
    'a missing negation of a call',
    'function f(a) { if (a.includes(1)) return 1; return 2; }',
    'function f(a) { if (!a.includes(1)) return 1; return 2; }',
  ],
  [
    'a conjunct too much',
    'function f(a, b) { if (a && b) return 1; return 2; }',
    'function f(a, b) { if (a) return 1; return 2; }',
  ],
  [
    'a conjunct too little',
    'function f(a, b) { if (a) return 1; return 2; }',
    'function f(a, b) { if (a && b) return 1; return 2; }',
  ],
  [
    'a wrong variable',
    'function f(first, second) { return first + first; }',
    'function f(first, second) { return first + second; }',
  ],
  ['a wrong boolean', 'const f = () => true;', 'const f = () => false;'],
  ['swapped arguments', 'const f = (a, b) => g(a, b);', 'const f = (a, b) => g(b, a);'],
  ['a missing argument', 'const f = (a, b) => g(a);', 'const f = (a, b) => g(a, b);'],
  ['a radix', 'const f = (a) => parseInt(a);', 'const f = (a) => parseInt(a, 10);'],
  ['a method of the family', 'const f = (a) => Math.floor(a);', 'const f = (a) => Math.ceil(a);'],
  ['another method of the family', 'const f = (a) => a.some((x) => x);', 'const f = (a) => a.every((x) => x);'],
  ['an absent object', 'const f = (a) => a.b.c;', 'const f = (a) => a.b?.c;'],
  ['an absent value', 'const f = (a) => g(a.b);', "const f = (a) => g(a.b ?? '');"],
  [
    'a missing await',
    'async function f() { const x = g(); return x; }',
    'async function f() { const x = await g(); return x; }',
  ],
  ['a missing return', 'function f(a) { a + 1; }', 'function f(a) { return a + 1; }'],
  [
    'a missing guard',
    'function f(a) { return a.length; }',
    'function f(a) { if (a == null) return 0; return a.length; }',
  ],
  ['a list sorted in place', 'const f = (a) => a.sort();', 'const f = (a) => [...a].sort();'],
  ['numbers sorted as text', 'const f = (a) => a.sort();', 'const f = (a) => a.sort((a, b) => a - b);'],
  ['a missing new', 'const f = () => Thing(1);', 'const f = () => new Thing(1);'],
  [
    'a fall-through',
    'function f(a) { switch (a) { case 1: g(); case 2: h(); } }',
    'function f(a) { switch (a) { case 1: g(); break; case 2: h(); } }',
  ],
  [
    'the value of a case',
    "function f(a) {\n  switch (a) {\n    case 'x':\n      return 'y';\n  }\n}",
    "function f(a) {\n  switch (a) {\n    case 'y':\n      return 'y';\n  }\n}",
  ],
  ['a wrong initial value', 'function f() { let m = 0; return m; }', 'function f() { let m = -Infinity; return m; }'],
  ['swapped branches', 'const f = (a) => (a ? 1 : 2);', 'const f = (a) => (a ? 2 : 1);'],
  ['a missing else', 'function f(a) { if (a) { g(); } h(); }', 'function f(a) { if (a) { g(); } else { h(); } }'],
  ['a missing g flag', "const f = (a) => a.replace(/x/, '');", "const f = (a) => a.replace(/x/g, '');"],
  ['an unescaped dot', 'const f = (a) => /a.b/.test(a);', 'const f = (a) => /a\\.b/.test(a);'],
  ['a missing anchor', 'const f = (a) => /a/.test(a);', 'const f = (a) => /^a/.test(a);'],
  ['+ for *', 'const f = (a) => /a+/.test(a);', 'const f = (a) => /a*/.test(a);'],
  ['a missing class member', 'const f = (a) => /[a-z]/.test(a);', 'const f = (a) => /[A-Za-z]/.test(a);'],
  ['text where a number is meant', 'const f = (a, b) => a + b;', 'const f = (a, b) => Number(a) + b;'],
  ['typeof null', "const f = (a) => typeof a === 'object';", "const f = (a) => (typeof a === 'object' && a !== null);"],
  [
    'an inherited key',
    'const f = (a, b) => a in b;',
    'const f = (a, b) => Object.prototype.hasOwnProperty.call(b, a);',
  ],
  [
    'a polluted prototype',
    'function f(o, k, v) { o[k] = v; }',
    "function f(o, k, v) { if (k === '__proto__' || k === 'constructor' || k === 'prototype') return; o[k] = v; }",
  ],
  ['NaN compared', 'const f = (a) => a === NaN;', 'const f = (a) => Number.isNaN(a);'],
  ['a missing default', 'function f(a) { return a; }', 'function f(a = 0) { return a; }'],
  [
    'a loop that starts late',
    'function f(a) { for (let i = 1; i < a; i++) g(i); }',
    'function f(a) { for (let i = 0; i < a; i++) g(i); }',
  ],
  ['keys for values', 'function f(a) { for (const x in a) g(x); }', 'function f(a) { for (const x of a) g(x); }'],
  ['a missing trim', 'const f = (a) => g(a);', 'const f = (a) => g(a.trim());'],
  ['a statement too much', 'function f(a) { a.x = 1; return a; }', 'function f(a) {  return a; }'],
  [
    'a statement that similar code has',
    'let n = 0; const l = new Set(); function f(a) { l.add(a); n += 1; } function g(b) { l.add(b); }',
    'let n = 0; const l = new Set(); function f(a) { l.add(a); n += 1; } function g(b) { l.add(b); n += 1; }',
  ],
  ['statements in the wrong order', 'function f(a) { a.x(); a.y(); }', 'function f(a) { a.y(); a.x(); }'],
  ['a missing spread', 'const f = (a, b) => a.push(b);', 'const f = (a, b) => a.push(...b);'],
  [
    'a similar property',
    'const f = (a) => a.startLine + a.endLine + a.startLines;',
    'const f = (a) => a.startLine + a.endLine + a.startLine;',
  ],
  ['local time for UTC', 'const f = (d) => d.getHours();', 'const f = (d) => d.getUTCHours();'],
  ['a global isNaN', 'const f = (a) => isNaN(a);', 'const f = (a) => Number.isNaN(a);'],
  ['both bounds', 'const f = (a) => a > 1 && a < 9;', 'const f = (a) => a >= 1 && a <= 9;'],
  ['a quoted template', `const f = (a) => 'x$${'{a}'}';`, `const f = (a) => \`x$${'{a}'}\`;`],
];

for (const [name, broken, repaired] of cases) {
  test(`proposes the repair of ${name}`, async () => {
    assert.ok((await repairs(broken)).has(repaired));
  });
}

test('draws on the values that the failing test expected', async () => {
  const failing: TestCase = {
    id: 'a',
    file: null,
    name: 'a',
    status: 'failed',
    durationMs: 0,
    failure: { message: "expected: 'guten Tag'\nactual: 'hello'", stack: '' },
  };
  assert.ok((await repairs("const f = () => 'hello';", undefined, [failing])).has("const f = () => 'guten Tag';"));
});

test('edits only the suspected statement', async () => {
  const text = 'function f(a) {\n  const b = a + 1;\n  return b * 2;\n}\n';
  for (const result of await repairs(text, [3])) assert.ok(result.startsWith('function f(a'));
  const firstLines = [...(await repairs(text, [3]))].filter((result) => !result.includes('const b = a + 1;'));
  // Only moving and copying the neighbour touches it.
  assert.ok(firstLines.every((result) => result.includes('a + 1')));
});

test('leaves types alone and repairs TypeScript', async () => {
  const text =
    'export function f(a: number, n: number): boolean {\n  const list: Array<string> = [];\n  return a < n;\n}\n';
  const results = await repairs(text, undefined, [], 'a.ts');
  assert.ok(results.has(text.replace('a < n', 'a <= n')));
  assert.ok([...results].every((result) => result.includes('): boolean') && result.includes(': Array<string>')));
});

test('proposes nothing for text that does not parse', async () => {
  assert.equal((await repairs('const = ;')).size, 0);
  assert.equal(await language.parses('a.js', 'const = ;'), false);
  assert.equal(await language.parses('a.js', 'export const a = await 1;'), true);
  assert.equal(await language.parses('a.js', 'with (a) b; return 1;'), true);
});

test('names of statements: heads of compound ones, values of arrow functions', async () => {
  const text =
    'if (a) {\n  b();\n}\nconst f = (x) =>\n  x + 1;\nclass C {\n  one = 1;\n  static two = 2;\n}\nf(() => f(3));\n';
  assert.deepEqual(await language.statements('a.js', text), [
    { startLine: 1, endLine: 1, atLoad: true },
    { startLine: 2, endLine: 2, atLoad: true },
    { startLine: 4, endLine: 5, atLoad: true },
    { startLine: 5, endLine: 5, atLoad: false },
    { startLine: 7, endLine: 7, atLoad: false },
    { startLine: 8, endLine: 8, atLoad: true },
    { startLine: 10, endLine: 10, atLoad: false },
  ]);
});
