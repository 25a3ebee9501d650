import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { places, review } from '../testing/reviewed.ts';
import { TemporaryProject } from '../testing/temporary-project.ts';
import { reviewTree } from './code-review.ts';
import { EngineTrouble, runCommand } from './engines/command.ts';
import type { Engine } from './engines/engine.ts';

describe('a review', { timeout: 280_000 }, () => {
  test('of code in three languages finds what is wrong, worst first, once', async () => {
    const { findings, examined } = await review({
      'package.json': '{"name":"x","type":"module"}\n',
      'tsconfig.json': JSON.stringify({ compilerOptions: { strict: true, types: [], module: 'nodenext' } }),
      'src/[id].ts':
        'export const count: number = "one";\nexport const other = unknownThing;\nasync function send() {}\nexport function go() {\n  send();\n}\n',
      'src/-a b.js':
        "import fs from 'node:fs';\nexport const found = fs.existsSync(nowhere);\nexport const twice = { a: 1, a: 2 };\nexport const words = /^(\\w+\\s?)*$/;\n",
      'src/ü.py':
        'import os\n\n\ndef add(item, to=[]):\n    to.append(undefined)\n    return to\n\n\nasync def send():\n    return 1\n\n\nasync def go():\n    send()\n\n\ndef remove(name):\n    os.system("rm " + name)\n    assert (name, "no name")\n',
    });
    assert.deepEqual(places(findings), [
      'error src/-a b.js:2 oxlint/no-undef',
      'error src/-a b.js:3 oxlint/no-dupe-keys',
      'error src/-a b.js:4 scslre/exponential',
      'error src/[id].ts:1 typescript/TS2322',
      'error src/[id].ts:2 typescript/TS2304',
      'error src/ü.py:5 ruff/F821',
      'error src/ü.py:14 pyright/reportUnusedCoroutine',
      'error src/ü.py:19 ruff/F631',
      'warning src/[id].ts:5 oxlint/typescript/no-floating-promises',
      'warning src/ü.py:4 ruff/B006',
      'warning src/ü.py:18 ruff/S605',
    ]);
    const undefinedName = findings.find(({ rule }) => rule === 'ruff/F821');
    assert.deepEqual(undefinedName?.also, ['pyright/reportUndefinedVariable']);
    assert.equal(undefinedName?.evidence, 'to.append(undefined)');
    assert.equal(undefinedName?.column, 15);
    assert.equal(new Set(findings.map(({ fingerprint }) => fingerprint)).size, findings.length);
    assert.equal(examined.files, 6);
    assert.deepEqual(
      examined.engines.map(({ name }) => name),
      ['oxlint', 'ruff', 'secretlint', 'scslre', 'typescript', 'oxlint with types', 'pyright'],
    );
  });

  test('of sound code has nothing to say, whatever its style', async () => {
    const { findings, gaps } = await review({
      'a.js': 'var x = 1\nfor (;;) { if (x == 2) break; x++ }\nwhile ((x = x - 1)) ;\nmodule.exports = { x: x }\n',
      'b.ts': 'export const f = (a: any) => a!.b as unknown as string;\n',
      'c.py':
        'import sys, re\nclass a:\n  def B(self): return eval.__name__ if self is None else sys\nL = re.compile(r"a+b")\n',
      'test_c.py': 'def test_it():\n    assert eval("1") == 1\n',
    });
    assert.deepEqual(findings, []);
    assert.deepEqual(gaps, ['types of 1 file were not checked: no tsconfig.json (b.ts)']);
  });

  test('says which regular expressions it could not judge, and is quick with those that are slow', async () => {
    const slow = Array.from({ length: 8 }, (_, index) => [
      `slow${index}.js`,
      `module.exports = /^(${'a'.repeat(index + 1)}|a+)+$/;\n`,
    ]);
    const { findings, gaps, examined } = await review({
      ...Object.fromEntries(slow),
      'large.js': `const a = 1;\nmodule.exports = [a, /^(?:${'[ab]{9}'.repeat(120)})*$/];\n`,
    });
    assert.deepEqual(
      places(findings),
      slow.map(([path]) => `error ${path}:1 scslre/exponential`),
    );
    assert.match(gaps[0] ?? '', /^1 regular expression could not be judged \(too large.*: large\.js:2$/);
    assert.ok(!/\d/.test(findings.map(({ message }) => message).join('')), 'messages hold no measured figures');
    assert.ok((examined.engines.find(({ name }) => name === 'scslre')?.seconds ?? 99) < 60);
  });

  test('of a change tells what the change brought: also on lines that it left alone, not what it only moved', async () => {
    const old = 'import fs from "node:fs";\nexport const a = oldUnknown;\nexport const b = fs.sep;\n';
    const before = { 'a.js': old, 'moved.js': old, 'same.js': 'export const c = alsoOld;\n' };
    const { findings, examined } = await review(
      {
        'a.js': `// A line above.\nexport const b = fs.sep;\n${'export const a = oldUnknown;\n'}export const z = newUnknown;\n`,
        'elsewhere.js': `${old}export const y = { k: 1, k: 2 };\n`,
        'same.js': before['same.js'],
      },
      before,
    );
    assert.deepEqual(places(findings), [
      'error a.js:2 oxlint/no-undef',
      'error a.js:4 oxlint/no-undef',
      'error elsewhere.js:4 oxlint/no-dupe-keys',
    ]);
    assert.match(findings[0]?.message ?? '', /fs/);
    assert.equal(examined.files, 2);
  });

  test('of a change in a typed program tells what it broke in files that it did not touch', async () => {
    const tsconfig = JSON.stringify({ compilerOptions: { strict: true, types: [], module: 'nodenext' } });
    const user = 'import { f } from "./f.ts";\nexport const n: number = f();\nexport const old: number = "x";\n';
    const settings = { 'tsconfig.json': tsconfig.replace('}}', ',"allowImportingTsExtensions":true,"noEmit":true}}') };
    const before = { ...settings, 'user.ts': user, 'f.ts': 'export const f = () => 1;\n' };
    const { findings } = await review({ ...before, 'f.ts': 'export const f = () => "1";\n' }, before);
    assert.deepEqual(places(findings), ['error user.ts:2 typescript/TS2322']);
  });

  test('an analyser that is missing, fails, or takes too long is a gap, and its tree is left in order', async () => {
    using project = new TemporaryProject({ 'a.js': 'a();\n' });
    const engine = (name: string, run: Engine['run']): Engine => ({
      name,
      scope: 'file',
      reads: () => true,
      meaning: () => ({ severity: 'error', category: 'correctness' }),
      run,
    });
    const { gaps, examined } = await reviewTree(
      { since: null, seconds: 2 },
      { ...project.context, scratch: project.scratch },
      [
        engine('absent', async () => {
          throw new EngineTrouble('the package x is not installed');
        }),
        engine('slow', async ({ folder, environment, timeoutMs, signal }) => {
          const command = ['sh', '-c', 'sleep 987 & sleep 988'] as const;
          await runCommand({ command: [...command], folder, environment, timeoutMs, signal });
          return assert.fail('it was not stopped');
        }),
        engine('unstartable', async ({ folder, environment, timeoutMs, signal }) => {
          await runCommand({ command: ['/nowhere/at/all'], folder, environment, timeoutMs, signal });
          return assert.fail('it was started');
        }),
      ],
    );
    assert.deepEqual(examined.engines, []);
    assert.equal(gaps.length, 3);
    assert.match(gaps[0] ?? '', /^absent did not run: the package x is not installed/);
    assert.match(gaps[1] ?? '', /^slow did not run: it was stopped after 1 s/);
    assert.match(gaps[2] ?? '', /^unstartable did not run: it could not be started/);
    assert.equal(readFileSync(join(project.folder, 'a.js'), 'utf8'), 'a();\n');
    rmSync(project.scratch, { recursive: true, force: true });
  });
});
