import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { places, review, reviewNow } from '../testing/reviewed.ts';
import { TemporaryProject } from '../testing/temporary-project.ts';

describe('what a review reads', { timeout: 280_000 }, () => {
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
});
