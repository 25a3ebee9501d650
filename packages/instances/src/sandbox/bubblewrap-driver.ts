import { execFile } from 'node:child_process';
import { lstat, mkdir, readdir, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isolationSchema, NovaError } from '@nova/core';
import type { Mount, SandboxDriver, SandboxStart } from './driver.ts';
import { Launcher, sandboxMarker } from './launch.ts';

const run = promisify(execFile);

/** Folders that every sandbox shows, or makes anew; nothing else may be mounted over them. */
export const systemFolders = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/etc',
  '/proc',
  '/dev',
  '/sys',
  '/run',
  '/var',
] as const;

/** Of the system's settings only what programs need to start, tell the time and check certificates. */
const shownSettings = [
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'ssl/certs',
  'ssl/openssl.cnf',
  'pki/tls/certs',
  'pki/tls/cert.pem',
  'pki/tls/openssl.cnf',
  'pki/ca-trust/extracted',
  'ca-certificates',
  'crypto-policies',
  'alternatives',
  'localtime',
  'timezone',
  'mime.types',
  'protocols',
  'services',
] as const;

/** Folders inside for the temporary files of commands, each a file system of its own in memory; the first is for TMPDIR. */
export const temporaryFolders = ['/tmp', '/var/tmp', '/dev/shm'] as const;

/** Home folder inside: on the private temporary file system, so empty and gone with the sandbox. */
export const sandboxHome = '/tmp/home';

/**
 * Walls of Linux namespaces: own users, processes, network (only an own loopback), mounts; a read-only system, no home
 * folders, no capabilities. The process does not die with the host, so that a restarted one finds it. `records` is a folder
 * of its own.
 */
export function createBubblewrapDriver(options: {
  readonly records: string;
  readonly executable?: string;
}): SandboxDriver {
  const executable = options.executable ?? 'bwrap';
  const launcher = new Launcher(options.records);
  let system: Promise<string[]> | undefined;
  const systemArguments = () => {
    system ??= describeSystem(join(options.records, 'etc'));
    return system;
  };
  let trouble: Promise<string | null> | undefined;

  const unavailable = (): Promise<string | null> => {
    trouble ??= (async () => {
      try {
        await run(executable, [...walls, ...(await systemArguments()), '--', '/bin/sh', '-c', 'exit 0'], {
          env: searchPath(),
        });
        return null;
      } catch (error) {
        return explain(error);
      }
    })();
    return trouble;
  };

  return {
    name: 'bubblewrap',
    traits: { isolates: true },
    unavailable,
    async start(request) {
      const reason = await unavailable();
      if (reason !== null) throw new NovaError('sandbox.unavailable', reason);
      const shown = await systemArguments();
      return launcher.launch(request, (marker) => ({
        command: [
          executable,
          ...bubblewrapArguments(request, shown, marker),
          '--',
          ...asFirstProcess,
          ...request.command,
        ],
        workingFolder: '/',
        environment: { ...searchPath(), [sandboxMarker]: marker },
        reportsChild: true,
        isolation: (group) => ({
          driver: 'bubblewrap',
          isolated: true,
          network: 'none',
          memory: group.memory,
          processes: group.processes,
          missing: [...group.missing],
        }),
      }));
    },
    adopt: (id) => launcher.adopt(id, (value) => isolationSchema.safeParse(value).data ?? null),
  };
}

const walls = [
  '--unshare-all',
  '--unshare-user',
  '--disable-userns',
  '--new-session',
  '--cap-drop',
  'ALL',
  '--clearenv',
  '--hostname',
  'nova',
];

/**
 * The first process of the namespace: reaps what is orphaned, and with its own end, which is the command's, the kernel ends
 * everything else inside. Bubblewrap's own first process would wait for stray daemons.
 */
const asFirstProcess = ['/bin/sh', '-c', 'echo stands >&4; exec 4>&-; "$@" & wait "$!"', 'sh'];

