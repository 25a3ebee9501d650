import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { resultSchema, type SarifLog } from '@nova/core';
import { Place } from '../../../../test/faults/nova.ts';

describe('nova review', () => {
  let place: Place;
  let repository: string;

  const review = (...more: string[]) =>
    place.run(['review', '--repo', repository, '--sandbox', 'none', '--quiet', ...more]);

  before(() => {
    place = new Place();
    repository = place.repository('app', {
      'package.json': '{"type":"module"}',
      'clean.js': 'export const one = 1;\n',
    });
  });

  after(() => place[Symbol.dispose]());

  it('ends with 0 where there is nothing to say', async () => {
    const ran = await review();
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    assert.match(ran.stdout, /reviewed · task/);
    assert.match(ran.stdout, /2 files, .* read by /);
  });

  it('ends with 4 where a finding is as bad as --fail-on says, and names its place', async () => {
    writeFileSync(join(repository, 'changed.js'), 'export function f(a) {\n  debugger;\n  return a;\n}\n');
    const ran = await review('--since', 'HEAD');
    assert.equal(ran.code, 4, ran.stdout + ran.stderr);
    assert.match(ran.stdout, /\nchanged\.js\n +2:3 +\w+ +.*debugger/);
    assert.doesNotMatch(ran.stdout, /clean\.js/);
    assert.equal((await place.run(['show', 'latest'])).stdout, ran.stdout);
    const { review: findings } = resultSchema.parse(JSON.parse((await place.run(['show', 'latest', '--json'])).stdout));
    const worst = findings.some(({ severity }) => severity === 'error');
    assert.equal((await review('--since', 'HEAD', '--fail-on', 'error')).code, worst ? 4 : 0);
    assert.equal((await review('--since', 'HEAD', '--fail-on', 'info')).code, 4);
  });

  it('prints SARIF and the Result for other programs', async () => {
    const sarif = await review('--since', 'HEAD', '--format', 'sarif');
    assert.equal(sarif.code, 4);
    const log = JSON.parse(sarif.stdout) as SarifLog;
    assert.equal(log.version, '2.1.0');
    const result = resultSchema.parse(JSON.parse((await review('--since', 'HEAD', '--format', 'json')).stdout));
    assert.equal(log.runs[0].results.length, result.review.length);
    assert.deepEqual([result.kind, result.outcome], ['review', 'reviewed']);
  });

  it('ends with 2 when there is no such commit, and says nothing of findings', async () => {
    const ran = await review('--since', 'no-such-branch');
    assert.equal(ran.code, 2);
    assert.match(ran.stdout, /refused · usage\.invalid/);
    assert.doesNotMatch(ran.stdout, /finding/i);
  });
});
