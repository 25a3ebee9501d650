import { z } from 'zod';
import {
  candidateSchema,
  findingSchema,
  localisationSchema,
  suspectSchema,
  textEditSchema,
  verdictSchema,
} from '../vocabulary/repair.ts';
import { examinedSchema, sinceSchema } from '../vocabulary/review.ts';
import { sandboxDriverSchema } from '../vocabulary/sandbox.ts';
import { dependencySourceSchema } from '../vocabulary/task.ts';
import { missingImportSchema, testCaseSchema, testReportSchema } from '../vocabulary/tests.ts';
import { defineTool } from './tool.ts';

const blobHash = z.string();

// ── tools the host carries out ────────────────────────────────────────────────────────────────────

/** Copies the person's HEAD, uncommitted and untracked work into the host's mirror; touches nothing of theirs. */
export const workspaceCapture = defineTool({
  name: 'workspace.capture',
  description: 'Copy a repository as it stands into the mirror',
  where: 'host',
  repeat: 'pure',
  input: z.object({
    task: z.string(),
    repository: z.string(),
    /** A branch, tag or commit that a change is measured from. */
    since: z.string().optional(),
    /** A branch is to be delivered there: refused at once where nothing can be written. */
    forBranch: z.boolean().default(false),
  }),
  output: z.object({
    mirror: z.string(),
    head: z.string(),
    headName: z.string().nullable(),
    /** HEAD itself, or a commit on top of it that holds the person's uncommitted work. */
    commit: z.string(),
    dirty: z.boolean(),
    /** Paths that differ between HEAD and `commit`. */
    personPaths: z.array(z.string()),
    /** Ignored top-level entries that were not copied. */
    ignored: z.array(z.string()),
    /** The last commit that HEAD and what was asked for have in common. */
    since: sinceSchema.nullable().default(null),
  }),
});

/** Makes or finds the sealed dependencies that this commit needs. */
export const environmentPrepare = defineTool({
  name: 'environment.prepare',
  description: 'Prepare the dependencies a repository needs, sealed and read-only',
  where: 'host',
  repeat: 'pure',
  input: z.object({
    task: z.string(),
    repository: z.string(),
    mirror: z.string(),
    commit: z.string(),
    testCommand: z.string(),
    driver: sandboxDriverSchema,
  }),
  output: z.object({
    key: z.string().nullable(),
    kinds: z.array(z.string()),
    source: dependencySourceSchema,
    reused: z.boolean(),
    log: blobHash.nullable(),
    gaps: z.array(z.string()),
  }),
});

/** Checks a bundle in quarantine and, when sound, takes its commit into the mirror. */
export const bundleImport = defineTool({
  name: 'bundle.import',
  description: 'Check a bundle in quarantine and take its commit into the mirror',
  where: 'host',
  repeat: 'pure',
  input: z.object({
    task: z.string(),
    mirror: z.string(),
    base: z.string(),
    bundle: blobHash,
  }),
  output: z.object({ commit: z.string(), paths: z.array(z.string()), diff: z.string() }),
});

/** The tree the gate judges: the change, with tests and runner configuration put back from the base. */
export const gatePrepare = defineTool({
  name: 'gate.prepare',
  description: 'Make the tree that the gate judges',
  where: 'host',
  repeat: 'pure',
  input: z.object({
    task: z.string(),
    mirror: z.string(),
    base: z.string(),
    commit: z.string(),
    testFiles: z.array(z.string()),
  }),
  output: z.object({ commit: z.string(), restored: z.array(z.string()) }),
});

/** Puts the branch into the person's repository, by compare-and-swap; the checkout is not touched. */
export const branchDeliver = defineTool({
  name: 'branch.deliver',
  description: "Create the task's branch in the person's repository",
  where: 'host',
  repeat: 'pure',
  input: z.object({
    task: z.string(),
    repository: z.string(),
    mirror: z.string(),
    branch: z.string(),
    commit: z.string(),
  }),
  output: z.object({ branch: z.string(), commit: z.string() }),
});

/** Merges a delivered branch into what the person has checked out. */
export const branchApply = defineTool({
  name: 'branch.apply',
  description: "Merge a delivered branch into the person's checkout",
  where: 'host',
  repeat: 'unknown',
  input: z.object({
    task: z.string(),
    repository: z.string(),
    branch: z.string(),
    commit: z.string(),
    base: z.string(),
    /** True when the base holds uncommitted work; then only the change itself is applied to the files. */
    dirty: z.boolean(),
  }),
  output: z.object({ how: z.enum(['fast-forward', 'merge', 'patched-files', 'already-applied']), head: z.string() }),
});

/** Ends every sandbox of a task and removes its clones; what was not imported is captured first. */
export const taskRelease = defineTool({
  name: 'task.release',
  description: 'End the sandboxes of a task and remove its clones',
  where: 'host',
  repeat: 'pure',
  input: z.object({ task: z.string() }),
  output: z.object({ sandboxes: z.number().int() }),
});

