import { setTimeout as delay } from 'node:timers/promises';
import type { DeskParts, Records, StageLog } from '@nova/agents';
import {
  type Clock,
  countFindings,
  type ErrorCode,
  type Ids,
  NovaError,
  type Result,
  type TaskRequest,
  type TaskView,
  toNovaError,
} from '@nova/core';
import {
  type Blobs,
  createJournal,
  getJson,
  type Journal,
  type JournalBoundary,
  type Ledger,
  putJson,
  taskStream,
} from '@nova/messaging';
import { log as writeLog } from '../log.ts';
import { sandboxesSideBySide, sandboxLimits } from './resources.ts';
import type { TaskBoard } from './task-board.ts';
import type { TaskCalls } from './task-calls.ts';
import { costOf } from './task-cost.ts';
import { newEvent, traceOf } from './task-events.ts';
import type { TaskLog } from './task-log.ts';
import type { TaskOrders } from './task-orders.ts';
import { givenRequest } from './task-request.ts';
import { runTeam } from './teams.ts';

/** What ends a run without ending the task: it is tried again at once, a few times. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['sandbox.lost', 'mesh.unreachable', 'mesh.timeout']);
const triesWithoutProgress = 5;
const retryMs = 100;
const longestRetryMs = 5_000;

export interface TaskCarrierParts {
  readonly ledger: Ledger;
  readonly log: TaskLog;
  readonly blobs: Blobs;
  readonly board: TaskBoard;
  readonly calls: TaskCalls;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly onBoundary: ((boundary: JournalBoundary) => Promise<void>) | null;
}

/** Carries one admitted task after another's death, failure or wish to where it ends or pauses. */
export class TaskCarrier {
  readonly #parts: TaskCarrierParts;

  constructor(parts: TaskCarrierParts) {
    this.#parts = parts;
  }

