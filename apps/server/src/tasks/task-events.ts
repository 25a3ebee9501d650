import { type EventData, type EventType, eventCatalogue, type NewEvent } from '@nova/core';

/** An event of the catalogue, ready to be recorded by this server for the local tenant. */
export function newEvent<Type extends EventType>(type: Type, data: EventData<Type>, actor: string): NewEvent {
  return {
    type,
    schemaVersion: eventCatalogue[type].version,
    data,
    tenant: 'local',
    actor,
    cause: null,
    traceparent: null,
  };
}
