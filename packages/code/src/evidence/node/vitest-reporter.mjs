// Loaded by the person's own Vitest (3 or later): writes its results as JSON lines.
import fs from 'node:fs';
import path from 'node:path';

const cut = (text, most) => (typeof text === 'string' ? text.slice(0, most) : '');
const show = (error) => ({
  message: cut(String(error?.message ?? error ?? 'failed'), 8000),
  stack: cut(String(error?.stack ?? ''), 8000),
  ...(error && 'expected' in error
    ? { expected: cut(String(error.expected), 2000), actual: cut(String(error.actual), 2000) }
    : {}),
});

export default class NovaReporter {
  constructor() {
    const name = `vitest-${process.pid}-${Math.random().toString(36).slice(2)}.jsonl`;
    this.descriptor = fs.openSync(path.join(process.env.NOVA_REPORT_FOLDER, name), 'a');
    this.write({
      kind: 'run',
      runner: 'vitest',
      execPath: process.execPath,
      execArgv: process.execArgv,
      argv: globalThis.__novaVitestArguments ?? process.argv.slice(1),
      cwd: process.cwd(),
      environment: globalThis.__novaAddedEnvironment ?? {},
    });
  }

  write(record) {
    fs.writeSync(this.descriptor, `${JSON.stringify(record)}\n`);
  }

  onTestModuleQueued(module) {
    this.write({ kind: 'module-start', file: module.moduleId });
  }

  onTestCaseResult(test) {
    const result = test.result();
    this.write({
      kind: 'test',
      file: test.module.moduleId,
      name: test.fullName,
      status: result.state === 'passed' || result.state === 'failed' ? result.state : 'skipped',
      durationMs: test.diagnostic()?.duration ?? 0,
      ...(result.state === 'failed' ? { failure: show(result.errors?.[0]) } : {}),
    });
  }

  onTestSuiteResult(suite) {
    const errors = suite.errors();
    if (errors.length > 0) {
      this.write({
        kind: 'test',
        file: suite.module.moduleId,
        name: suite.fullName,
        status: 'failed',
        durationMs: 0,
        failure: show(errors[0]),
      });
    }
  }

  onTestModuleEnd(module) {
    const errors = module.errors();
    this.write({
      kind: 'module-end',
      file: module.moduleId,
      ...(errors.length > 0 ? { failure: show(errors[0]) } : {}),
    });
  }

  onTestRunEnd(_modules, errors) {
    for (const error of errors) this.write({ kind: 'unhandled', failure: show(error) });
    this.write({ kind: 'end' });
  }
}
