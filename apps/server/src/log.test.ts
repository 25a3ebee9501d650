import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NovaError } from '@nova/core';
import { logLine } from './log.ts';

describe("the server's log", () => {
  it('has one line of JSON for each event, whatever its facts are', () => {
    const error = new NovaError('internal', 'two\nlines with Bearer abcdefghijklmnopqrstuvwxyz0123456789');
    const line = logLine('error', 'task.stopped', { task: 't1', ...error.toRecord() }, { now: () => 0 });
    assert.equal(line.indexOf('\n'), line.length - 1);
    const { message, ...rest } = JSON.parse(line) as Record<string, unknown>;
    assert.deepEqual(rest, {
      time: '1970-01-01T00:00:00.000Z',
      level: 'error',
      event: 'task.stopped',
      task: 't1',
      code: 'internal',
    });
    assert.match(String(message), /^two\nlines/);
    assert.ok(!line.includes('abcdefghijklmnopqrstuvwxyz0123456789'));
  });

  it('is written by nothing else', () => {
    const sources = globSync('**/*.ts', { cwd: import.meta.dirname }).filter(
      (path) => !/\.(test|fixture)\.ts$/.test(path),
    );
    assert.ok(sources.length > 20);
    const writers = sources.filter((path) =>
      /stderr\.write|console\./.test(readFileSync(join(import.meta.dirname, path), 'utf8')),
    );
    assert.deepEqual(writers, ['log.ts']);
  });
});