  /** Runs a task until it ends or pauses, or the server leaves; never rejects. Resolves with the code of what stopped it. */
  async carry(task: string, orders: TaskOrders): Promise<ErrorCode | null> {
    let ended = 0;
    for (let tries = 1; ; tries += 1) {
      try {
        const view = await this.#parts.board.get(task);
        if (view.state === 'finished') return null;
        if (view.state === 'cancelling') await this.#windUp(view, orders, tries === 1);
        else await this.#run(view, orders);
        return null;
      } catch (thrown) {
        const error = orders.signal.aborted ? toNovaError(orders.signal.reason) : toNovaError(thrown);
        if (error.code === 'ledger.closed') return error.code;
        if (orders.signal.aborted && error.code === 'task.cancelled') {
          orders.windUp();
          tries = 0;
          continue;
        }
        const kept = isAtBoundary(error);
        // Somebody wanted it to go on before its pause was complete.
        if (kept && orders.pausing === null) continue;
        const now = await this.#parts.board.get(task);
        // Only a call that has ended is progress: every try appends a lease and a start.
        const endedNow = now.calls.filter((call) => call.state !== 'running').length;
        if (endedNow > ended) tries = 1;
        ended = endedNow;
        // A cancellation cannot be taken back, so it is not given up either.
        const mayPause = now.state !== 'cancelling' && (!passing.has(error.code) || tries > triesWithoutProgress);
        if (mayPause && (await this.#pause(now, error, orders, kept))) return error.code;
        const wait = Math.min(retryMs * tries, longestRetryMs);
        await delay(wait, undefined, { signal: orders.signal }).catch(() => {});
      }
    }
  }

  /** Walks the team's path; what is recorded is answered, the rest is done. */
  async #run(view: TaskView, orders: TaskOrders): Promise<void> {
    const { createDesk } = await import('@nova/agents');
    const journal = await this.#openJournal(view.id, async (boundary) => {
      // What has begun is brought to its end and recorded; only the next thing is not begun.
      if (boundary.entry !== 'started' || boundary.when !== 'before') return;
      orders.signal.throwIfAborted();
      if (orders.pausing !== null) throw atBoundary(orders.pausing);
    });
    try {
      const desk = createDesk(await this.#deskParts(view, journal, orders));
      const result = await runTeam(await this.#teamParts(view, desk, this.#stageLog(view)));
      await this.#finish(view, result);
    } finally {
      // Nothing of this run may still write when the next one begins or the task stands still.
      await journal.quiet();
    }
  }

  /** Ends a cancelled task with what its team can say from the record alone. */
  async #windUp(view: TaskView, orders: TaskOrders, preview: boolean): Promise<void> {
    const { createWindUpDesk } = await import('@nova/agents');
    const reason = view.reason ?? 'A person asked for it.';
    const journal = await this.#openJournal(view.id, null);
    try {
      const desk = createWindUpDesk(await this.#deskParts(view, journal, orders), reason, preview);
      const begun = new Set(
        view.stages.flatMap(({ attempt, stage, finishedAt }) => (finishedAt === null ? `${attempt}/${stage}` : [])),
      );
      const log = this.#stageLog(view);
      const result = await runTeam(
        await this.#teamParts(view, desk, {
          started: async () => {},
          finished: async (attempt, stage, summary) => {
            if (begun.has(`${attempt}/${stage}`)) await log.finished(attempt, stage, summary);
          },
        }),
      );
      await journal.quiet();
      await journal.giveUp(new NovaError('task.cancelled', `Ended before it was done: ${reason}`));
      await this.#finish(view, result);
    } finally {
      await journal.quiet();
    }
  }

  async #openJournal(
    task: string,
    onBoundary: ((boundary: JournalBoundary) => Promise<void>) | null,
  ): Promise<Journal> {
    const { ledger, blobs, clock, log } = this.#parts;
    return createJournal({
      ledger,
      blobs,
      clock,
      task,
      actor: log.actor,
      tenant: 'local',
      traceparent: traceOf(task),
      onBoundary: async (boundary) => {
        await this.#parts.onBoundary?.(boundary);
        await onBoundary?.(boundary);
      },
      // Nothing to undo here: a runner puts its tree back before every call, and the host makes a lost sandbox anew.
      restore: async () => {},
    });
  }

  async #deskParts(view: TaskView, journal: Journal, orders: TaskOrders): Promise<DeskParts> {
    const { calls, clock } = this.#parts;
    return {
      task: view.id,
      journal,
      leaseToken: await this.#lease(view.id),
      call: (tool, input, context) => calls.call(tool, input, context),
      now: () => clock.monotonic(),
      signal: orders.signal,
    };
  }

  async #teamParts(view: TaskView, desk: Parameters<typeof runTeam>[0]['brief']['desk'], stageLog: StageLog) {
    const { blobs } = this.#parts;
    const { RunBudget } = await import('@nova/agents');
    const request = await givenRequest(this.#parts, view);
    const records: Records = {
      put: (value) => putJson(blobs, value),
      get: (hash, schema) => getJson(blobs, hash, schema),
    };
    return {
      brief: {
        task: view.id,
        request,
        submittedAt: await this.#firstSubmission(view),
        desk,
        budget: new RunBudget({ runs: grantedRuns(request), seconds: request.budgetSeconds }),
        limits: sandboxLimits(request),
        parallel: sandboxesSideBySide(),
      },
      records,
      stageLog,
    };
  }

  /** A fork takes outcomes over that carry the time of the task they come from. */
  async #firstSubmission(view: TaskView): Promise<string> {
    let first = view;
    while (first.origin !== null) first = await this.#parts.board.get(first.origin.task);
    return first.submittedAt;
  }

  #stageLog(view: TaskView): StageLog {
    const { log } = this.#parts;
    const { id: task, submission } = view;
    return {
      started: async (attempt, stage) => {
        const event = log.event('nova.stage.started', { task, attempt, stage }, submission);
        await log.append(task, [event], `${task}/${attempt}/${stage}/stage-started`);
      },
      finished: async (attempt, stage, summary) => {
        const event = log.event('nova.stage.finished', { task, attempt, stage, summary }, submission);
        await log.append(task, [event], `${task}/${attempt}/${stage}/stage-finished`);
      },
    };
  }

  /** A new fencing token for this run of the task: whoever ran it before can move no branch any more. */
  async #lease(task: string): Promise<number> {
    const { ledger, log } = this.#parts;
    const stream = `lease/${task}`;
    const token = (await ledger.read(stream)).length + 1;
    const event = newEvent('nova.lease.granted', { task, workspace: task, token }, log.actor);
    await ledger.append(stream, [event], { expectedVersion: token - 1, key: `${stream}/${token}` });
    return token;
  }

  async #finish({ id: task, submission }: TaskView, result: Result): Promise<void> {
    const { board, blobs, ledger, log } = this.#parts;
    const view = await board.get(task);
    const cost = costOf(result.cost, view, await ledger.read(taskStream(task)));
    const hash = await putJson(blobs, { ...result, cost });
    const { outcome, code } = result;
    const findings = result.examined === null ? null : countFindings(result.review);
    const event = log.event('nova.task.finished', { task, outcome, code, result: hash, findings }, submission);
    await log.append(task, [event], `finish/${task}`);
  }

  /**
   * At a boundary everything stays as it is for whoever resumes; after a failure or an interruption what it holds is given
   * back. False when a cancellation came first: that is what is left to do then.
   */
  async #pause(view: TaskView, error: NovaError, orders: TaskOrders, kept: boolean): Promise<boolean> {
    const { board, log, ids, calls } = this.#parts;
    const { id: task, position } = view;
    orders.pauseIsSettled = true;
    if (!kept) await calls.release(task, ids.event());
    const reason = error.code === 'task.paused' ? error.message : `${error.code}: ${error.message}`;
    await log
      .append(task, [log.event('nova.task.paused', { task, reason })], `paused/${task}/${position}`)
      .catch((thrown: unknown) => writeLog('error', 'pause.unrecorded', { task, ...toNovaError(thrown).toRecord() }));
    return (await board.get(task)).state !== 'cancelling';
  }
}

function grantedRuns(request: TaskRequest): number {
  return request.kind === 'fix' ? request.budgetRuns : 0;
}

/** The exact pause: nothing was cut, so everything may stay as it is. */
function atBoundary(reason: string): NovaError {
  return new NovaError('task.paused', reason, { details: { atBoundary: true } });
}

function isAtBoundary(error: NovaError): boolean {
  return error.details?.['atBoundary'] === true;
}
