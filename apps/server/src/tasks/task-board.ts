import { foldTask, NovaError, type RecordedEvent, type TaskView } from '@nova/core';
import type { LedgerReader } from '@nova/messaging';

/** The views of all tasks: a fold of the ledger, caught up with it at every look. */
export class TaskBoard {
  readonly #ledger: Pick<LedgerReader, 'readAll'>;
  readonly #views = new Map<string, TaskView>();
  readonly #blobs = new Set<string>();
  #position = 0;
  #catchingUp: Promise<void> | null = null;

  constructor(ledger: Pick<LedgerReader, 'readAll'>) {
    this.#ledger = ledger;
  }

  /** Newest first. */
  async all(): Promise<TaskView[]> {
    await this.#catchUp();
    // By the order of their submissions in the ledger: a clock can be set back.
    return [...this.#views.values()].reverse();
  }

  /** True when a recorded event of a task names the blob: as an input, an outcome or its Result. */
  async namesBlob(hash: string): Promise<boolean> {
    await this.#catchUp();
    return this.#blobs.has(hash);
  }

  /** A unique beginning of an id is enough; `latest` names the newest task. Rejects with `task.unknown`. */
  async get(id: string): Promise<TaskView> {
    await this.#catchUp();
    const known = this.#views.get(id);
    if (known) return known;
    const all = await this.all();
    if (id === 'latest' && all[0]) return all[0];
    const matches = id === '' ? [] : all.filter((view) => view.id.startsWith(id));
    const [only] = matches;
    if (only && matches.length === 1) return only;
    throw new NovaError(
      'task.unknown',
      matches.length === 0
        ? `There is no task ${id}. \`nova tasks\` lists them.`
        : `${id} could be ${matches.map((view) => view.id).join(' or ')}. Write more of it.`,
    );
  }

  #catchUp(): Promise<void> {
    this.#catchingUp ??= this.#read().finally(() => {
      this.#catchingUp = null;
    });
    return this.#catchingUp;
  }

  async #read(): Promise<void> {
    for (;;) {
      const events = await this.#ledger.readAll({ after: this.#position });
      if (events.length === 0) return;
      for (const event of events) {
        const [kind, id] = event.subject.split('/', 2);
        const view = kind === 'task' && id !== undefined ? foldTask(this.#views.get(id) ?? null, event) : null;
        if (view) this.#views.set(view.id, view);
        if (view) this.#noteBlobs(event);
        this.#position = event.position;
      }
    }
  }

  #noteBlobs({ data }: RecordedEvent): void {
    for (const hash of [data['input'], data['output'], data['result']]) {
      if (typeof hash === 'string') this.#blobs.add(hash);
    }
  }
}
