import { cpus, totalmem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Records, StageLog } from '@nova/agents';
import {
  branchApply,
  type CallContext,
  type Clock,
  type ErrorCode,
  type FixRequest,
  type Ids,
  NovaError,
  type Result,
  resultSchema,
  type SandboxLimits,
  type TaskRequest,
  type TaskView,
  type ToolAnswer,
  type ToolManifest,
  taskRelease,
  toNovaError,
} from '@nova/core';
import {
  type Blobs,
  createJournal,
  getJson,
  type JournalBoundary,
  type Ledger,
  putJson,
  taskStream,
} from '@nova/messaging';
import type { HostLink } from '../fleet/host-link.ts';
import type { TaskBoard } from './task-board.ts';
import { newEvent, traceOf } from './task-events.ts';

/** What ends a run without ending the task: it is tried again at once, a few times. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['sandbox.lost', 'mesh.unreachable', 'mesh.timeout']);
const triesWithoutProgress = 5;
/** For calls that move nothing that a lease guards. */
const withoutLease = 0;
const retryMs = 100;
const mostParallel = 4;
/** The most runs of the test command that one tool call makes. */
const runsPerCall = 25;
const gibibyte = 1024 ** 3;

interface Running {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

interface TaskRunsParts {
  readonly ledger: Ledger;
  readonly blobs: Blobs;
  readonly board: TaskBoard;
  readonly host: HostLink;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly actor: string;
  readonly onBoundary: ((boundary: JournalBoundary) => Promise<void>) | null;
  /** Called whenever a run has ended. */
  readonly onIdle: () => void;
}

/** Carries tasks from submission to Result; every run can be killed anywhere and taken up again. */
export class TaskRuns {
  readonly #parts: TaskRunsParts;
  readonly #running = new Map<string, Running>();
  readonly #losses = new Map<string, number>();

  constructor(parts: TaskRunsParts) {
    this.#parts = parts;
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** Records the task and starts it. The same key with the same request gives the same task. */
  async submit(request: TaskRequest, key: string): Promise<TaskView> {
    if (request.kind !== 'fix') throw notBuilt(request.kind);
    const { ledger, board, ids } = this.#parts;
    const task = ids.task(key);
    const event = newEvent('nova.task.submitted', { task, request, origin: null }, this.#parts.actor);
    await ledger.append(taskStream(task), [event], { expectedVersion: 0, key: `submit/${key}` });
    this.#start(task);
    return board.get(task);
  }

  /** Takes up every task that was running when a server died. */
  async resumeUnfinished(): Promise<void> {
    for (const view of await this.#parts.board.all()) {
      if (view.state === 'queued' || view.state === 'running') this.#start(view.id);
    }
  }

  /** Stops a running task at once; what it was doing is settled when it is resumed. */
  async pause(id: string, reason: string): Promise<TaskView> {
    const view = await this.#parts.board.get(id);
    if (view.state === 'finished')
      throw new NovaError('task.state', `Task ${view.id} has ended; there is nothing to pause.`);
    const running = this.#running.get(view.id);
    if (running) {
      running.stop.abort(new NovaError('task.paused', reason));
      await running.done;
    }
    return this.#parts.board.get(view.id);
  }

  /** Goes on with a paused task. `settle` answers what happened to a call whose outcome is unknown. */
  async resume(id: string, settle: { callId: string; how: 'done' | 'again' } | null): Promise<TaskView> {
    const { board, ledger, actor } = this.#parts;
    const view = await board.get(id);
    if (view.state === 'finished')
      throw new NovaError('task.state', `Task ${view.id} has ended. \`nova show ${view.id}\` prints its Result.`);
    if (this.#running.has(view.id)) return view;
    const events = [newEvent('nova.task.resumed', { task: view.id }, actor)];
    if (settle) events.unshift(newEvent('nova.journal.settled', { task: view.id, ...settle }, actor));
    await ledger.append(taskStream(view.id), events, {
      expectedVersion: 'any',
      key: `resume/${view.id}/${view.position}`,
    });
    this.#start(view.id);
    return board.get(view.id);
  }

  /** Merges a delivered branch into the person's checkout, on request only. */
  async apply(id: string): Promise<{ how: string; head: string }> {
    const view = await this.#parts.board.get(id);
    const result = await this.result(view.id);
    if (!result.change || !result.base) {
      throw new NovaError(
        'task.state',
        `Task ${view.id} delivered nothing (${result.outcome}); there is nothing to apply.`,
      );
    }
    const { output } = await this.#parts.host.call(
      branchApply,
      {
        task: view.id,
        repository: result.repository,
        branch: result.change.branch,
        commit: result.change.commit,
        base: result.base.commit,
        dirty: result.base.dirty,
      },
      // Applying is a person's act on their own checkout, repeatable by looking at it; its id never comes back.
      {
        callId: `${view.id}/apply/${this.#parts.ids.event()}`,
        sandbox: null,
        leaseToken: withoutLease,
        signal: new AbortController().signal,
      },
    );
    const event = newEvent(
      'nova.task.applied',
      { task: view.id, how: output.how, head: output.head },
      this.#parts.actor,
    );
    await this.#parts.ledger.append(taskStream(view.id), [event], {
      expectedVersion: 'any',
      key: `applied/${view.id}/${output.head}/${output.how}`,
    });
    return output;
  }

