import type { EventData, EventType, NewEvent } from '@nova/core';
import { NovaError } from '@nova/core';
import { type AppendOutcome, type Ledger, taskStream } from '@nova/messaging';
import { newEvent } from './task-events.ts';

/** A stream never has this version: an append that expects it is refused unless its key was used before. */
const noVersion = Number.MAX_SAFE_INTEGER;

/** Records what happens to tasks, in the name of one actor. */
export class TaskLog {
  readonly #ledger: Ledger;
  readonly actor: string;

  constructor(ledger: Ledger, actor: string) {
    this.#ledger = ledger;
    this.actor = actor;
  }

  event<Type extends EventType>(type: Type, data: EventData<Type>, cause: string | null = null): NewEvent {
    return newEvent(type, data, this.actor, cause);
  }

  append(task: string, events: readonly NewEvent[], key: string): Promise<AppendOutcome> {
    return this.#ledger.append(taskStream(task), events, { expectedVersion: 'any', key });
  }

  /** True when exactly these events were recorded under this key; rejects with `ledger.key_reused` when others were. */
  async isRecorded(task: string, events: readonly NewEvent[], key: string): Promise<boolean> {
    try {
      await this.#ledger.append(taskStream(task), events, { expectedVersion: noVersion, key });
      return true;
    } catch (thrown) {
      if (thrown instanceof NovaError && thrown.code === 'ledger.conflict') return false;
      throw thrown;
    }
  }
}
