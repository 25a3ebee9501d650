// Engines: bubblewrap
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { countFindings, type Result, reviewRequestSchema } from '@nova/core';
import { of, TaskTrial } from './task-trial.ts';

/** What a repository could use to have its own code run by analysers, or to make them silent. */
const hostile = {
  '.oxlintrc.json': '{"jsPlugins":["./evil.js"],"categories":{"correctness":"off"},"ignorePatterns":["**"]}',
  'eslint.config.js': 'require("node:fs").writeFileSync("/tmp/evil", "x");\n',
  'evil.js': 'require("node:fs").writeFileSync("/tmp/evil", "x");\nmodule.exports = {};\n',
  '.eslintignore': '**\n',
  '.gitignore': '*.py\n',
  '.gitattributes': '* text=auto filter=evil diff=evil\n',
  'pyproject.toml': '[tool.ruff]\nexclude = ["*"]\n[tool.ruff.lint]\nselect = []\n',
  'ruff.toml': 'exclude = ["*"]\n',
  'tsconfig.json': '{"extends":"./nowhere.json","compilerOptions":{"plugins":[{"name":"./evil.js"}]}}',
  '.secretlintrc.json': '{"rules":[]}',
};

async function reviewed(trial: TaskTrial, repository: string, since: string | null): Promise<Result> {
  const { runs } = await trial.server();
  const { id } = await runs.submit(reviewRequestSchema.parse({ kind: 'review', repository, since }), `${since}`);
  const ended = await trial.event(id, of('nova.task.finished'));
  const result = await runs.result(id);
  assert.deepEqual(ended.data['findings'], result.examined && countFindings(result.review));
  return result;
}

const places = (result: Result) =>
  result.review.map(({ severity, path, line, rule }) => `${severity} ${path}:${line} ${rule}`);

describe('a review task', () => {
  it('looks at everything in a sandbox without a network, and leaves the repository alone', async () => {
    await using trial = new TaskTrial();
    const repository = trial.repository('shop', {
      ...hostile,
      'src/bad.js': 'export const a = nowhere;\n',
      'src/bad.ts': 'export const f = (): number => "x";\n',
      'src/kept.txt': 'nothing\n',
    });
    writeFileSync(join(repository, 'src', 'bad.py'), 'print(nowhere)\n');
    execFileSync('git', ['-C', repository, 'add', '--force', 'src/bad.py']);
    const before = readdirSync(repository, { recursive: true }).length;
    const result = await reviewed(trial, repository, null);
    assert.equal(result.outcome, 'reviewed', result.summary);
    assert.deepEqual(places(result).slice(0, 2), [
      'error src/bad.js:1 oxlint/no-undef',
      'error src/bad.py:1 ruff/F821',
    ]);
    assert.ok(places(result).includes('error src/bad.ts:1 typescript/TS2322'));
    assert.deepEqual(
      result.examined?.engines.map(({ name }) => name),
      ['oxlint', 'ruff', 'secretlint', 'scslre', 'typescript', 'oxlint with types', 'pyright'],
      result.gaps.join('\n'),
    );
    assert.equal(result.isolation?.network, 'none');
    assert.equal(result.change, null);
    assert.equal(readdirSync(repository, { recursive: true }).length, before);
    assert.deepEqual(trial.workers(), []);
  });

  it('tells what a branch brought, and refuses what names no commit', async () => {
    await using trial = new TaskTrial();
    const repository = trial.repository('shop', { 'src/old.js': 'export const a = alreadyNowhere;\n' });
    writeFileSync(join(repository, 'src', 'new.js'), 'export const b = { k: 1, k: 2 };\n');
    const result = await reviewed(trial, repository, 'HEAD');
    assert.deepEqual(places(result), ['error src/new.js:1 oxlint/no-dupe-keys']);
    assert.equal(result.examined?.since?.ref, 'HEAD');
    const refused = await reviewed(trial, repository, 'nowhere');
    assert.deepEqual([refused.outcome, refused.code, refused.examined], ['refused', 'usage.invalid', null]);
    assert.equal(readFileSync(join(repository, 'src', 'old.js'), 'utf8'), 'export const a = alreadyNowhere;\n');
  });
});
