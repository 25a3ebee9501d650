import {
  type Candidate,
  type Finding,
  type Isolation,
  type MissingImport,
  NovaError,
  type TestCase,
  type TestReport,
  type ToolCaller,
  type Verdict,
} from '@nova/core';

/** What the scripted host answers with; for tests of the team's order, rework and recovery. */
export interface Script {
  readonly baseline: TestReport;
  readonly candidates: readonly Candidate[];
  readonly outcomes: Readonly<Record<string, Verdict['outcome']>>;
  readonly stillFailing: Readonly<Record<string, number>>;
  readonly findings: (commit: string) => readonly Finding[];
  /** Tests of the baseline that cannot be loaded. */
  readonly missing?: readonly MissingImport[];
  readonly memoryKills?: (callId: string) => number;
  /** What a test run shows in a sandbox that holds this commit. */
  readonly report: (commit: string, callId: string) => TestReport;
  /** What one run on the base shows instead of `baseline`. */
  readonly onBase?: (callId: string) => TestReport | null;
}

const isolation: Isolation = {
  driver: 'none',
  isolated: false,
  network: 'host',
  memory: 'none',
  processes: 'none',
  missing: ['nothing was isolated'],
};

/** A host that answers from a script and notes what it was asked to do. `lose` makes one call fail once. */
export class ScriptedHost {
  readonly done: string[] = [];
  readonly sandboxes = new Set<string>();
  lose: string | null = null;
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
  }

  readonly call: ToolCaller = async (tool, input, context) => {
    if (this.lose === context.callId) {
      this.lose = null;
      throw new NovaError('sandbox.lost', 'The runner is gone.');
    }
    this.done.push(context.callId);
    if (context.sandbox) this.sandboxes.add(context.sandbox.id);
    const output = tool.output.parse(
      this.#answer(tool.name, input as never, context.sandbox?.commit ?? '', context.callId),
    );
    const memoryKills = this.#script.memoryKills?.(context.callId) ?? 0;
    return { output, isolation: context.sandbox ? isolation : null, memoryKills };
  };

  #answer(tool: string, input: Record<string, unknown>, commit: string, callId: string): unknown {
    switch (tool) {
      case 'workspace.capture':
        return {
          mirror: 'm',
          head: 'base',
          headName: 'main',
          commit: 'base',
          dirty: false,
          personPaths: [],
          ignored: [],
        };
      case 'environment.prepare':
        return { key: null, kinds: [], source: 'none', reused: false, log: null, gaps: [] };
      case 'tests.run': {
        const onBase = this.#script.onBase?.(callId) ?? this.#script.baseline;
        const report = commit === 'base' ? onBase : this.#script.report(commit, callId);
        return { ...report, dirtied: [], missing: this.#script.missing ?? [], output: null };
      }
      case 'repair.localise': {
        const suspects = [{ path: 'a.js', startLine: 1, endLine: 1, score: 1, reasons: ['scripted'] }];
        return { method: 'stack', suspects, runs: 1, notes: [] };
      }
      case 'repair.propose':
        return { candidates: this.#script.candidates, notes: [] };
      case 'repair.evaluate': {
        const candidates = input['candidates'] as Candidate[];
        const verdicts = candidates.map((candidate) => ({
          candidate: candidate.id,
          outcome: this.#script.outcomes[candidate.id] ?? 'still-failing',
          stillFailing: this.#script.stillFailing[candidate.id] ?? 1,
          runs: 1,
          durationMs: 1,
        }));
        return { verdicts, runs: verdicts.length };
      }
      case 'repair.minimise':
        return { candidate: input['candidate'], runs: 1 };
      case 'change.preview': {
        const candidates = input['candidates'] as Candidate[];
        return { diffs: candidates.map(({ id }) => ({ candidate: id, diff: `diff of ${id}` })) };
      }
      case 'change.commit': {
        const edits = input['edits'] as { text: string }[];
        return { commit: 'in-sandbox', bundle: edits.map((edit) => edit.text).join('+') };
      }
      case 'bundle.import':
        return { commit: `commit-${input['bundle']}`, paths: ['a.js'], diff: `diff of ${input['bundle']}` };
      case 'gate.prepare':
        return { commit: `gate-${input['commit']}`, restored: [] };
      case 'change.review':
        return { findings: this.#script.findings(String(input['commit'])) };
      case 'branch.deliver':
        return { branch: input['branch'], commit: input['commit'] };
      case 'task.release':
        return { sandboxes: 1 };
      default:
        throw new NovaError('tool.unknown', tool);
    }
  }
}

/** A report of counted tests, as node:test would give it. */
export function counted(...tests: readonly (readonly [name: string, status: TestCase['status']])[]): TestReport {
  const failed = tests.some(([, status]) => status === 'failed');
  return {
    runner: 'node:test',
    counted: true,
    exitCode: failed ? 1 : 0,
    signal: null,
    timedOut: false,
    durationMs: 1,
    tests: tests.map(([name, status]) => ({ id: `t.js::${name}`, file: 't.js', name, status, durationMs: 1 })),
    outputTail: '',
    outputBytes: 0,
  };
}

export function candidate(id: string, rank: number, start = rank * 10): Candidate {
  const edits = [{ path: 'a.js', start, end: start + 1, text: id }];
  return { id, template: 'scripted', rank, score: 1 - rank / 100, edits, explanation: `${id}.` };
}
