import { readdirSync, readFileSync } from 'node:fs';
import { NovaError } from '@nova/core';

/** How long what was killed may take to be gone: a process that writes to a slow disk ends when it has written. */
const patienceMs = 20_000;
const longestName = 160;

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Carries the sandbox's marker in its environment, or the kernel counts it to the sandbox's control group. */
  readonly marked: boolean;
}

/**
 * Kills what commands left behind: in a process-id namespace of our own everything else, otherwise whatever carries the
 * sandbox's marker, is in its control group, or descends from one that does. Resolves to the command lines of what was
 * killed, once all of it is gone; rejects with `sandbox.limit` when some of it cannot be ended.
 */
export async function killStrays(marker: string | undefined): Promise<string[]> {
  const killed = new Map<number, string>();
  if (marker === undefined) return [];
  const walled = environmentOf(1).includes(variable(marker));
  const until = performance.now() + patienceMs;
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const strays = findStrays(marker, walled);
    if (strays.length === 0) return [...killed.values()];
    // First all stand still, so that none of them makes another while the rest is killed.
    for (const pid of strays) signal(pid, 'SIGSTOP');
    for (const pid of strays) {
      const known = killed.get(pid);
      if (known === undefined || known === '') killed.set(pid, commandLine(pid));
      signal(pid, 'SIGKILL');
    }
    // Behind walls the kernel can do it at once for all but the first process and us: no chain of forks outruns it.
    if (walled && process.ppid === 1) signal(-1, 'SIGKILL');
    if (performance.now() > until) throw cannotEnd([...killed.values()]);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Synchronous, here and below: these files are memory, and a search must be quicker than what it looks for. */
function findStrays(marker: string, walled: boolean): number[] {
  const living = new Map<number, Process>();
  for (const entry of readdirSync('/proc')) {
    const found = /^\d+$/.test(entry) ? describe(Number(entry), marker, walled) : null;
    if (found !== null) living.set(found.pid, found);
  }
  const spared = new Set<number>([1]);
  for (let pid = process.pid; pid > 1 && !spared.has(pid); pid = living.get(pid)?.parent ?? 0) spared.add(pid);
  const isStray = (one: Process): boolean => {
    const seen = new Set<number>();
    for (let next: Process | undefined = one; next !== undefined; next = living.get(next.parent)) {
      if (spared.has(next.pid) || seen.has(next.pid)) return false;
      if (walled || next.marked) return true;
      seen.add(next.pid);
    }
    return false;
  };
  return [...living.values()].filter(isStray).map(({ pid }) => pid);
}

function describe(pid: number, marker: string, walled: boolean): Process | null {
  const stat = read(pid, 'stat');
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat === '' || state === 'Z' || state === 'X') return null;
  const marked = walled || environmentOf(pid).includes(variable(marker)) || read(pid, 'cgroup').includes(marker);
  return { pid, parent: Number(parent), marked };
}

function variable(marker: string): string {
  return `NOVA_SANDBOX=${marker}`;
}

function environmentOf(pid: number): string[] {
  return read(pid, 'environ').split('\0');
}

function commandLine(pid: number): string {
  return read(pid, 'cmdline').replaceAll('\0', ' ').trim().slice(0, longestName);
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself meanwhile.
  }
}

function cannotEnd(names: readonly string[]): NovaError {
  return new NovaError(
    'sandbox.limit',
    `The tests left processes running that could not be ended within ${patienceMs / 1000} seconds: ${names.join('; ')}. The repository is untouched. Make the tests end what they start, then run the task again.`,
    { details: { limit: 'processes', left: names } },
  );
}
