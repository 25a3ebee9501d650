import { styleText } from 'node:util';
import type { WatchItem } from '@nova/client';
import { eventData, printable, type RecordedEvent, type Stage } from '@nova/core';
import { size } from './amounts.ts';
import { clip, lineColumns } from './columns.ts';

/** Shows a running task on standard error: a line a stage, and on a terminal one line below that lives. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #quiet: boolean;
  readonly #intents = new Map<string, string>();
  #stage: { stage: Stage; attempt: number; since: number } | null = null;
  #live = '';

  constructor(stream: NodeJS.WriteStream, quiet: boolean) {
    this.#stream = stream;
    this.#quiet = quiet;
  }

  show(item: WatchItem): void {
    if (this.#quiet) return;
    if (item.kind === 'activity') {
      const intent = this.#intents.get(item.callId);
      if (!intent) return;
      const share = item.done !== null && item.total ? ` ${item.done}/${item.total}` : '';
      const printed = item.outputBytes ? ` · ${size(item.outputBytes)} printed` : '';
      this.#draw(`${printable(item.message ?? intent)}${share}${printed}`);
      return;
    }
    const { event } = item;
    this.#turned(event);
    const started = eventData(event, 'nova.stage.started');
    if (started) {
      this.#stage = { stage: started.stage, attempt: started.attempt, since: Date.parse(event.time) };
      this.#draw('');
    }
    const finished = eventData(event, 'nova.stage.finished');
    // A long message is printed whole with the report; here a line is enough.
    if (finished) this.#stageEnded(finished.stage, firstLine(finished.summary), Date.parse(event.time));
    const call = eventData(event, 'nova.journal.started');
    if (call) {
      this.#intents.set(call.callId, call.intent);
      this.#draw(printable(call.intent));
    }
  }

  /** A line that stays. */
  say(text: string): void {
    if (this.#quiet) return;
    this.#erase();
    this.#stream.write(`${text}\n`);
  }

  end(): void {
    this.#erase();
  }

  /** What the whole task does, where it is not simply going on. */
  #turned(event: RecordedEvent): void {
    const waiting = eventData(event, 'nova.task.waiting');
    if (waiting) this.say(`queued: ${firstLine(waiting.reason)}`);
    const pausing = eventData(event, 'nova.task.pausing');
    if (pausing) this.say(`pausing: ${firstLine(pausing.reason)}`);
    const cancelling = eventData(event, 'nova.task.cancelling');
    if (cancelling) this.say(`cancelling: ${firstLine(cancelling.reason)}`);
    const assigned = eventData(event, 'nova.task.assigned');
    // An instance that was made for the task alone has no name worth a line.
    if (assigned && assigned.instance !== assigned.task) this.say(`carried by ${printable(assigned.instance)}`);
  }

  #stageEnded(stage: Stage, summary: string, at: number): void {
    const since = this.#stage?.stage === stage ? this.#stage.since : at;
    const attempt = (this.#stage?.attempt ?? 1) > 1 ? ` (attempt ${this.#stage?.attempt})` : '';
    const seconds = `${((at - since) / 1000).toFixed(1)} s`.padStart(8);
    this.say(`${styleText('bold', stage.padEnd(12), { stream: this.#stream })}${seconds}  ${summary}${attempt}`);
  }

  #draw(text: string): void {
    if (!this.#stream.isTTY || !this.#stage) return;
    const head = `${this.#stage.stage.padEnd(12)}      …   `;
    const line = head + clip(text, lineColumns(this.#stream) - head.length);
    if (line === this.#live) return;
    this.#erase();
    this.#stream.write(styleText('dim', line, { stream: this.#stream }));
    this.#live = line;
  }

  #erase(): void {
    if (this.#live === '') return;
    this.#stream.write('\r\x1b[2K');
    this.#live = '';
  }
}

function firstLine(text: string): string {
  return printable(text.trim().split('\n', 1)[0] ?? '');
}
