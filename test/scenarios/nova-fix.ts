import { fileURLToPath } from 'node:url';
import { type Result, resultSchema } from '@nova/core';
import { run } from './command.ts';

const nova = fileURLToPath(new URL('../../bin/nova', import.meta.url));

export interface FixRequest {
  readonly repository: string;
  readonly testCommand: string;
  /** Nova's data folder. */
  readonly home: string;
  readonly budgetSeconds: number;
  readonly testTimeoutSeconds: number;
}

/** What `nova fix --json` printed; `result` is null when it printed no Result. */
export interface FixOutcome {
  readonly exitCode: number | null;
  readonly result: Result | null;
  readonly seconds: number;
  /** The end of what went to standard error. */
  readonly complaint: string;
}

/** Runs the command as a person would, outside the repository, and parses the Result by the public schema. */
export async function novaFix(request: FixRequest): Promise<FixOutcome> {
  const { repository, testCommand, home, budgetSeconds, testTimeoutSeconds } = request;
  const limits = ['--budget', String(budgetSeconds), '--test-timeout', String(testTimeoutSeconds)];
  const started = performance.now();
  const { code, stdout, stderr } = await run(
    nova,
    ['fix', '--repo', repository, '--test', testCommand, '--json', ...limits],
    { cwd: home, env: { NOVA_HOME: home }, seconds: budgetSeconds + 300 },
  );
  const seconds = (performance.now() - started) / 1000;
  return { exitCode: code, result: parse(stdout), seconds, complaint: stderr.slice(-2000) };
}

function parse(stdout: string): Result | null {
  try {
    return resultSchema.parse(JSON.parse(stdout));
  } catch {
    return null;
  }
}
