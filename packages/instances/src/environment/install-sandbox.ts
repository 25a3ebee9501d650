import { open, realpath, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NovaError } from '@nova/core';
import type { Mount, SandboxDriver, SandboxEnd } from '../sandbox/driver.ts';
import { isInside } from './host-tools.ts';
import { type RegistryAddress, startRegistryProxy } from './registry-proxy.ts';

const forwarder = fileURLToPath(new URL('./registry-forwarder.js', import.meta.url));
const limits = { memoryBytes: 4 * 1024 ** 3, processes: 512, callSeconds: 600 };
const largestLog = 256 * 1024 * 1024;
const lookEveryMs = 1000;
const measureEveryMs = 50;
/** Less than this left over counts as full: installers free again what they wrote when they fail. */
const fullBelowBytes = 256 * 1024;

export interface InstallRequest {
  readonly driver: SandboxDriver;
  readonly id: string;
  /** The only folder that can be written; seen inside at the same path. */
  readonly folder: string;
  /** Where the proxy's socket is made; a short path. */
  readonly run: string;
  /** Node that runs the forwarder. */
  readonly node: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Host files and folders shown read-only at their own paths. */
  readonly shown: readonly string[];
  readonly addresses: readonly RegistryAddress[];
  readonly log: string;
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
}

export interface InstallOutcome {
  readonly end: SandboxEnd;
  /** Why Nova ended it, or null. */
  readonly stopped: 'time' | 'output' | null;
  readonly refused: ReadonlyMap<string, number>;
  readonly seconds: number;
  /** True when the disk was seen full; the log, on the same disk, may then lack the reason. */
  readonly diskFull: boolean;
}

/**
 * Runs an installer inside a sandbox whose only way out is a tunnel to the given registries. Rejects with
 * `task.cancelled` when the signal fires; every process is gone by then.
 */
export async function runInstaller(request: InstallRequest): Promise<InstallOutcome> {
  const { driver, signal } = request;
  signal.throwIfAborted();
  await using proxy = await startRegistryProxy(
    join(request.run, `install-${request.id.slice(-24)}.sock`),
    request.addresses,
  );
  const started = performance.now();
  await using sandbox = await driver.start({
    id: request.id,
    command: [request.node, forwarder, proxy.socket, ...request.command],
    workingFolder: request.folder,
    environment: request.environment,
    mounts: await mounts(request, proxy.socket),
    limits,
    log: request.log,
  });
  let stopped: InstallOutcome['stopped'] = null;
  const stop = (reason: InstallOutcome['stopped']) => {
    stopped ??= reason;
    // Its failure also surfaces through `ended` or the disposal below.
    sandbox.end().catch(() => undefined);
  };
  const cancel = () => stop(null);
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  const deadline = setTimeout(() => stop('time'), limits.callSeconds * 1000);
  let looking = false;
  const look = setInterval(() => {
    if (looking) return;
    looking = true;
    logSize(request.log)
      .then((size) => {
        looking = false;
        if (size > largestLog) stop('output');
        const seconds = Math.round((performance.now() - started) / 1000);
        request.progress(`installing (${seconds} s, ${proxy.allowed()} connections to registries)`);
      })
      .catch(() => undefined);
  }, lookEveryMs);
  let lowest = Number.POSITIVE_INFINITY;
  const measure = async () => {
    const { bavail, bsize } = await statfs(request.folder);
    lowest = Math.min(lowest, bavail * bsize);
  };
  const measuring = setInterval(() => measure().catch(() => undefined), measureEveryMs);
  try {
    const end = await sandbox.ended;
    await measure();
    if (signal.aborted) {
      throw new NovaError(
        'task.cancelled',
        'Installing the dependencies was cancelled. Nothing was kept of it; run the task again.',
        {
          cause: signal.reason,
        },
      );
    }
    return {
      end,
      stopped,
      refused: new Map(proxy.refused()),
      seconds: (performance.now() - started) / 1000,
      diskFull: lowest < fullBelowBytes,
    };
  } finally {
    clearTimeout(deadline);
    clearInterval(look);
    clearInterval(measuring);
    signal.removeEventListener('abort', cancel);
  }
}

/** The last `bytes` of a log, as text; empty when there is none. */
export async function tailOf(log: string, bytes: number): Promise<string> {
  const size = await logSize(log);
  if (size === 0) return '';
  await using file = await open(log, 'r');
  const start = Math.max(0, size - bytes);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
  return buffer.subarray(0, bytesRead).toString('utf8');
}

/** Removes the sockets of installs with one of these sandbox ids. */
export async function removeSocket(run: string, id: string): Promise<void> {
  await rm(join(run, `install-${id.slice(-24)}.sock`), { force: true });
}

async function mounts(request: InstallRequest, socket: string): Promise<Mount[]> {
  const paths = [...new Set([request.node, forwarder, ...request.shown])].filter((path) => !isInside(path, '/usr'));
  const shown: Mount[] = [];
  for (const path of paths) {
    // A configuration may name what is not there; the installer says so itself.
    const real = await realpath(path).catch(() => null);
    if (real !== null) shown.push({ source: real, target: path, writable: false });
  }
  return [
    ...shown,
    { source: socket, target: socket, writable: false },
    { source: request.folder, target: request.folder, writable: true },
  ];
}

async function logSize(log: string): Promise<number> {
  return stat(log).then(
    (status) => status.size,
    () => 0,
  );
}
