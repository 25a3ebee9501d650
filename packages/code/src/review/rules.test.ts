import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { places, review } from '../testing/reviewed.ts';

describe('the rules of a review', { timeout: 280_000 }, () => {
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
});
