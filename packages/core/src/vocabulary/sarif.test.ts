import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import Ajv from 'ajv';
import { applyEdits } from '../changes/apply-edits.ts';
import type { Finding } from './repair.ts';
import { sarifOf } from './sarif.ts';
import { type Result, resultSchema } from './task.ts';

/** The schema of the standard itself, as published with this package. */
const schema: object = JSON.parse(
  readFileSync(
    new URL(import.meta.resolve('@microsoft/jest-sarif').replace(/index\.js$/, 'schemas/sarif-2.1.0-rtm.5.json')),
    'utf8',
  ),
);
const draft4: object = JSON.parse(
  readFileSync(new URL(import.meta.resolve('ajv/lib/refs/json-schema-draft-04.json')), 'utf8'),
);
const validator = new Ajv({ schemaId: 'auto', unknownFormats: 'ignore' });
validator.addMetaSchema(draft4);
const valid = validator.compile(schema);

const finding: Finding = {
  rule: 'oxlint/no-dupe-keys',
  severity: 'error',
  category: 'correctness',
  path: 'src/a file#1.js',
  line: 3,
  message: 'The key is there twice.',
};

function review(findings: readonly Finding[], changed: Partial<Result> = {}): Result {
  return resultSchema.parse({
    task: 't1',
    kind: 'review',
    outcome: 'reviewed',
    code: null,
    summary: 'One finding.',
    next: 'Look at it.',
    repository: '/home/someone/my app',
    base: { head: 'a'.repeat(40), headName: 'main', commit: 'b'.repeat(40), dirty: true },
    environment: null,
    isolation: null,
    baseline: null,
    suspects: [],
    change: null,
    alternatives: [],
    tried: { candidates: 0, verdicts: {} },
    bestVerdict: null,
    review: findings,
    examined: {
      files: 1,
      lines: 10,
      since: null,
      engines: [{ name: 'oxlint', version: '1.0.0', files: 1, findings: 1, seconds: 0.1 }],
      skipped: [],
    },
    gate: [],
    evidence: 'none',
    cost: { seconds: 1, runs: 0, attempts: 1, modelTokens: 0, stageSeconds: {} },
    gaps: ['pyright did not run'],
    ...changed,
  });
}

function check(result: Result) {
  const log = sarifOf(result, '0.1.0');
  assert.ok(valid(log), JSON.stringify(valid.errors));
  const [run] = log.runs;
  return run;
}

describe('sarif', () => {
  it('of findings with all there can be is valid by the schema of the standard', () => {
    const whole: Finding = {
      ...finding,
      column: 5,
      endLine: 4,
      endColumn: 1,
      evidence: '  a: 1,',
      help: 'https://example.com/no-dupe-keys',
      also: ['eslint/no-dupe-keys'],
      fix: { description: 'Drop it', edits: [{ path: 'src/a.js', start: 2, end: 4, text: '' }] },
      fingerprint: 'f00d',
    };
    const run = check(review([whole, finding, { ...finding, rule: 'ruff/F821', severity: 'info' }]));
    assert.deepEqual(
      run.results.map(({ ruleIndex, level }) => [ruleIndex, level]),
      [
        [0, 'error'],
        [0, 'error'],
        [1, 'note'],
      ],
    );
    assert.equal(run.tool.driver.rules.length, 2);
    assert.equal(run.results[0]?.locations[0]?.physicalLocation.artifactLocation.uri, 'src/a%20file%231.js');
    assert.deepEqual(run.results[0]?.partialFingerprints, { 'nova/v1': 'f00d' });
  });

  it('says what was not covered, and that a review which ended early did not succeed', () => {
    const run = check(review([], { outcome: 'refused', code: 'repository.missing', base: null, examined: null }));
    assert.deepEqual(run.invocations, [
      {
        executionSuccessful: false,
        toolExecutionNotifications: [
          { level: 'error', message: { text: 'One finding.' } },
          { level: 'warning', message: { text: 'pyright did not run' } },
        ],
      },
    ]);
    assert.equal(run.versionControlProvenance, undefined);
  });

  it('gives offsets of a fix in the unit in which columns are counted', () => {
    const text = 'const smile = "😀";\nvar a = 1;\n';
    const at = text.indexOf('var');
    const edit = { path: 'a.js', start: at, end: at + 3, text: 'let' };
    const run = check(review([{ ...finding, fix: { description: 'Use let', edits: [edit] } }]));
    assert.equal(run.columnKind, 'utf16CodeUnits');
    assert.equal(applyEdits(text, [edit]), 'const smile = "😀";\nlet a = 1;\n');
    assert.deepEqual(run.results[0]?.fixes, [
      {
        description: { text: 'Use let' },
        artifactChanges: [
          {
            artifactLocation: { uri: 'a.js', uriBaseId: '%SRCROOT%' },
            replacements: [{ deletedRegion: { charOffset: at, charLength: 3 }, insertedContent: { text: 'let' } }],
          },
        ],
      },
    ]);
  });
});
