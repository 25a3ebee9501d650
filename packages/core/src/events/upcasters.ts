import type { z } from 'zod';
import { NovaError } from '../errors/nova-error.ts';
import { eventCatalogue } from './catalogue.ts';
import type { RecordedEvent } from './envelope.ts';

/** The event types that are known, with the present version and shape of their data. */
export type EventShapes = Readonly<Record<string, { readonly version: number; readonly data: z.ZodType }>>;

/** Lifts the data of one event type from one schema version to the next. Pure; never fails on what that version allowed. */
export interface Upcaster {
  readonly type: string;
  readonly from: number;
  readonly upcast: (data: Readonly<Record<string, unknown>>) => Record<string, unknown>;
}

/** One entry for every version that an event type has left behind. */
export const upcasters: readonly Upcaster[] = [
  {
    // Version 1 knew one kind of task, no queue and no forks.
    type: 'nova.task.submitted',
    from: 1,
    upcast: ({ request, ...data }) => ({
      ...data,
      request: { priority: 'normal', instance: null, ...(request as Record<string, unknown>) },
      origin: null,
    }),
  },
  {
    // Version 2 worked by what the ledger kept, masked or not.
    type: 'nova.task.submitted',
    from: 2,
    upcast: (data) => ({ ...data, sealed: null }),
  },
  {
    // Version 1 left it to the Result what a review found.
    type: 'nova.task.finished',
    from: 1,
    upcast: (data) => ({ ...data, findings: null }),
  },
];

/** Brings recorded events to the shape that this version of Nova works with. */
export interface EventReader {
  /** Rejects data that does not have the shape of its type, before it is recorded. Unknown types pass. */
  check(event: { readonly type: string; readonly schemaVersion: number; readonly data: unknown }): void;
  /** Lifts an event to the present version. An unknown type, or a version from the future, stays as it was recorded. */
  lift(event: RecordedEvent): RecordedEvent;
}

/** Builds the reader; a missing or doubled upcaster is found now, not when the old event is met. */
export function createEventReader(
  shapes: EventShapes = eventCatalogue,
  steps: readonly Upcaster[] = upcasters,
): EventReader {
  const byVersion = new Map<string, Upcaster>();
  for (const step of steps) {
    const name = `${step.type}@${step.from}`;
    if (byVersion.has(name)) throw new NovaError('internal', `Two upcasters are registered for ${name}.`);
    byVersion.set(name, step);
  }
  for (const [type, shape] of Object.entries(shapes)) {
    for (let version = 1; version < shape.version; version++) {
      if (!byVersion.has(`${type}@${version}`)) {
        throw new NovaError(
          'internal',
          `The event type ${type} is at version ${shape.version}; no upcaster from ${version}.`,
        );
      }
    }
  }
  return {
    check(event) {
      const shape = shapes[event.type];
      if (shape === undefined) return;
      if (event.schemaVersion !== shape.version) {
        throw new NovaError(
          'internal',
          `The event type ${event.type} is recorded at version ${shape.version}, not ${event.schemaVersion}. Nothing was recorded.`,
        );
      }
      const parsed = shape.data.safeParse(event.data);
      if (!parsed.success) {
        throw new NovaError(
          'internal',
          `The data of ${event.type} is not of its shape. Nothing was recorded. ${parsed.error.message}`,
        );
      }
    },
    lift(event) {
      const shape = shapes[event.type];
      if (shape === undefined || event.schemaversion > shape.version) return event;
      let lifted = event;
      while (lifted.schemaversion < shape.version) {
        const step = byVersion.get(`${lifted.type}@${lifted.schemaversion}`);
        if (step === undefined)
          throw new NovaError('internal', `No upcaster for ${lifted.type}@${lifted.schemaversion}.`);
        lifted = { ...lifted, schemaversion: lifted.schemaversion + 1, data: step.upcast(lifted.data) };
      }
      const parsed = shape.data.safeParse(lifted.data);
      if (!parsed.success) {
        throw new NovaError(
          'ledger.corrupt',
          `The event at position ${event.position} (${event.type}, version ${event.schemaversion}) does not have the shape of its version. ` +
            `Nothing was changed. Read it with the version of Nova that wrote it, or restore a backup. ${parsed.error.message}`,
          { details: { position: event.position } },
        );
      }
      return lifted;
    },
  };
}
