import { z } from 'zod';

/** A fact to be recorded, before the ledger has given it a place. */
export interface NewEvent {
  readonly type: string;
  /** Version of the shape of `data`; raised when the shape changes, with an upcaster. */
  readonly schemaVersion: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly tenant: string;
  /** Who did it: `person/<name>`, `agent/<role>/<instance>`, `system/<part>`. */
  readonly actor: string;
  /** Id of the event that led to this one, or null. */
  readonly cause: string | null;
  /** W3C trace context, or null. */
  readonly traceparent: string | null;
}

/** CloudEvents 1.0 in its JSON form, with Nova's extension attributes (lower case, as the standard asks). */
export const recordedEventSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string(),
  source: z.string(),
  type: z.string(),
  /** RFC 3339, UTC. */
  time: z.string(),
  subject: z.string(),
  datacontenttype: z.literal('application/json'),
  schemaversion: z.number().int().positive(),
  tenant: z.string(),
  actor: z.string(),
  cause: z.string().nullable(),
  traceparent: z.string().nullable(),
  /** The event's place in its stream, from 1, without gaps. */
  streamversion: z.number().int().positive(),
  /** The event's place among all events, rising; gaps are possible. */
  position: z.number().int().positive(),
  data: z.record(z.string(), z.unknown()),
});
export type RecordedEvent = z.infer<typeof recordedEventSchema>;