function bubblewrapArguments(request: SandboxStart, system: readonly string[], marker: string): string[] {
  const temporary = Math.max(64 * 1024 * 1024, Math.floor(request.limits.memoryBytes / 2));
  const tmpfs = (path: string) => ['--perms', '1777', '--size', String(temporary), '--tmpfs', path];
  const environment = { ...request.environment, [sandboxMarker]: marker };
  return [
    ...walls,
    '--as-pid-1',
    '--info-fd',
    '3',
    ...system,
    ...temporaryFolders.flatMap(tmpfs),
    '--perms',
    '0700',
    '--dir',
    sandboxHome,
    ...request.mounts.flatMap(mountArguments),
    '--remount-ro',
    '/',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    '--chdir',
    request.workingFolder,
  ];
}

function mountArguments(mount: Mount): string[] {
  return [mount.writable ? '--bind' : '--ro-bind', mount.source, mount.target];
}

/** The read-only system as it is laid out on this machine, with a user list that names nobody else. */
async function describeSystem(etc: string): Promise<string[]> {
  const shown: string[] = [
    '--ro-bind',
    '/usr',
    '/usr',
    '--perms',
    '0755',
    '--dir',
    '/etc',
    '--perms',
    '0755',
    '--dir',
    '/etc/ssl',
  ];
  for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']) {
    const path = `/${name}`;
    const status = await lstat(path).catch(() => null);
    if (status?.isSymbolicLink()) shown.push('--symlink', await readlink(path), path);
    else if (status?.isDirectory()) shown.push('--ro-bind', path, path);
  }
  for (const name of shownSettings) {
    const path = `/etc/${name}`;
    if (await stat(path).catch(() => null)) shown.push('--ro-bind', path, path);
  }
  const user = process.getuid?.() ?? 0;
  const group = process.getgid?.() ?? 0;
  const settings = {
    passwd: `${user === 0 ? 'root' : 'nova'}:x:${user}:${group}:Nova:${sandboxHome}:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n`,
    group: `${group === 0 ? 'root' : 'nova'}:x:${group}:\nnogroup:x:65534:\n`,
    hosts: '127.0.0.1 localhost nova\n::1 localhost nova\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
  };
  await mkdir(etc, { recursive: true });
  for (const [name, text] of Object.entries(settings)) {
    await writeFile(join(etc, name), text);
    shown.push('--ro-bind', join(etc, name), `/etc/${name}`);
  }
  return [...shown, '--proc', '/proc', ...(await sealKernelSettings()), '--dev', '/dev', '--dir', '/run'];
}

/** Where the host's user is root, a fresh `/proc` lets the files be written that set the kernel, and the kernel obeys. */
async function sealKernelSettings(): Promise<string[]> {
  const sealed: string[] = [];
  for (const entry of await readdir('/proc', { withFileTypes: true })) {
    if (/^\d+$/.test(entry.name)) continue;
    const path = `/proc/${entry.name}`;
    const writable = entry.isFile() && ((await stat(path).catch(() => null))?.mode ?? 0) & 0o222;
    if (entry.isDirectory() || writable) sealed.push('--ro-bind-try', path, path);
  }
  return sealed;
}

function searchPath(): { PATH: string } {
  return { PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin' };
}

function explain(error: unknown): string {
  const failure = error as { code?: unknown; stderr?: unknown; message?: string };
  if (failure.code === 'ENOENT') {
    return 'bubblewrap is not installed. Install it (Debian, Ubuntu: apt-get install bubblewrap; Fedora: dnf install bubblewrap), or allow a run without walls with --sandbox none.';
  }
  const said = String(failure.stderr || failure.message || error).trim();
  return `bubblewrap cannot make a sandbox here: ${said}. It needs unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1; on Ubuntu 24.04 and later also an AppArmor profile for bwrap, package apparmor-profiles), or allow a run without walls with --sandbox none.`;
}
