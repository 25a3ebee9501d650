import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import {
  type Candidate,
  changeCommit,
  changePreview,
  changeReview,
  codeReview,
  NovaError,
  repairEvaluate,
  repairLocalise,
  repairMinimise,
  repairPropose,
  type ToolManifest,
  testsRun,
  type Verdict,
} from '@nova/core';
import { commitChange } from './changes/commit.ts';
import { previewDiff } from './changes/preview.ts';
import { type BaseMeasure, type EvaluateRequest, judgeCandidate, measureBase } from './debugging/evaluate.ts';
import { localise } from './debugging/localise.ts';
import { minimise } from './debugging/minimise.ts';
import { proposeCandidates } from './debugging/propose.ts';
import { missingImports } from './evidence/missing-imports.ts';
import { createPythonProbe } from './evidence/python/python-probe.ts';
import { TestBench, type TestRun } from './evidence/test-run.ts';
import { createJavaScriptLanguage } from './languages/javascript/javascript.ts';
import type { LanguageModule } from './languages/language.ts';
import { createPythonLanguage } from './languages/python/python.ts';
import { createTypeScriptLanguage } from './languages/typescript/typescript.ts';
import { reviewChange } from './review/review.ts';
import type { ToolContext } from './tool-context.ts';
import { WorkingTree } from './workspace/working-tree.ts';

/** A tool's work; input and output are parsed by its manifest's schemas here. */
export type CodeTool = (input: unknown, context: ToolContext) => Promise<unknown>;

/** An analyser that takes longer says nothing of a fix, and is not waited for. */
const quickReviewSeconds = 10;

interface Hands {
  readonly context: ToolContext;
  readonly tree: WorkingTree;
  readonly bench: TestBench;
}

/**
 * Every tool of core's `sandboxTools`. Calls must not overlap: they share the workspace's files. Whatever happens in a
 * call, the files are as in the commit before it begins and after it ends, unless the process is killed; the next
 * call begins by putting them back.
 */
export function createCodeTools(): Record<string, CodeTool> {
  const languages = [createJavaScriptLanguage(), createTypeScriptLanguage(), createPythonLanguage()];
  const measures = new Map<string, BaseMeasure>();
  /** The last run of a command on the base, which spares a second one. */
  const baseRuns = new Map<string, TestRun>();
  const runKey = (command: string, context: ToolContext) =>
    JSON.stringify([context.workspace, context.commit, command]);
  const measured = async (request: EvaluateRequest, hands: Hands): Promise<{ base: BaseMeasure; runs: number }> => {
    const asked = [hands.context.workspace, hands.context.commit, request];
    const key = createHash('sha256').update(JSON.stringify(asked)).digest('hex');
    const known = measures.get(key);
    if (known) return { base: known, runs: 0 };
    const seen = baseRuns.get(runKey(request.command, hands.context)) ?? null;
    const base = await measureBase(request, seen, hands.tree, hands.bench);
    measures.set(key, base);
    return { base, runs: base.runs };
  };
  return {
    [testsRun.name]: tool(testsRun, async (input, { context, tree, bench }) => {
      const run = await bench.run({ command: input.command, timeoutMs: input.timeoutSeconds * 1000 });
      if (!context.signal.aborted) baseRuns.set(runKey(input.command, context), { ...run, output: Buffer.alloc(0) });
      const dirtied = await tree.changed();
      const missing = await missingImports(run.report, run.output, tree);
      return { ...run.report, dirtied, missing, output: context.attach('output', run.output) };
    }),
    [repairLocalise.name]: tool(repairLocalise, (input, { context, tree, bench }) => {
      const known = baseRuns.get(runKey(input.command, context)) ?? null;
      const request = { ...input, timeoutMs: input.timeoutSeconds * 1000, known };
      return localise(request, tree, bench, languages);
    }),
    [repairPropose.name]: tool(repairPropose, (input, { tree }) => proposeCandidates(input, tree, languages)),
    [repairEvaluate.name]: tool(repairEvaluate, async (input, hands) => {
      const deadline = performance.now() + input.seconds * 1000;
      const request = evaluateRequest(input);
      const { base, runs } = await measured(request, hands);
      return evaluateAll({ ...input, deadline }, request, base, runs, hands, languages);
    }),
    [repairMinimise.name]: tool(repairMinimise, async (input, hands) => {
      if (input.candidate.edits.length < 2) {
        const unchanged = { ...input, command: '' };
        return minimise(input.candidate, noBase, evaluateRequest(unchanged), hands.tree, hands.bench, languages);
      }
      const request = evaluateRequest(input);
      const { base, runs } = await measured(request, hands);
      const smaller = await minimise(input.candidate, base, request, hands.tree, hands.bench, languages);
      return { candidate: smaller.candidate, runs: smaller.runs + runs };
    }),
    [changePreview.name]: tool(changePreview, async (input, { tree }) => {
      const diffs = [];
      for (const candidate of input.candidates) {
        diffs.push({ candidate: candidate.id, diff: await previewDiff(candidate.edits, tree) });
      }
      return { diffs };
    }),
    [changeCommit.name]: tool(changeCommit, async (input, { context, tree }) => {
      const made = await commitChange({ ...input, base: context.commit, scratch: context.scratch }, tree);
      return { commit: made.commit, bundle: context.attach('bundle', made.bundle) };
    }),
    [changeReview.name]: tool(changeReview, async (input, { context, tree }) => {
      const findings = await reviewChange(input, tree.folder, languages);
      const { createQuickEngines, reviewTree } = await import('./review/code-review.ts');
      const at = { ...context, commit: input.commit };
      if (input.commit !== context.commit) await new WorkingTree(tree.folder, input.commit, context.settle).restore();
      const quick = { since: input.base, seconds: quickReviewSeconds };
      const brought = await reviewTree(quick, at, createQuickEngines(), true);
      // A file that does not parse is told already.
      return { findings: [...findings, ...brought.findings.filter(({ rule }) => !rule.endsWith('/syntax'))] };
    }),
    [codeReview.name]: tool(codeReview, async (input, { context }) => {
      // A runner that repairs never reviews: what a review needs is loaded with the first one.
      const { createEngines, reviewTree } = await import('./review/code-review.ts');
      return reviewTree(input, context, createEngines());
    }),
  };
}

