import { hash } from 'node:crypto';
import { type EventData, type EventType, eventCatalogue, type NewEvent } from '@nova/core';

/** The W3C trace context of a task: one trace from its submission to its Result, over every death in between. */
export function traceOf(task: string): string {
  const digest = hash('sha256', task);
  return `00-${digest.slice(0, 32)}-${digest.slice(32, 48)}-01`;
}

/** An event of the catalogue, ready to be recorded by this server for the local tenant; `cause` is the event that led to it. */
export function newEvent<Type extends EventType>(
  type: Type,
  data: EventData<Type>,
  actor: string,
  cause: string | null = null,
): NewEvent {
  return {
    type,
    schemaVersion: eventCatalogue[type].version,
    data,
    tenant: 'local',
    actor,
    cause,
    traceparent: traceOf(data.task),
  };
}
