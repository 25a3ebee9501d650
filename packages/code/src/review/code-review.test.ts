import assert from 'node:assert/strict';
import { readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { codeReview, type Finding } from '@nova/core';
import type { z } from 'zod';
import { TemporaryProject } from '../testing/temporary-project.ts';
import { reviewTree } from './code-review.ts';
import { EngineTrouble, runCommand } from './engines/command.ts';
import type { Engine } from './engines/engine.ts';

type Review = z.infer<typeof codeReview.output>;
type Files = Readonly<Record<string, string>>;

/** Reviews a tree; with `before`, what it brought since a tree with those files. */
async function review(files: Files, before: Files | null = null): Promise<Review> {
  using project = new TemporaryProject(before ?? files);
  if (before === null) return await project.call(codeReview.name, { since: null, seconds: 300 });
  for (const path of Object.keys(before)) if (!(path in files)) unlinkSync(join(project.folder, path));
  return await reviewNow(project, files, project.commit);
}

async function reviewNow(project: TemporaryProject, files: Files, since: string | null): Promise<Review> {
  for (const [path, text] of Object.entries(files)) writeFileSync(join(project.folder, path), text);
  project.git('add', '--all');
  project.git('-c', 'user.name=A', '-c', 'user.email=a@localhost', 'commit', '--quiet', '--message', 'Change');
  const commit = project.git('rev-parse', 'HEAD').trim();
  const { createEngines } = await import('./code-review.ts');
  return await reviewTree(
    { since, seconds: 300 },
    { ...project.context, commit, scratch: project.scratch },
    createEngines(),
  );
}

const places = (findings: readonly Finding[]) =>
  findings.map(({ severity, path, line, rule }) => `${severity} ${path}:${line} ${rule}`);

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

  test('tells what exposes a program in Python as it does in JavaScript', async () => {
    const { findings } = await review({
      'a.js': 'module.exports = (text) => eval(text);\n',
      'a.py': `import hashlib, marshal, pickle, subprocess, requests, yaml
def run(text):
    return eval(text)
def load(data):
    return pickle.loads(data), marshal.loads(data)
def hash_password(given):
    return hashlib.md5(given.encode()).hexdigest()
def shell(name):
    subprocess.run("rm " + name, shell=True)
def read(text):
    return yaml.load(text, Loader=yaml.Loader)
def get(url):
    return requests.get(url, verify=False, timeout=3)
def user(cursor, name):
    query = "SELECT * FROM users WHERE name = '" + name + "'"
    cursor.execute(query)
    cursor.execute(f"DELETE FROM users WHERE id = {name}")
    return cursor.execute("SELECT * FROM users WHERE a LIKE '%s'" % name)
`,
    });
    assert.deepEqual(
      findings.map(({ severity, path, line, rule }) => [severity, `${path}:${line}`, rule].join(' ')),
      [
        'warning a.js:1 oxlint/no-eval',
        'warning a.py:3 ruff/S307',
        'warning a.py:7 ruff/S324',
        'warning a.py:9 ruff/S602',
        'warning a.py:11 ruff/S506',
        'warning a.py:13 ruff/S501',
        'warning a.py:15 ruff/S608',
        'warning a.py:17 ruff/S608',
        'warning a.py:18 ruff/S608',
        'info a.py:5 ruff/S301',
        'info a.py:5 ruff/S302',
      ],
    );
  });

  test('does not take sums, own pickles, names of tables and texts that are no queries for holes', async () => {
    const { findings } = await review({
      'a.py': `import copy, hashlib, pickle, yaml
from own import Loading
def etag(body):
    return hashlib.sha1(body).hexdigest()
def checked(body, password):
    return hashlib.md5(body, usedforsecurity=False).hexdigest() + password
def clone(value):
    return pickle.loads(pickle.dumps(value))
def read(text):
    return yaml.load(text, Loader=Loading), yaml.safe_load(text)
def count(cursor, table, value):
    cursor.execute("SELECT COUNT(*) FROM %s" % table)
    cursor.execute(f"SELECT * FROM {table} WHERE id = %s", (value,))
    cursor.execute("UPDATE %s SET a = %%s" % table, (value,))
    raise ValueError(f"select a value from {table} where a = {value}")
`,
      'test_a.py': 'import hashlib\ndef test_password(password):\n    assert eval("1") and hashlib.md5(password)\n',
    });
    assert.deepEqual(places(findings), []);
  });

  test('asks for the rules of hooks where there are hooks: in packages that depend on React, and in files that import it', async () => {
    const hook = 'export async function withPage(use) {\n  if (use.x) await use(1);\n}\n';
    const { findings } = await review({
      'package.json': '{"name":"all","type":"module","devDependencies":{"react-like":"1.0.0"}}\n',
      'app/package.json': '{"name":"app","type":"module","peerDependencies":{"react":"19.0.0"}}\n',
      'app/src/a.js': hook,
      'app/tools/package.json': '{"name":"tools","type":"module","description":"builds for \\"react\\":"}\n',
      'app/tools/a.js': hook,
      'src/a.js': hook,
      'src/b.js': `import { use } from 'react';\n${hook.replace('(use)', '()')}`,
    });
    assert.deepEqual(places(findings), [
      'error app/src/a.js:2 oxlint/react/rules-of-hooks',
      'error src/b.js:3 oxlint/react/rules-of-hooks',
    ]);
  });

  test('tells a condition that is an assignment of a constant once', async () => {
    const { findings } = await review({
      'a.js': 'let a = 1;\nif (a = 5) a = 2;\nif (a || true) a = 3;\nmodule.exports = a;\n',
    });
    assert.deepEqual(
      findings.map(({ line, rule, also }) => [line, [rule, ...(also ?? [])].sort()]),
      [
        [2, ['oxlint/no-cond-assign', 'oxlint/no-constant-condition']],
        [3, ['oxlint/no-constant-condition']],
      ],
    );
  });

  test('tells once what the compiler and the linter both say of a place, and twice what is there twice', async () => {
    const { findings } = await review({
      'tsconfig.json': JSON.stringify({ compilerOptions: { strict: true, types: [], module: 'nodenext' } }),
      'a.ts': `const c = 1;
export const f = (x: number, y: number) => x === NaN || y === NaN;
export const g = (x: number) => typeof x === 'strng';
export const o = { k: 1, l: 1, k: 2, l: 2 };
c = 2;
async function p() {}
export const h = () => { if (p()) return 1; return 2; };
`,
    });
    assert.deepEqual(findings.map(({ line, rule, also }) => [line, rule, ...(also ?? [])].join(' ')).sort(), [
      '2 oxlint/use-isnan typescript/TS2845',
      '2 oxlint/use-isnan typescript/TS2845',
      '3 oxlint/valid-typeof typescript/TS2367',
      '4 oxlint/no-dupe-keys typescript/TS1117',
      '4 oxlint/no-dupe-keys typescript/TS1117',
      '5 oxlint/no-const-assign typescript/TS2588',
      '7 typescript/TS2801 oxlint/typescript/no-misused-promises',
    ]);
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

  test('tells secrets and shows none of them; an address that shows how to write one is none', async () => {
    const token = ['ghp', '_wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join('');
    const random = 'q7Zk2Vx9LmT4bWc8RyN3dGh6PsJ5fKa0uEoXi1MvQtBgCwHnDl';
    const aws = ['AKIA', 'Q7ZK2VX9LMT4BWC8'].join('');
    const google = ['AI', 'za', random.slice(0, 35)].join('');
    const anthropic = ['sk-', `ant-api03-${random}${random.slice(0, 43)}AA`].join('');
    const { findings } = await review({
      'settings.yaml': `github: ${token}\naws: ${aws}\naccount_id: 123456789012\nuser: ${aws.replace('AKIA', 'AIDA')}\n`,
      'a.test.js': `const token = '${token}';\nundefinedThing(token); module.exports = token;\n`,
      'b.py': 'url = "postgres://user:password@localhost/app"\n',
      'c.js': `module.exports = ['${google}', '${anthropic}', 'npm_config_dangerously_allow_all_scripts'];\n`,
    });
    assert.deepEqual(places(findings), [
      'error a.test.js:2 oxlint/no-undef',
      'error c.js:1 secretlint/anthropic/ANTHROPIC_API_KEY',
      'error settings.yaml:1 secretlint/github/GITHUB_TOKEN',
      'error settings.yaml:2 secretlint/aws/AWSAccessKeyID',
      'warning c.js:1 secret/google-api-key',
      'info a.test.js:1 secretlint/github/GITHUB_TOKEN',
    ]);
    for (const secret of [token, aws, google, anthropic]) assert.ok(!JSON.stringify(findings).includes(secret));
  });

  test('passes over what nobody wrote and what it cannot read, counts it and says so', async () => {
    using project = new TemporaryProject({
      'broken.js': 'const a = {;\nundefinedThing();\n',
      'broken.py': 'def f(:\n    undefined_thing\n\nprint(undefined_thing)\n',
      'huge.js': 'undefinedThing();\n'.repeat(70_000),
      'dist/built.js': 'undefinedThing();\n',
      'made.js': '// @generated\nrequire("x")(undefinedThing);\n',
      'fixtures/bad.py': 'print(undefined_thing)\n',
      'main.go': 'package main\n',
    });
    writeFileSync(join(project.folder, 'data.js'), Buffer.from([0, 1, 2]));
    writeFileSync(join(project.folder, 'latin.py'), Buffer.from('x = "\xe9"\n', 'latin1'));
    symlinkSync('/etc/passwd', join(project.folder, 'link.py'));
    const { findings, examined, gaps } = await reviewNow(project, {}, null);
    assert.deepEqual(places(findings), ['error broken.js:1 oxlint/syntax', 'error broken.py:1 ruff/syntax']);
    assert.deepEqual(
      examined.skipped.map(({ reason, examples }) => [reason, ...examples]),
      [
        ['binary', 'data.js'],
        ['vendored, built or declared only', 'dist/built.js'],
        ['test data', 'fixtures/bad.py'],
        ['larger than 1 MB', 'huge.js'],
        ['not UTF-8 text', 'latin.py'],
        ['links and submodules', 'link.py'],
        ['generated or minified', 'made.js'],
      ],
    );
    assert.deepEqual(gaps, [
      '1 file not read as code, test data: fixtures/bad.py',
      '1 file not read as code, larger than 1 MB: huge.js',
      '1 file not read as code, not UTF-8 text: latin.py',
      'no analyser here reads Go (1): only secrets were looked for there',
    ]);
  });

  test('reads source in a folder of templates, and passes over what has to be filled in first', async () => {
    const { findings, examined, gaps } = await review({
      'src/templates/mail.js': 'module.exports = (a) => (a === NaN ? undefinedThing : 1);\n',
      'src/templates/style.jsx': 'export const Box = ({ color }) => <p style={{ color }}>{unknownThing}</p>;\n',
      'skeletons/code.py':
        '"""Fills in {{ x }}, and is no pattern of any author\'s."""\n\ndef f(x):\n    return f"{{{x}}}" + "{{ x }}" + undefined_thing\n',
      'boilerplates/ours.ts': 'export const a: string = "{{ a }}";\n',
      'templates/page.js': 'const name = {{ name }};\nundefinedThing();\n',
      'templates/part.js': '<% if (a) { %>\nundefinedThing();\n<% } %>\n',
      'templates/model.py': 'class {{ name }}:\n    x = undefined_thing\n',
      'templates/year.py': 'year = {{ year }}\n',
      '{{name}}/main.py': 'print(undefined_thing)\n',
      'src/broken.js': 'const name = {{ name }};\n',
      'assets/model.js': 'class <%= name %> extends Model {}\nundefinedThing();\n',
      'assets/text.js': 'module.exports = ["<% a %>", undefinedThing];\n',
    });
    assert.deepEqual(places(findings), [
      'error assets/text.js:1 oxlint/no-undef',
      'error skeletons/code.py:4 ruff/F821',
      'error src/broken.js:1 oxlint/syntax',
      'error src/templates/mail.js:1 oxlint/use-isnan',
      'error src/templates/mail.js:1 oxlint/no-undef',
      'error src/templates/style.jsx:1 oxlint/no-undef',
    ]);
    assert.deepEqual(
      examined.skipped.map(({ reason, examples }) => [reason, ...examples]),
      [
        [
          'templates',
          'assets/model.js',
          'templates/model.py',
          'templates/page.js',
          'templates/part.js',
          'templates/year.py',
        ],
      ],
    );
    assert.match(gaps.join('\n'), /6 files not read as code, templates: assets\/model\.js/);
  });

  test('looks for secrets also in what it passes over', async () => {
    const token = ['ghp', '_wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join('');
    const line = `const token = '${token}';\nundefinedThing();\n`;
    const { findings, examined } = await review({
      'dist/app.js': line,
      'fixtures/a.js': line,
      'made.js': `// @generated\n${line}`,
      'templates/a.js': `const name = {{ name }}; ${line}`,
      'vendor/a/index.js': line,
      'vendor/a/test/a.js': line,
      'yarn.lock': `"${token}"\n`,
      'huge.js': `${'x();\n'.repeat(300_000)}${line}`,
      'flow.js': `// @flow\n${line}`,
    });
    const found = 'secretlint/github/GITHUB_TOKEN';
    assert.deepEqual(places(findings), [
      `error dist/app.js:1 ${found}`,
      `error flow.js:2 ${found}`,
      `error huge.js:300001 ${found}`,
      `error made.js:2 ${found}`,
      `error templates/a.js:1 ${found}`,
      `error vendor/a/index.js:1 ${found}`,
      `error yarn.lock:1 ${found}`,
      `info fixtures/a.js:1 ${found}`,
      `info vendor/a/test/a.js:1 ${found}`,
    ]);
    assert.equal(examined.files, 1, 'none is said to have been read, but .gitignore');
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