  /** Rejects with `task.state` while the task has not ended. */
  async result(id: string): Promise<Result> {
    const view = await this.#parts.board.get(id);
    if (view.result === null) {
      throw new NovaError('task.state', `Task ${view.id} is ${view.state}; it has no Result yet.`);
    }
    return getJson(this.#parts.blobs, view.result, resultSchema);
  }

  /** Stops every run, for a server that leaves; the tasks go on with the next server. */
  async stopAll(): Promise<void> {
    for (const running of this.#running.values()) {
      running.stop.abort(new NovaError('ledger.closed', 'The server is leaving.'));
    }
    await Promise.all([...this.#running.values()].map((running) => running.done));
  }

  #start(task: string): void {
    if (this.#running.has(task)) return;
    const stop = new AbortController();
    const done = this.#carry(task, stop.signal).finally(() => {
      this.#running.delete(task);
      this.#parts.onIdle();
    });
    this.#running.set(task, { stop, done });
  }

  /** Runs a task to its end or to a pause; never rejects. */
  async #carry(task: string, signal: AbortSignal): Promise<void> {
    let ended = 0;
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#run(task, signal);
        return;
      } catch (thrown) {
        const error = signal.aborted ? toNovaError(signal.reason) : toNovaError(thrown);
        if (error.code === 'ledger.closed') return;
        const view = await this.#parts.board.get(task);
        // Only a call that has ended is progress: every try appends a lease and a start.
        const endedNow = view.calls.filter((call) => call.state !== 'running').length;
        if (endedNow > ended) tries = 1;
        ended = endedNow;
        if (!passing.has(error.code) || tries > triesWithoutProgress) {
          await this.#recordPause(task, error, view.position);
          return;
        }
        await delay(retryMs * tries);
      }
    }
  }

  async #run(task: string, signal: AbortSignal): Promise<void> {
    const { ledger, blobs, board, clock, actor, onBoundary } = this.#parts;
    // The graph library is slow to load; a server that only answers questions never pays for it.
    const { createDesk, RunBudget, runFixTeam } = await import('@nova/agents');
    const view = await board.get(task);
    const { request } = view;
    if (request.kind !== 'fix') throw notBuilt(request.kind);
    const leaseToken = await this.#lease(task);
    const journal = await createJournal({
      ledger,
      blobs,
      clock,
      task,
      actor,
      tenant: 'local',
      traceparent: traceOf(task),
      onBoundary: async (boundary) => {
        // What has begun is brought to its end and recorded; only the next thing is not begun.
        if (boundary.entry === 'started' && boundary.when === 'before') signal.throwIfAborted();
        await onBoundary?.(boundary);
      },
      // Nothing to undo here: a runner puts its tree back before every call, and the host makes a lost sandbox anew.
      restore: async () => {},
    });
    const budget = new RunBudget({ runs: request.budgetRuns, seconds: request.budgetSeconds });
    const desk = createDesk({
      task,
      journal,
      leaseToken,
      call: (tool, input, context) => this.#call(tool, input, context),
      now: () => clock.monotonic(),
      signal,
    });
    const records: Records = {
      put: (value) => putJson(blobs, value),
      get: (hash, schema) => getJson(blobs, hash, schema),
    };
    const result = await runFixTeam({
      brief: {
        task,
        request,
        submittedAt: view.submittedAt,
        desk,
        budget,
        limits: sandboxLimits(request),
        parallel: Math.max(1, Math.min(mostParallel, cpus().length)),
      },
      records,
      stageLog: this.#stageLog(task, view.submission),
    });
    await this.#finish(task, result);
  }

  /** An aborted task ends the call in the host too; a server that merely dies does not. */
  async #call<Input, Output>(
    tool: ToolManifest<Input, Output>,
    input: Input,
    context: CallContext,
  ): Promise<ToolAnswer<Output>> {
    const cancel = () => {
      if (toNovaError(context.signal.reason).code !== 'ledger.closed') {
        this.#parts.host.cancel(context.callId).catch(() => {});
      }
    };
    context.signal.addEventListener('abort', cancel, { once: true });
    try {
      return await this.#parts.host.call(tool, input, context);
    } catch (thrown) {
      throw this.#lossOf(context.callId, toNovaError(thrown));
    } finally {
      context.signal.removeEventListener('abort', cancel);
    }
  }

  /** A call that loses its sandbox again and again is not unlucky: what it runs ends its sandbox. That is an outcome. */
  #lossOf(callId: string, error: NovaError): NovaError {
    if (error.code !== 'sandbox.lost') return error;
    const losses = (this.#losses.get(callId) ?? 0) + 1;
    this.#losses.set(callId, losses);
    if (losses < triesWithoutProgress) return error;
    this.#losses.delete(callId);
    return new NovaError(
      'sandbox.limit',
      `The command ended its own sandbox ${losses} times: it kills the process that runs it, or dies with it. Nothing was changed. ` +
        'Run it by hand to see what it ends.',
      { cause: error },
    );
  }

  #stageLog(task: string, cause: string): StageLog {
    const { ledger, actor } = this.#parts;
    return {
      started: async (attempt, stage) => {
        const event = newEvent('nova.stage.started', { task, attempt, stage }, actor, cause);
        await ledger.append(taskStream(task), [event], {
          expectedVersion: 'any',
          key: `${task}/${attempt}/${stage}/stage-started`,
        });
      },
      finished: async (attempt, stage, summary) => {
        const event = newEvent('nova.stage.finished', { task, attempt, stage, summary }, actor, cause);
        await ledger.append(taskStream(task), [event], {
          expectedVersion: 'any',
          key: `${task}/${attempt}/${stage}/stage-finished`,
        });
      },
    };
  }

  /** A new fencing token for this run of the task: whoever ran it before can move no branch any more. */
  async #lease(task: string): Promise<number> {
    const { ledger, actor } = this.#parts;
    const stream = `lease/${task}`;
    const token = (await ledger.read(stream)).length + 1;
    const event = newEvent('nova.lease.granted', { task, workspace: task, token }, actor);
    await ledger.append(stream, [event], { expectedVersion: token - 1, key: `${stream}/${token}` });
    return token;
  }

  async #finish(task: string, result: Result): Promise<void> {
    const { board, blobs, ledger, actor } = this.#parts;
    const view = await board.get(task);
    const stageSeconds: Record<string, number> = {};
    for (const stage of view.stages) {
      if (stage.finishedAt === null) continue;
      const seconds = (Date.parse(stage.finishedAt) - Date.parse(stage.startedAt)) / 1000;
      stageSeconds[stage.stage] = (stageSeconds[stage.stage] ?? 0) + seconds;
    }
    const hash = await putJson(blobs, { ...result, cost: { ...result.cost, stageSeconds } });
    const { outcome, code } = result;
    const event = newEvent('nova.task.finished', { task, outcome, code, result: hash }, actor, view.submission);
    await ledger.append(taskStream(task), [event], { expectedVersion: 'any', key: `finish/${task}` });
  }

  async #recordPause(task: string, error: NovaError, position: number): Promise<void> {
    const { ledger, host, ids, actor } = this.#parts;
    await host
      .call(
        taskRelease,
        { task },
        {
          callId: `${task}/release/${ids.event()}`,
          sandbox: null,
          leaseToken: withoutLease,
          signal: AbortSignal.timeout(10_000),
        },
      )
      .catch(() => {});
    const reason = error.code === 'task.paused' ? error.message : `${error.code}: ${error.message}`;
    const event = newEvent('nova.task.paused', { task, reason }, actor);
    await ledger
      .append(taskStream(task), [event], { expectedVersion: 'any', key: `pause/${task}/${position}` })
      .catch((thrown: unknown) =>
        process.stderr.write(`The pause of ${task} could not be recorded: ${String(thrown)}\n`),
      );
  }
}

function notBuilt(kind: string): NovaError {
  return new NovaError('usage.invalid', `Tasks of the kind ${kind} are not built yet. Nothing was recorded.`);
}

function sandboxLimits(request: FixRequest): SandboxLimits {
  return {
    memoryBytes:
      request.memoryMebibytes === undefined
        ? Math.floor(Math.max(gibibyte, Math.min(8 * gibibyte, totalmem() / 4)))
        : request.memoryMebibytes * 1024 ** 2,
    processes: 512,
    // A call may run the command several times; each run has its own limit inside.
    callSeconds: 60 + request.testTimeoutSeconds * runsPerCall,
  };
}
