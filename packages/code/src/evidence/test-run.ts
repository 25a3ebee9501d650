import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodeTest, type TestCase, type TestReport, type TestRunner } from '@nova/core';
import type { ToolContext } from '../tool-context.ts';
import type { WorkingTree } from '../workspace/working-tree.ts';
import { createNodeProbe } from './node/node-probe.ts';
import type { CoverageLimit, EvidenceProbe, ProbeReport, TestCoverage } from './probe.ts';
import { runShell, type ShellResult } from './shell.ts';

const mostWidths = 4;
const outputTailBytes = 16 * 1024;

/** One execution of a test command, and everything learnt from it. */
export interface TestRun {
  readonly report: TestReport;
  readonly coverage: readonly TestCoverage[];
  readonly output: Buffer;
  /** How often the command really ran: more than once when a probe stood in its way. */
  readonly executions: number;
  /** Commands that run only these tests, the narrowest first and their whole files last; empty when no probe knows one. */
  focus(tests: readonly TestCase[]): Promise<string[]>;
}

interface TestRunOptions {
  readonly command: string;
  readonly timeoutMs: number;
  readonly coverage?: boolean;
  readonly coverageLimit?: CoverageLimit;
}

/** Runs test commands in a workspace and reads what every probe learnt from them. */
export class TestBench {
  readonly #context: ToolContext;
  readonly #tree: WorkingTree;
  readonly #pythonProbe: EvidenceProbe;
  #pairing: 'beside-default' | 'beside-own' | 'none' = 'beside-default';
  #runs = 0;

  constructor(context: ToolContext, tree: WorkingTree, pythonProbe: EvidenceProbe) {
    this.#context = context;
    this.#tree = tree;
    this.#pythonProbe = pythonProbe;
  }

  /** Runs the command on the files as they are; the caller puts them back. */
  async run(options: TestRunOptions): Promise<TestRun> {
    let executions = 0;
    for (;;) {
      executions++;
      const run = await this.#execute(options, executions);
      const next = this.#pairingAfter(run.shell, run.reports);
      if (next === this.#pairing) return run;
      this.#pairing = next;
      // Counters are put in once: a second instrumented run starts from the files as they were.
      if (options.coverage) await this.#tree.restore();
    }
  }

  /** A command that refuses the injected options says so at once; then they are paired otherwise, then left out. */
  #pairingAfter(shell: ShellResult, reports: readonly ProbeReport[]) {
    if (shell.exitCode === 0 || reports.length > 0) return this.#pairing;
    const text = `${shell.output.subarray(0, 20_000)}${shell.output.subarray(-20_000)}`;
    if (/is not allowed in NODE_OPTIONS/.test(text)) return 'none';
    if (/--test-reporter/.test(text) && /must match the number of specified|ERR_INVALID_ARG_VALUE/.test(text)) {
      return this.#pairing === 'beside-default' ? 'beside-own' : 'none';
    }
    return this.#pairing;
  }

  async #execute(
    options: TestRunOptions,
    executions: number,
  ): Promise<TestRun & { shell: ShellResult; reports: ProbeReport[] }> {
    const coverage = options.coverage ?? false;
    const folder = join(this.#context.scratch, `report-${process.pid}-${++this.#runs}`);
    await rm(folder, { recursive: true, force: true });
    const probes = [...(this.#pairing === 'none' ? [] : [createNodeProbe(this.#pairing)]), this.#pythonProbe];
    try {
      let environment: Record<string, string> = { ...this.#context.environment };
      delete environment['NODE_TEST_CONTEXT'];
      const requests = [];
      for (const probe of probes) {
        const request = {
          root: this.#context.workspace,
          reportFolder: join(folder, probe.id),
          coverage,
          ...(options.coverageLimit ? { coverageLimit: options.coverageLimit } : {}),
        };
        await mkdir(request.reportFolder, { recursive: true });
        requests.push(request);
        environment = { ...environment, ...(await probe.environment(request, environment)) };
      }
      const shell = await runShell({
        command: options.command,
        workingFolder: this.#context.workspace,
        environment,
        timeoutMs: options.timeoutMs,
        signal: this.#context.signal,
        output: (bytes) => this.#context.output(bytes),
        settle: () => this.#context.settle(),
      });
      const reports: ProbeReport[] = [];
      const owners: EvidenceProbe[] = [];
      for (const [index, probe] of probes.entries()) {
        const request = requests[index];
        const report = request ? await probe.collect(request) : null;
        if (!report) continue;
        reports.push(report);
        owners.push(probe);
      }
      return {
        report: testReport(shell, reports),
        coverage: reports.flatMap((report) => report.coverage),
        output: shell.output,
        executions,
        shell,
        reports,
        focus: async (tests) => {
          const [report, owner] = [reports[0], owners[0]];
          const commands: string[] = [];
          if (!report || !owner || reports.length !== 1) return commands;
          for (let width = 0; width < mostWidths; width++) {
            const command = await owner.focus(report, tests, this.#context.workspace, width);
            if (command === null || commands.includes(command)) break;
            commands.push(command);
          }
          return commands;
        },
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function testReport(shell: ShellResult, reports: readonly ProbeReport[]): TestReport {
  const tests = reports.flatMap((report) => report.tests);
  const counted = tests.length > 0;
  const runner: TestRunner =
    (counted ? reports.find((report) => report.tests.length > 0)?.runner : undefined) ?? 'command';
  const outputTail = shell.output.subarray(-outputTailBytes).toString('utf8');
  const failed = shell.exitCode !== 0;
  if (!counted || (failed && !tests.some((test) => test.status === 'failed'))) {
    tests.push(exitCodeCase(shell, outputTail));
  }
  const { exitCode, signal, timedOut, durationMs, outputBytes } = shell;
  return { runner, counted, exitCode, signal, timedOut, durationMs, tests, outputTail, outputBytes };
}

function exitCodeCase(shell: ShellResult, outputTail: string): TestCase {
  const plain = { id: exitCodeTest, file: null, name: 'exit code', durationMs: shell.durationMs };
  if (shell.exitCode === 0 && !shell.timedOut) return { ...plain, status: 'passed' };
  const how = shell.timedOut
    ? `The command did not end within its time and was stopped.`
    : `The command ended with ${shell.exitCode === null ? `signal ${shell.signal}` : `exit code ${shell.exitCode}`}.`;
  return { ...plain, status: 'failed', failure: { message: how, stack: outputTail } };
}
