import { readdirSync, readFileSync } from 'node:fs';

/** One process, told apart from any later one that gets the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between the machine's start and the process's start. */
  readonly startTime: string;
  /** The kernel's id of this run of the machine. */
  readonly boot: string;
}

interface ProcessStat {
  readonly parent: number;
  readonly group: number;
  readonly startTime: string;
}

/** Never searched for: a member of the family that was started without a group of its own shares the searcher's. */
const ownGroup = Number((readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1) ?? '').split(' ')[2]);

const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Synchronous, here and below: these files are memory, and a search must be quicker than what it looks for. */
function readProcessFile(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return null;
  }
}

function readStat(pid: number): ProcessStat | null {
  const text = readProcessFile(pid, 'stat');
  if (text === null) return null;
  // The name lies in parentheses and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group] = fields;
  const startTime = fields[19];
  if (state === undefined || startTime === undefined) return null;
  if (state === 'Z' || state === 'X') return null;
  return { parent: Number(parent), group: Number(group), startTime };
}

/** The identity of a process that lives now; null when there is none, or only a zombie. */
export function identify(pid: number): ProcessIdentity | null {
  const stat = readStat(pid);
  return stat === null ? null : { pid, startTime: stat.startTime, boot };
}

/** True while this very process runs; a zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identity.boot === boot && readStat(identity.pid)?.startTime === identity.startTime;
}

/** Signals this very process and no other; false when it is gone or not ours. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Resolves when this very process is gone. The kernel tells only parents, so it looks again and again. */
export async function whenGone(identity: ProcessIdentity, signal?: AbortSignal): Promise<void> {
  let pause = 5;
  while (!signal?.aborted && isAlive(identity)) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 1.5, 200);
  }
}

/**
 * Every living process that carries `name=value` in its environment, and what belongs to one of those: its children, its
 * process group. So those are found that left the group, the session or their parent, as well as those that
 * emptied their environment but not both. What other users own cannot be read and is left out.
 */
export function findFamily(name: string, value: string): ProcessIdentity[] {
  const marker = `${name}=${value}`;
  const living = readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry);
    const stat = Number.isInteger(pid) ? readStat(pid) : null;
    if (stat === null) return [];
    const marked = readProcessFile(pid, 'environ')?.split('\0').includes(marker) ?? false;
    return [{ pid, stat, marked }];
  });
  const family = new Set(living.filter((found) => found.marked).map((found) => found.pid));
  const groups = new Set<number>();
  for (let size = -1; size !== family.size; ) {
    size = family.size;
    for (const { pid, stat } of living) if (family.has(pid)) groups.add(stat.group);
    for (const { pid, stat } of living) {
      if (family.has(stat.parent) || (groups.has(stat.group) && stat.group !== ownGroup)) family.add(pid);
    }
    family.delete(process.pid);
  }
  return living.filter(({ pid }) => family.has(pid)).map(({ pid, stat }) => ({ pid, startTime: stat.startTime, boot }));
}

/**
 * Kills every process that `find` yields, until it yields none. They are stopped before they are killed, so that
 * one that forks without end cannot outrun the search.
 */
export async function killAll(find: () => ProcessIdentity[]): Promise<number> {
  const killed = new Set<string>();
  let pause = 1;
  for (;;) {
    const stopped = new Set<string>();
    for (;;) {
      const fresh = find().filter((identity) => !stopped.has(keyOf(identity)));
      if (fresh.length === 0) break;
      for (const identity of fresh) {
        stopped.add(keyOf(identity));
        signalProcess(identity, 'SIGSTOP');
      }
    }
    const doomed = find();
    if (doomed.length === 0) return killed.size;
    for (const identity of doomed) {
      killed.add(keyOf(identity));
      signalProcess(identity, 'SIGKILL');
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, 100);
  }
}

function keyOf(identity: ProcessIdentity): string {
  return `${identity.pid}:${identity.startTime}`;
}
