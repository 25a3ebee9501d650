import { hash } from 'node:crypto';
import { eventCatalogue, eventData, NovaError, toNovaError } from '@nova/core';
import { canonicalJson, type Ledger } from '@nova/messaging';
import { log } from '../log.ts';

/** What a write is about and what it answers. */
export interface KeyedAnswer {
  readonly task: string;
  readonly answer: unknown;
}

interface UnderWay {
  readonly asked: string;
  readonly answer: Promise<unknown>;
}

/**
 * Answers a repeated write as the first time, also after a restart. What the write does must itself be repeatable with its key: a
 * server that dies between doing and answering does it again.
 */
export class KeyedAnswers {
  readonly #ledger: Ledger;
  readonly #actor: string;
  readonly #underWay = new Map<string, UnderWay>();

  constructor(ledger: Ledger, actor: string) {
    this.#ledger = ledger;
    this.#actor = actor;
  }

  /** Rejects with `ledger.key_reused` when the key belongs to something else that was asked. A failure is not kept. */
  async answer(
    key: string,
    what: Readonly<Record<string, unknown>>,
    act: () => Promise<KeyedAnswer>,
  ): Promise<unknown> {
    const asked = hash('sha256', canonicalJson(what));
    const running = this.#underWay.get(key);
    if (running) {
      if (running.asked !== asked) throw reused(key);
      return running.answer;
    }
    const answer = this.#answer(key, asked, act);
    this.#underWay.set(key, { asked, answer });
    try {
      return await answer;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #answer(key: string, asked: string, act: () => Promise<KeyedAnswer>): Promise<unknown> {
    const stream = `request/${hash('sha256', key)}`;
    const [recorded] = await this.#ledger.read(stream, { limit: 1 });
    const before = recorded && eventData(recorded, 'nova.request.answered');
    if (before) {
      if (before.asked !== asked) throw reused(key);
      return before.answer;
    }
    const { task, answer } = await act();
    const type = 'nova.request.answered';
    const event = {
      type,
      schemaVersion: eventCatalogue[type].version,
      data: { task, asked, answer },
      tenant: 'local',
      actor: this.#actor,
      cause: null,
      traceparent: null,
    };
    await this.#ledger.append(stream, [event], { expectedVersion: 0, key: stream }).catch((thrown: unknown) => {
      // It is done and stays done; only a repetition is answered anew.
      log('error', 'answer.unrecorded', { stream, ...toNovaError(thrown).toRecord() });
    });
    return answer;
  }
}

function reused(key: string): NovaError {
  return new NovaError(
    'ledger.key_reused',
    `The Idempotency-Key ${key} was used for something else. Nothing was done; take a new key for a new wish.`,
  );
}
