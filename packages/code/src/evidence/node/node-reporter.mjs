// Loaded by the person's own Node (18 or later) through NODE_OPTIONS: writes node:test's events as JSON lines.
import fs from 'node:fs';
import path from 'node:path';

const folder = process.env.NOVA_REPORT_FOLDER;
const file = path.join(folder, `node-${process.pid}-${Math.random().toString(36).slice(2)}.jsonl`);
const cut = (text, most) => (typeof text === 'string' ? text.slice(0, most) : '');

function show(error) {
  const cause = error?.cause instanceof Error || typeof error?.cause === 'object' ? error.cause : error;
  const own = cause ?? error;
  return {
    message: cut(String(own?.message ?? own ?? 'failed'), 8000),
    stack: cut(String(own?.stack ?? ''), 8000),
    ...(own && 'expected' in own ? { expected: preview(own.expected), actual: preview(own.actual) } : {}),
  };
}

function explained(failure, data, printed) {
  if (failure.stack !== '' || data.nesting !== 0 || !printed.has(data.file)) return failure;
  return path.resolve(data.name) === data.file ? { ...failure, stack: printed.get(data.file) } : failure;
}

function preview(value) {
  try {
    return typeof value === 'string'
      ? JSON.stringify(value).slice(0, 2000)
      : String(JSON.stringify(value)).slice(0, 2000);
  } catch {
    return String(value).slice(0, 2000);
  }
}

export default async function* report(events) {
  const descriptor = fs.openSync(file, 'a');
  const write = (record) => fs.writeSync(descriptor, `${JSON.stringify(record)}\n`);
  write({
    kind: 'run',
    runner: 'node:test',
    execPath: process.execPath,
    execArgv: process.execArgv,
    argv: process.argv.slice(1),
    cwd: process.cwd(),
    environment: globalThis.__novaAddedEnvironment ?? {},
  });
  // A file's own process may die before it has a test; what it printed is all that says why.
  const printed = new Map();
  for await (const { type, data } of events) {
    if (type === 'test:stderr' && data.file) {
      const from = path.resolve(data.file);
      printed.set(from, `${printed.get(from) ?? ''}${data.message}`.slice(-8000));
    }
    if (type === 'test:start' || type === 'test:dequeue' || type === 'test:complete') {
      write({ kind: type.slice(5), name: data.name, nesting: data.nesting, file: data.file ?? null });
    } else if (type === 'test:pass' || type === 'test:fail') {
      const failed = type === 'test:fail' && data.todo === undefined;
      write({
        kind: 'result',
        name: data.name,
        nesting: data.nesting,
        file: data.file ?? null,
        suite: data.details?.type === 'suite',
        status: data.skip !== undefined || data.todo !== undefined ? 'skipped' : failed ? 'failed' : 'passed',
        durationMs: data.details?.duration_ms ?? 0,
        ...(failed
          ? {
              failureType: data.details?.error?.failureType ?? '',
              failure: explained(show(data.details?.error), data, printed),
            }
          : {}),
      });
    }
  }
  write({ kind: 'end' });
  fs.closeSync(descriptor);
}
