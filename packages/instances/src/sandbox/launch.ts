import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Isolation, NovaError } from '@nova/core';
import { z } from 'zod';
import { readIfThere, writeWhole } from '../supervision/atomic-file.ts';
import {
  findFamily,
  identify,
  isAlive,
  killAll,
  type ProcessIdentity,
  signalProcess,
  whenGone,
} from '../supervision/processes.ts';
import {
  type ControlGroup,
  type ControlGroupSupport,
  findControlGroups,
  makeControlGroup,
  planControlGroup,
  takeControlGroup,
} from './cgroup.ts';
import { type SandboxEnd, type SandboxProcess, type SandboxStart, wasKilled } from './driver.ts';

/** Carried by every process of a sandbox, so that one is found wherever it went. */
export const sandboxMarker = 'NOVA_SANDBOX';

const identitySchema = z.object({ pid: z.number().int(), startTime: z.string(), boot: z.string() });
const placeSchema = z.object({ folder: z.string(), version: z.enum(['cgroup-v2', 'cgroup-v1']) });
const recordSchema = z.object({
  id: z.string(),
  marker: z.string(),
  group: z.object({ memory: placeSchema.nullable(), processes: placeSchema.nullable() }),
  /** Null until the processes exist: a record like this is a start that was cut short. */
  processes: z.array(identitySchema).nullable(),
  isolation: z.unknown(),
});
type LaunchRecord = z.infer<typeof recordSchema>;

/** What differs between drivers that start a process tree directly. */
export interface LaunchPlan {
  readonly command: readonly string[];
  readonly workingFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  /**
   * True: the command writes a JSON object with the pid of its innermost process, `child-pid`, to file descriptor 3, and that
   * process writes something to file descriptor 4 once its walls stand.
   */
  readonly reportsChild: boolean;
  isolation(group: ControlGroup): Isolation;
}

/** Starts process trees, keeps a record of each on disk, and finds them again. */
export class Launcher {
  readonly #records: string;
  #support: Promise<ControlGroupSupport> | undefined;

  /** `records` is a folder of this driver alone. */
  constructor(records: string) {
    this.#records = records;
  }

