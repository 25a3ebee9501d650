import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEventReader, type RecordedEvent, recordedEventSchema } from '@nova/core';

const reader = createEventReader();

/** The names of all recorded histories. */
export const histories: readonly string[] = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.jsonl'));

/** A recorded history as this version reads it. */
export function readHistory(name = '0002-queued-forked-fix.jsonl'): RecordedEvent[] {
  return readFileSync(join(import.meta.dirname, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => reader.lift(recordedEventSchema.parse(JSON.parse(line))));
}
