import { constants } from 'node:os';
import type { Isolation, SandboxDriverName, SandboxLimits } from '@nova/core';

/** A host path shown inside a sandbox. A driver that does not isolate ignores mounts: there, inside is outside. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly writable: boolean;
}

/** Everything a driver needs to start one process tree. Paths in `command` and `environment` are as seen inside. */
export interface SandboxStart {
  readonly id: string;
  readonly command: readonly string[];
  readonly workingFolder: string;
  /** The whole environment; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** Beside the system, which every driver shows read-only. Later mounts lie over earlier ones. */
  readonly mounts: readonly Mount[];
  readonly limits: SandboxLimits;
  /** Host path of a file that takes what the process prints. */
  readonly log: string;
}

export interface SandboxEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Set when a limit ended it. */
  readonly limit: 'memory' | null;
}

/** True when something outside ended it, and not what ran in it or the want of something: the next try may go well. */
export function wasKilled({ exitCode, signal }: Pick<SandboxEnd, 'exitCode' | 'signal'>): boolean {
  // Whoever waits for a killed process, bubblewrap or a shell, ends with 128 and the signal's number.
  return signal === 'SIGKILL' || exitCode === 128 + constants.signals.SIGKILL;
}

/** A running sandbox. It does not die with the host process; whoever finds its record owns it. */
export interface SandboxProcess extends AsyncDisposable {
  readonly id: string;
  readonly isolation: Isolation;
  /** How often the kernel killed a process of this sandbox because its memory ran out; 0 where memory is not limited. */
  memoryKills(): Promise<number>;
  /** Resolves once every process of the sandbox is gone. */
  readonly ended: Promise<SandboxEnd>;
  /** Ends the whole process tree and resolves when the last one is gone; repeating it is a no-op. */
  end(): Promise<void>;
}

/**
 * Walls around a process tree. The network is always off in an isolating driver; what may be reached comes in as
 * a mounted unix socket.
 */
export interface SandboxDriver {
  readonly name: SandboxDriverName;
  readonly traits: { readonly isolates: boolean };
  /** Null when usable here; else the reason and the install line, for `sandbox.unavailable`. */
  unavailable(): Promise<string | null>;
  /** Starts the process. Rejects with `sandbox.unavailable`, or `sandbox.lost` when it was killed meanwhile; leaves nothing behind when it rejects. */
  start(request: SandboxStart): Promise<SandboxProcess>;
  /**
   * Finds the still running sandbox with this id after the host's own death; null when it has ended or was never whole, and
   * then nothing of it is left.
   */
  adopt(id: string): Promise<SandboxProcess | null>;
}