// ── tools that run inside a sandbox ───────────────────────────────────────────────────────────────

const testing = z.object({ command: z.string(), timeoutSeconds: z.number() });
/** Wall time the call may take; it then returns what it has. One execution that runs already is still waited for. */
const callSeconds = z.number().positive().default(3600);

export const testsRun = defineTool({
  name: 'tests.run',
  description: 'Run the test command on a clean tree and report every test',
  where: 'sandbox',
  repeat: 'restore',
  input: testing,
  output: testReportSchema.extend({
    /** Tracked or untracked paths that the run changed; put back before the call returned. */
    dirtied: z.array(z.string()),
    /** Failing tests that no edit of the source could make load. */
    missing: z.array(missingImportSchema).default([]),
    /** Head and tail of the output, stored by the host. */
    output: blobHash.nullable(),
  }),
});

export const repairLocalise = defineTool({
  name: 'repair.localise',
  description: 'Find the statements that probably cause the failing tests',
  where: 'sandbox',
  repeat: 'restore',
  input: testing.extend({
    failing: z.array(testCaseSchema),
    limit: z.number().int().default(200),
    seconds: callSeconds,
  }),
  output: localisationSchema,
});

export const repairPropose = defineTool({
  name: 'repair.propose',
  description: 'Make ranked candidate repairs for suspected statements',
  where: 'sandbox',
  repeat: 'restore',
  input: z.object({
    suspects: z.array(suspectSchema),
    failing: z.array(testCaseSchema),
    limit: z.number().int(),
  }),
  output: z.object({ candidates: z.array(candidateSchema), notes: z.array(z.string()) }),
});

export const repairEvaluate = defineTool({
  name: 'repair.evaluate',
  description: 'Run the tests on candidate repairs, one after another',
  where: 'sandbox',
  repeat: 'restore',
  input: testing.extend({
    candidates: z.array(candidateSchema),
    /** Tests that fail on the base, all of them. */
    baselineFailing: z.array(testCaseSchema),
    /** Tests that pass on the base; a candidate that breaks one regresses. */
    counted: z.boolean(),
    /** Of the baseline's failures, those that a repair must turn green; empty: all. */
    target: z.array(z.string()),
    /** Stop after this many plausible candidates. */
    enough: z.number().int().default(1),
    /** Candidates that were not reached in this time are reported as `not-run`. */
    seconds: callSeconds,
  }),
  output: z.object({ verdicts: z.array(verdictSchema), runs: z.number().int() }),
});

export const repairMinimise = defineTool({
  name: 'repair.minimise',
  description: 'Drop the edits of a plausible repair that the tests do not need',
  where: 'sandbox',
  repeat: 'restore',
  input: testing.extend({
    candidate: candidateSchema,
    baselineFailing: z.array(testCaseSchema),
    counted: z.boolean(),
    target: z.array(z.string()),
  }),
  output: z.object({ candidate: candidateSchema, runs: z.number().int() }),
});

export const changePreview = defineTool({
  name: 'change.preview',
  description: 'Show candidate repairs as unified diffs, without keeping them',
  where: 'sandbox',
  repeat: 'pure',
  input: z.object({ candidates: z.array(candidateSchema) }),
  output: z.object({ diffs: z.array(z.object({ candidate: z.string(), diff: z.string() })) }),
});

export const changeCommit = defineTool({
  name: 'change.commit',
  description: 'Commit edits in the workspace and pack them as a bundle',
  where: 'sandbox',
  repeat: 'restore',
  input: z.object({ edits: z.array(textEditSchema), message: z.string(), committedAt: z.string() }),
  output: z.object({ commit: z.string(), bundle: blobHash }),
});

export const changeReview = defineTool({
  name: 'change.review',
  description: 'Judge a change with the review rules',
  where: 'sandbox',
  repeat: 'pure',
  input: z.object({ base: z.string(), commit: z.string(), paths: z.array(z.string()) }),
  output: z.object({ findings: z.array(findingSchema) }),
});

/** Judges a whole tree, or what a change brought into it, with every analyser that is there. */
export const codeReview = defineTool({
  name: 'code.review',
  description: 'Review code with the analysers that fit its languages',
  where: 'sandbox',
  repeat: 'restore',
  input: z.object({
    /** The commit before the change; null: everything is reviewed. */
    since: z.string().nullable(),
    /** Analysers that have not ended by then are stopped and named as gaps. */
    seconds: callSeconds,
  }),
  output: z.object({
    findings: z.array(findingSchema),
    examined: examinedSchema.omit({ since: true }),
    gaps: z.array(z.string()),
  }),
});

export const hostTools = [
  workspaceCapture,
  environmentPrepare,
  bundleImport,
  gatePrepare,
  branchDeliver,
  branchApply,
  taskRelease,
] as const;

export const sandboxTools = [
  testsRun,
  repairLocalise,
  repairPropose,
  repairEvaluate,
  repairMinimise,
  changePreview,
  changeCommit,
  changeReview,
  codeReview,
] as const;
