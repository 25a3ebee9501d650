import { readdirSync, readFileSync } from 'node:fs';

/** A process as the kernel shows it. */
export interface SeenProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly environment: string;
}

/** Every process that can be looked at now. */
export function allProcesses(): SeenProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid)) return [];
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z') return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return [{ pid, parent: Number(parent), command, environment: readText(`/proc/${pid}/environ`) }];
    } catch {
      // It ended while it was looked at.
      return [];
    }
  });
}

/** Nova's processes that work on this data folder, by what they are. */
export function novaProcesses(home: string): {
  server: number[];
  host: number[];
  runner: number[];
  all: SeenProcess[];
} {
  const seen = allProcesses();
  const byPid = new Map(seen.map((process) => [process.pid, process]));
  const belongs = (process: SeenProcess | undefined): boolean =>
    process !== undefined &&
    process.pid > 1 &&
    (process.command.includes(home) || process.environment.includes(home) || belongs(byPid.get(process.parent)));
  const ours = seen.filter((process) => process.pid !== globalThis.process.pid && belongs(process));
  const running = (entry: string) =>
    ours.filter((process) => process.command.includes(entry) && !process.command.startsWith('bwrap')).map((p) => p.pid);
  return {
    server: running('apps/server/src/main.ts'),
    host: running('apps/host/src/main.ts'),
    runner: running('apps/runner/src/main.ts'),
    all: ours,
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
