import { type Result, resultSchema, type Stage, type TaskRequest, taskRelease } from '@nova/core';
import type { z } from 'zod';
import type { Brief } from '../base/brief.ts';
import { captureRecord, type Ending, endingRecord, environmentRecord, type Records } from './records.ts';

/** What every team's state holds by the time its walk is over: hashes of records. */
interface Walked {
  readonly ending: string | null;
  readonly captured: string | null;
  readonly prepared: string | null;
}

/** Ends the sandboxes of a task and removes their clones; `stage` is the last one of its team. */
export async function releaseSandboxes(brief: Brief<TaskRequest>, attempt: number, stage: Stage): Promise<void> {
  await brief.desk.act({
    attempt,
    stage,
    intent: 'End the sandboxes and remove the clones',
    tool: taskRelease,
    input: { task: brief.task },
    sandbox: null,
  });
}

/** A cancelled task ends as cancelled, wherever its walk was cut; what was `done` before cannot be taken back. */
export async function afterCancel<State extends Pick<Walked, 'ending'>>(
  { brief, records }: { readonly brief: Brief<TaskRequest>; readonly records: Records },
  state: State,
  done: Ending['outcome'],
): Promise<State> {
  const { cancelled } = brief.desk;
  if (cancelled === null) return state;
  const reached = state.ending === null ? null : await records.get(state.ending, endingRecord);
  if (reached?.outcome === done) return state;
  const ending: Ending = { outcome: 'cancelled', code: 'task.cancelled', message: `Cancelled: ${cancelled}` };
  return { ...state, ending: await records.put(ending) };
}

/** Reads a record that a stage may not have come to. */
export async function readIfReached<Value>(
  records: Records,
  hash: string | null,
  schema: z.ZodType<Value>,
): Promise<Value | null> {
  return hash === null ? null : records.get(hash, schema);
}

/** What every Result says of its ending and of the copy and the dependencies that the work stood on. */
export async function readGround(records: Records, state: Walked) {
  const ending: Ending = (await readIfReached(records, state.ending, endingRecord)) ?? {
    outcome: 'failed',
    code: 'internal',
    message: 'The team stopped without an ending.',
  };
  const captured = await readIfReached(records, state.captured, captureRecord);
  const prepared = await readIfReached(records, state.prepared, environmentRecord);
  const base: Result['base'] = captured && baseSchema.parse(captured);
  const environment: Result['environment'] = prepared && environmentSchema.parse(prepared);
  const notCopied = (captured?.ignored ?? []).filter((path) => !isReplaced(path, prepared?.kinds ?? []));
  const gaps = [
    ...(prepared?.gaps ?? []),
    ...(notCopied.length > 0 ? [`ignored files were not copied: ${notCopied.slice(0, 10).join(', ')}`] : []),
  ];
  return { ending, captured, base, environment, gaps };
}

const baseSchema = resultSchema.shape.base.unwrap();
const environmentSchema = resultSchema.shape.environment.unwrap();

/** True for the person's dependencies when the prepared environment stands in their place. */
function isReplaced(path: string, kinds: readonly string[]): boolean {
  const name = path.replace(/\/$/, '').split('/').at(-1) ?? '';
  if (name === 'node_modules') return kinds.includes('npm');
  return /^(?:\.venv|venv|env)$/.test(name) && kinds.includes('python');
}
