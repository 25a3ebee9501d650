import { readdir, readFile } from 'node:fs/promises';

/**
 * Kills what the commands of a call left behind: in a process-id namespace of our own everything else, otherwise
 * whatever carries the sandbox's marker. Returns how many were killed.
 */
export async function killStrays(marker: string | undefined): Promise<number> {
  const killed = new Set<number>();
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const strays = await findStrays(marker);
    if (strays.length === 0) return killed.size;
    for (const pid of strays) signal(pid, 'SIGSTOP');
    for (const pid of strays) {
      signal(pid, 'SIGKILL');
      killed.add(pid);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function findStrays(marker: string | undefined): Promise<number[]> {
  const entries = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const processes = await Promise.all(entries.map((entry) => describe(Number(entry), marker)));
  const living = processes.filter((found) => found !== null);
  const parents = new Map(living.map((found) => [found.pid, found.parent]));
  const spared = new Set<number>([1]);
  for (let pid: number | undefined = process.pid; pid !== undefined && !spared.has(pid); pid = parents.get(pid)) {
    spared.add(pid);
  }
  const walled = await isFirstProcessOurs(marker);
  return living.filter((found) => !spared.has(found.pid) && (walled || found.marked)).map((found) => found.pid);
}

/** True when process 1 carries the same marker: then all that can be seen belongs to this sandbox. */
async function isFirstProcessOurs(marker: string | undefined): Promise<boolean> {
  if (marker === undefined) return false;
  return (await environmentOf(1)).includes(`NOVA_SANDBOX=${marker}`);
}

async function describe(
  pid: number,
  marker: string | undefined,
): Promise<{ pid: number; parent: number; marked: boolean } | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return null;
    const marked = marker !== undefined && (await environmentOf(pid)).includes(`NOVA_SANDBOX=${marker}`);
    return { pid, parent: Number(parent), marked };
  } catch {
    return null;
  }
}

async function environmentOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return text.split('\0');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself meanwhile.
  }
}
