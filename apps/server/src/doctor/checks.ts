import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';

/** One thing looked at on this machine. `missing` blocks work, `weak` is below what is recommended. */
export interface Check {
  readonly name: string;
  readonly found: string;
  readonly minimum: string;
  readonly recommended: string;
  readonly state: 'good' | 'weak' | 'missing';
  /** What to type to mend it; null when nothing is to be done. */
  readonly remedy: string | null;
}

const gibibyte = 1024 ** 3;
/** Recommended sizes are the specification's development environment; minimum sizes are what one task needs. */
const sizes = {
  cores: { minimum: 2, recommended: 16 },
  memoryGib: { minimum: 4, recommended: 64 },
  diskGib: { minimum: 5, recommended: 500 },
};

/** Looks at the machine; starts nothing that stays. */
export function machineChecks(dataRoot: string): Check[] {
  return [
    operatingSystem(),
    size('processor cores', cpus().length, sizes.cores, ''),
    size('memory', totalmem() / gibibyte, sizes.memoryGib, ' GiB'),
    size('free disk', freeBytes(dataRoot) / gibibyte, sizes.diskGib, ' GiB'),
    dataFolderWritable(dataRoot),
    program('node', ['--version'], { minimum: '24.0.0', recommended: '24.0.0' }, null, process.version),
    program('npm', ['--version'], { minimum: '9.0.0', recommended: '10.0.0' }, 'apt-get install npm'),
    program('git', ['--version'], { minimum: '2.38.0', recommended: '2.39.0' }, 'apt-get install git'),
    program(
      'python3',
      ['--version'],
      { minimum: '3.8.0', recommended: '3.11.0' },
      'apt-get install python3 python3-venv',
      undefined,
      true,
    ),
    bubblewrap(),
    controlGroups(),
  ];
}

function operatingSystem(): Check {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const found = /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? process.platform;
  const good = process.platform === 'linux';
  return {
    name: 'operating system',
    found,
    minimum: 'Linux',
    recommended: 'Ubuntu 22.04 or Debian 12',
    state: good ? 'good' : 'missing',
    remedy: good ? null : 'Run Nova on a Linux machine.',
  };
}

function size(name: string, value: number, wanted: { minimum: number; recommended: number }, unit: string): Check {
  const state = value < wanted.minimum ? 'missing' : value < wanted.recommended ? 'weak' : 'good';
  return {
    name,
    found: `${Math.round(value * 10) / 10}${unit}`,
    minimum: `${wanted.minimum}${unit}`,
    recommended: `${wanted.recommended}${unit}`,
    state,
    remedy: state === 'missing' ? `Give this machine at least ${wanted.minimum}${unit} of ${name}.` : null,
  };
}

function freeBytes(path: string): number {
  let existing = path;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  return bavail * bsize;
}

function dataFolderWritable(root: string): Check {
  let existing = root;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  let good = true;
  try {
    accessSync(existing, constants.W_OK);
  } catch {
    good = false;
  }
  return {
    name: 'data folder',
    found: root,
    minimum: 'writable',
    recommended: 'writable',
    state: good ? 'good' : 'missing',
    remedy: good ? null : 'Name a folder of yours in NOVA_HOME.',
  };
}

function program(
  name: string,
  args: readonly string[],
  wanted: { minimum: string; recommended: string },
  remedy: string | null,
  known?: string,
  optional = false,
): Check {
  const output = known ?? firstLine(name, args);
  const found = output === null ? null : (/\d+\.\d+(?:\.\d+)?/.exec(output)?.[0] ?? null);
  const state =
    found === null || older(found, wanted.minimum)
      ? optional
        ? 'weak'
        : 'missing'
      : older(found, wanted.recommended)
        ? 'weak'
        : 'good';
  return { name, found: found ?? 'not found', ...wanted, state, remedy: state === 'good' ? null : remedy };
}

function bubblewrap(): Check {
  const remedy = 'apt-get install bubblewrap';
  const version = program('bwrap', ['--version'], { minimum: '0.6.0', recommended: '0.8.0' }, remedy);
  const base = { ...version, name: 'bubblewrap' };
  if (version.state === 'missing')
    return { ...base, remedy: `${remedy}  (or run with --sandbox none: nothing is isolated)` };
  const trial = spawnSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', '--', '/bin/true'], { timeout: 10_000 });
  if (trial.status === 0) return base;
  return {
    ...base,
    found: `${version.found}, but it cannot make a sandbox: ${trial.stderr?.toString().trim().slice(0, 120)}`,
    state: 'missing',
    remedy: 'sysctl -w kernel.unprivileged_userns_clone=1  (or kernel.apparmor_restrict_unprivileged_userns=0)',
  };
}

function controlGroups(): Check {
  const base = { name: 'cgroup limits', minimum: 'none', recommended: 'v2 with memory and pids', remedy: null };
  const root = process.getuid?.() === 0;
  const v2 = existsSync('/sys/fs/cgroup/cgroup.controllers')
    ? readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8')
    : '';
  if (/\bmemory\b/.test(v2) && /\bpids\b/.test(v2)) {
    return { ...base, found: root ? 'v2' : 'v2, where your session delegates it', state: root ? 'good' : 'weak' };
  }
  if (existsSync('/sys/fs/cgroup/memory') && existsSync('/sys/fs/cgroup/pids')) {
    return { ...base, found: root ? 'v1' : 'v1, only for root', state: root ? 'good' : 'weak' };
  }
  return { ...base, found: 'none: memory and process limits are not enforced', state: 'weak' };
}

function firstLine(name: string, args: readonly string[]): string | null {
  const ran = spawnSync(name, args, { encoding: 'utf8', timeout: 10_000 });
  return ran.status === 0 ? `${ran.stdout}${ran.stderr}`.split('\n', 1)[0]?.trim() || null : null;
}

function older(found: string, wanted: string): boolean {
  const [a, b] = [found, wanted].map((version) => version.split('.').map(Number));
  for (let index = 0; index < 3; index += 1) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
