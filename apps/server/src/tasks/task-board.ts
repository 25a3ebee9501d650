import { foldTask, NovaError, type TaskView } from '@nova/core';
import type { Ledger } from '@nova/messaging';

/** The views of all tasks: a fold of the ledger, caught up with it at every look. */
export class TaskBoard {
  readonly #ledger: Ledger;
  readonly #views = new Map<string, TaskView>();
  #position = 0;
  #catchingUp: Promise<void> | null = null;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Newest first, by the ledger: a clock that was set back changes nothing. */
  async all(): Promise<TaskView[]> {
    await this.#catchUp();
    return [...this.#views.values()].reverse();
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
        this.#position = event.position;
      }
    }
  }
}
