import { foldTask, NovaError, type RecordedEvent, type TaskView } from '@nova/core';
import type { Ledger } from '@nova/messaging';

/** The views of all tasks: a fold of the ledger, caught up with it at every look. */
export class TaskBoard {
  readonly #ledger: Ledger;
  readonly #views = new Map<string, TaskView>();
  /** The blobs that the events of each task name. */
  readonly #blobs = new Map<string, Set<string>>();
  #position = 0;
  #catchingUp: Promise<void> | null = null;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Newest first. */
  async all(): Promise<TaskView[]> {
    await this.#catchUp();
    // By the order of their submissions in the ledger: a clock can be set back.
    return [...this.#views.values()].reverse();
  }

  /** True when a recorded event of this task names the blob: as an input, an outcome or its Result. */
  async namesBlob(id: string, hash: string): Promise<boolean> {
    const { id: task } = await this.get(id);
    return this.#blobs.get(task)?.has(hash) ?? false;
  }

  /** A unique beginning of an id is enough; `latest` names the newest task. Rejects with `task.unknown`. */
  async get(id: string): Promise<TaskView> {
    const all = await this.all();
    const exact = id === 'latest' ? all[0] : this.#views.get(id);
    if (exact) return exact;
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
        if (view) this.#noteBlobs(view.id, event);
        this.#position = event.position;
      }
    }
  }

  #noteBlobs(task: string, { data }: RecordedEvent): void {
    for (const hash of [data['input'], data['output'], data['result']]) {
      if (typeof hash !== 'string') continue;
      const named = this.#blobs.get(task) ?? new Set();
      this.#blobs.set(task, named.add(hash));
    }
  }
}