function tool<Input, Output>(
  manifest: ToolManifest<Input, Output>,
  work: (input: Input, hands: Hands) => Promise<Output>,
): CodeTool {
  return async (given, context) => {
    const parsed = manifest.input.safeParse(given);
    if (!parsed.success) {
      throw new NovaError(
        'tool.input',
        `${manifest.name} was called with an input it does not take: ${parsed.error.message}`,
      );
    }
    await mkdir(context.scratch, { recursive: true });
    const tree = new WorkingTree(context.workspace, context.commit, context.settle);
    const bench = new TestBench(context, tree, createPythonProbe());
    await tree.restore();
    try {
      return manifest.output.parse(await work(parsed.data, { context, tree, bench }));
    } finally {
      await tree.restore();
    }
  };
}

const noBase: BaseMeasure = {
  baseline: { failing: [], passed: new Set() },
  target: [],
  focused: null,
  timeoutMs: 0,
  runs: 0,
};

function evaluateRequest(input: {
  command: string;
  timeoutSeconds: number;
  baselineFailing: EvaluateRequest['baselineFailing'];
  counted: boolean;
  target: readonly string[];
}): EvaluateRequest {
  const { command, timeoutSeconds, baselineFailing, counted, target } = input;
  return { command, timeoutMs: timeoutSeconds * 1000, baselineFailing, counted, target };
}

async function evaluateAll(
  { candidates, enough, deadline }: { candidates: readonly Candidate[]; enough: number; deadline: number },
  request: EvaluateRequest,
  base: BaseMeasure,
  spent: number,
  { context, tree, bench }: Hands,
  languages: readonly LanguageModule[],
): Promise<{ verdicts: Verdict[]; runs: number }> {
  const verdicts: Verdict[] = [];
  const byText = new Map<string, Verdict>();
  let runs = spent;
  let plausible = 0;
  for (const [index, candidate] of candidates.entries()) {
    if (plausible >= enough || performance.now() >= deadline) {
      verdicts.push({ candidate: candidate.id, outcome: 'not-run', stillFailing: null, runs: 0, durationMs: 0 });
      continue;
    }
    context.progress('trying candidates', index, candidates.length);
    const key = JSON.stringify(candidate.edits);
    const known = byText.get(key);
    const verdict = known
      ? { ...known, candidate: candidate.id, runs: 0, durationMs: 0 }
      : await judgeCandidate(candidate, base, request, tree, bench, languages);
    byText.set(key, verdict);
    verdicts.push(verdict);
    runs += verdict.runs;
    if (verdict.outcome === 'plausible') plausible++;
  }
  return { verdicts, runs };
}
