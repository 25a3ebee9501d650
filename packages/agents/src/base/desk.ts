import {
  type Isolation,
  isolationSchema,
  type SandboxSpec,
  type Stage,
  type ToolCaller,
  type ToolManifest,
} from '@nova/core';
import type { Journal } from '@nova/messaging';
import { z } from 'zod';

/** One act of an agent: a tool, its input, and where in the task it happens. */
export interface Act<Input, Output> {
  readonly attempt: number;
  readonly stage: Stage;
  /** What the agent is about to do, in words for a person. */
  readonly intent: string;
  readonly tool: ToolManifest<Input, Output>;
  readonly input: Input;
  readonly sandbox: SandboxSpec | null;
}

/** What an act brought: the tool's output, what isolated it and how long it took, all as recorded. */
export interface Acted<Output> {
  readonly output: Output;
  readonly isolation: Isolation | null;
  readonly seconds: number;
}

/**
 * Where an agent of one task works: the only way to act, each act under its own call id and through the journal.
 * Rejects with the tool's `NovaError`; an interrupted act rejects with the interruption and is settled when repeated.
 */
export interface Desk {
  act<Input, Output>(act: Act<Input, Output>): Promise<Acted<Output>>;
  readonly signal: AbortSignal;
  /** Why the task is being wound up: acts that are not recorded are refused. Null while it goes on. */
  readonly cancelled: string | null;
  /** How often the kernel has ended a process of this task because a sandbox's memory ran out, by stage; counted from recorded outcomes. */
  readonly memoryKills: ReadonlyMap<Stage, number>;
}

/** What a desk is made of. */
export interface DeskParts {
  readonly task: string;
  readonly journal: Journal;
  readonly call: ToolCaller;
  /** The fencing token under which this run of the task may move branches. */
  readonly leaseToken: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export function createDesk(parts: DeskParts): Desk {
  const ordinals = new Map<string, number>();
  const memoryKills = new Map<Stage, number>();

  function nextCallId(act: Act<never, never> | Act<unknown, unknown>): string {
    const name = `${parts.task}/${act.attempt}/${act.stage}/${act.tool.name}`;
    const ordinal = (ordinals.get(name) ?? 0) + 1;
    ordinals.set(name, ordinal);
    return `${name}/${ordinal}`;
  }

  return {
    signal: parts.signal,
    cancelled: null,
    memoryKills,
    async act<Input, Output>(act: Act<Input, Output>): Promise<Acted<Output>> {
      // The ordinal is taken before the first await, so that parallel acts get theirs in the order they were begun.
      const callId = nextCallId(act as Act<unknown, unknown>);
      const answerSchema = z.object({
        output: act.tool.output,
        isolation: isolationSchema.nullable(),
        seconds: z.number(),
        memoryKills: z.number().default(0),
      });
      const answer = await parts.journal.run(
        {
          callId,
          intent: act.intent,
          repeat: act.tool.repeat,
          input: { tool: act.tool.name, input: act.input, sandbox: act.sandbox },
          schema: answerSchema,
        },
        async (signal) => {
          const begun = parts.now();
          const called = await parts.call(act.tool, act.input, {
            callId,
            sandbox: act.sandbox,
            leaseToken: parts.leaseToken,
            signal,
          });
          return { ...called, seconds: (parts.now() - begun) / 1000 };
        },
        parts.signal,
      );
      if (answer.memoryKills > 0) {
        memoryKills.set(act.stage, (memoryKills.get(act.stage) ?? 0) + answer.memoryKills);
      }
      return answer as Acted<Output>;
    },
  };
}
