import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Finding } from '@nova/core';
import { TemporaryProject } from '../testing/temporary-project.ts';

const reviewed: [string, string, string, string | null][] = [
  ['a plain repair', 'src/a.js', 'exports.f = (x) => x + 1;\n', null],
  [
    'a special case',
    'src/a.js',
    "exports.f = (x) => {\n  if (x === 'seven') return 7;\n  return x;\n};\n",
    'overfit.special-case',
  ],
  ['a swallowed error', 'src/a.js', 'exports.f = (x) => { try { return x(); } catch {} };\n', 'errors.swallowed'],
  ['a left-over print', 'src/a.js', 'exports.f = (x) => { console.log(x); return x; };\n', 'debug.statement'],
  ['a test', 'test/a.test.js', 'require("node:assert");\n', 'change.test'],
  ['configuration', 'package.json', '{ "scripts": { "test": "true" } }\n', 'change.configuration'],
  ['broken syntax', 'src/a.js', 'exports.f = (;\n', 'change.syntax'],
  ['a removed validation', 'src/b.js', 'exports.g = (x) => {\n  return x;\n};\n', 'validation.removed'],
  ['a file nobody named', 'src/c.js', 'exports.h = 2;\n', 'change.unexpected-file'],
  ['a name that is nowhere', 'src/a.js', 'exports.f = (x) => (x ? x : y);\n', 'oxlint/no-undef'],
  ['an early exit', 'src/a.js', 'exports.f = () => process.exit(0);\n', 'process.exit'],
];

for (const [name, path, text, rule] of reviewed) {
  test(`review of ${name} ${rule === null ? 'finds nothing' : `names ${rule}`}`, async () => {
    using project = new TemporaryProject({
      'src/a.js': 'exports.f = (x) => x;\n',
      'src/b.js': "exports.g = (x) => {\n  if (!x) throw new Error('x');\n  return x;\n};\n",
      'src/c.js': 'exports.h = 1;\n',
      'test/a.test.js': '',
      'package.json': '{}\n',
    });
    writeFileSync(join(project.folder, path), text);
    project.git(
      '-c',
      'user.name=A',
      '-c',
      'user.email=a@localhost',
      'commit',
      '--quiet',
      '--all',
      '--message',
      'Change',
    );
    const commit = project.git('rev-parse', 'HEAD').trim();
    project.git('reset', '--quiet', '--hard', project.commit);
    const paths = ['src/a.js', 'src/b.js', 'test/a.test.js', 'package.json'];
    const { findings } = await project.call<{ findings: Finding[] }>('change.review', {
      base: project.commit,
      commit,
      paths,
    });
    assert.deepEqual(
      findings.filter((finding) => finding.severity === 'error').map((finding) => finding.rule),
      rule === null ? [] : [rule],
    );
  });
}