  async launch(request: SandboxStart, plan: (marker: string) => LaunchPlan): Promise<SandboxProcess> {
    await mkdir(this.#records, { recursive: true });
    const name = nameOf(request.id);
    const marker = `${name}-${randomUUID()}`;
    const support = await this.#groups();
    const record: LaunchRecord = {
      id: request.id,
      marker,
      group: planControlGroup(support, `nova-${marker}`),
      processes: null,
      isolation: null,
    };
    // The intention goes to disk first: a start cut short anywhere is found by its marker.
    await this.#save(record);
    const group = await makeControlGroup(record.group, request.limits, support.reason);
    const tree = new Tree(request.id, marker, group, () => this.#forget(request.id, marker));
    try {
      const { command, workingFolder, environment, reportsChild, isolation } = plan(marker);
      const started = await spawnJoined({ command, workingFolder, environment, reportsChild, group, log: request.log });
      const walls = isolation(group);
      await this.#save({ ...record, processes: [...started.identities], isolation: walls });
      return tree.running(started.identities, walls, started.exit);
    } catch (error) {
      await tree.kill([]);
      if (error instanceof NovaError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new NovaError(
        'sandbox.unavailable',
        `The sandbox did not start: ${reason} Nothing of it is left; "nova doctor" shows what this machine lacks.`,
        { cause: error },
      );
    }
  }

  async adopt(id: string, isolationOf: (value: unknown) => Isolation | null): Promise<SandboxProcess | null> {
    const text = await readIfThere(this.#recordPath(id));
    const record = text === null ? null : parseRecord(text);
    if (record === null) return null;
    const group = takeControlGroup(record.group);
    const tree = new Tree(id, record.marker, group, () => this.#forget(id, record.marker));
    const walls = isolationOf(record.isolation);
    const processes = record.processes ?? [];
    if (processes.length === 0 || walls === null || !processes.every(isAlive)) {
      await tree.kill(processes);
      return null;
    }
    return tree.running(processes, walls, null);
  }

  /** Removes the record, unless a later sandbox of the same id has written its own. */
  async #forget(id: string, marker: string): Promise<void> {
    const path = this.#recordPath(id);
    const text = await readIfThere(path);
    if (text !== null && parseRecord(text)?.marker === marker) await rm(path, { force: true });
  }

  #groups(): Promise<ControlGroupSupport> {
    this.#support ??= findControlGroups();
    return this.#support;
  }

  #recordPath(id: string): string {
    return join(this.#records, `${nameOf(id)}.json`);
  }

  #save(record: LaunchRecord): Promise<void> {
    return writeWhole(this.#recordPath(record.id), JSON.stringify(record));
  }
}

/** Ids may hold any character and have any length; a file's name may not. */
function nameOf(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 24);
}

function parseRecord(text: string): LaunchRecord | null {
  try {
    return recordSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

interface Spawned {
  /** The process that was spawned, then the innermost one where it is another. */
  readonly identities: readonly ProcessIdentity[];
  readonly exit: Promise<{ exitCode: number | null; signal: string | null }>;
}

/** Joins the control groups before anything of the sandbox runs, in a shell that then becomes the command. */
const joinThenRun =
  'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1" || exit 97; shift; n=$((n-1)); done; exec "$@"';

async function spawnJoined(request: {
  command: readonly string[];
  workingFolder: string;
  environment: Readonly<Record<string, string>>;
  reportsChild: boolean;
  group: ControlGroup;
  log: string;
}): Promise<Spawned> {
  const log = await open(request.log, 'a', 0o600);
  try {
    const files = request.group.joinFiles;
    const child = spawn('/bin/sh', ['-c', joinThenRun, 'sh', String(files.length), ...files, ...request.command], {
      cwd: request.workingFolder,
      env: { ...request.environment },
      detached: true,
      stdio: ['ignore', log.fd, log.fd, ...(request.reportsChild ? (['pipe', 'pipe'] as const) : [])],
    });
    const exit = new Promise<{ exitCode: number | null; signal: string | null }>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
    exit.catch(() => {});
    const outer = child.pid === undefined ? null : identify(child.pid);
    const inside = request.reportsChild ? await reportedChild(child) : child.pid;
    if (outer === null || inside === undefined) {
      const end = await exit;
      const how = `it ended at once (${end.signal ?? `exit code ${end.exitCode}`}). ${await tail(request.log)}`;
      if (!wasKilled(end)) throw new Error(how);
      throw new NovaError(
        'sandbox.lost',
        `The sandbox was killed while it started: ${how} The same call makes a fresh one.`,
      );
    }
    // Null when its command was so short that it is over already.
    const inner = inside === outer.pid ? null : identify(inside);
    return { identities: inner === null ? [outer] : [outer, inner], exit };
  } finally {
    await log.close();
  }
}

/** The process id of the innermost process once its walls stand; undefined when they could not be made. */
async function reportedChild(child: ChildProcess): Promise<number | undefined> {
  const [report, standing] = [child.stdio[3], child.stdio[4]] as (Readable | null | undefined)[];
  let text = '';
  for await (const chunk of report ?? []) text += String(chunk);
  const pid = /"child-pid"\s*:\s*(\d+)/.exec(text)?.[1];
  // Ends without a word when the walls could not be made.
  for await (const _ of standing ?? []) return pid === undefined ? undefined : Number(pid);
  return undefined;
}

async function tail(path: string): Promise<string> {
  const text = (await readIfThere(path)) ?? '';
  return text.trim().slice(-2000);
}

/** One process tree, however it was found. */
class Tree {
  readonly #id: string;
  readonly #marker: string;
  readonly #group: ControlGroup;
  readonly #forget: () => Promise<void>;

  constructor(id: string, marker: string, group: ControlGroup, forget: () => Promise<void>) {
    this.#id = id;
    this.#marker = marker;
    this.#group = group;
    this.#forget = forget;
  }

  running(
    identities: readonly ProcessIdentity[],
    isolation: Isolation,
    exit: Promise<{ exitCode: number | null; signal: string | null }> | null,
  ): SandboxProcess {
    const watch = async (): Promise<SandboxEnd> => {
      const end = exit === null ? { exitCode: null, signal: null } : await exit;
      // The first to go takes the others along: a wrapper without its inside is of no use, nor the reverse.
      if (exit === null) await Promise.race(identities.map((identity) => whenGone(identity)));
      const kills = await this.#group.memoryKills();
      await this.kill(identities);
      return { ...end, limit: kills > 0 && end.exitCode !== 0 ? 'memory' : null };
    };
    const ended = watch();
    const end = async (): Promise<void> => {
      for (const identity of identities.toReversed()) signalProcess(identity, 'SIGKILL');
      await ended;
    };
    return {
      id: this.#id,
      isolation,
      ended,
      memoryKills: () => this.#group.memoryKills(),
      end,
      [Symbol.asyncDispose]: end,
    };
  }

  /** Ends whatever is left, waits until the last process is gone, then removes group and record. */
  async kill(identities: readonly ProcessIdentity[]): Promise<void> {
    // Innermost first: with the first process of a process-id namespace the kernel ends all others in it.
    for (const identity of identities.toReversed()) {
      signalProcess(identity, 'SIGKILL');
      await whenGone(identity);
    }
    await killAll(() => findFamily(sandboxMarker, this.#marker));
    await this.#group.remove();
    await this.#forget();
  }
}
