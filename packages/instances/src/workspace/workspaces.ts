import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, toNovaError } from '@nova/core';
import { type Applied, type ApplyRequest, apply, recoverApplies } from './apply.ts';
import { type BundleLimits, defaultBundleLimits } from './bundle-rules.ts';
import { type Capture, capture } from './capture.ts';
import { type CloneRequest, createClone } from './clone.ts';
import { type DeliverRequest, deliver } from './deliver.ts';
import { type GateRequest, prepareGate } from './gate.ts';
import { type BundleSource, type ImportRequest, importBundle } from './import.ts';
import { type MirrorFolder, openMirror, releaseTask } from './mirror.ts';
import { scratchRoot } from './scratch.ts';

export type {
  Applied,
  ApplyRequest,
  BundleLimits,
  BundleSource,
  Capture,
  CloneRequest,
  DeliverRequest,
  GateRequest,
  ImportRequest,
};

/**
 * Everything the host does with git. Each method is one of core's host tools or part of one; all may run at once, on the
 * same repository too, and repeating one that was killed finishes it. Errors are `NovaError`s that say what was kept.
 */
export interface Workspaces {
  /** `workspace.capture`: reads the person's folder, writes nothing there. */
  capture(
    input: { task: string; repository: string; since?: string | undefined },
    signal: AbortSignal,
  ): Promise<Capture>;
  /** An own clone, detached and clean, that borrows the mirror's objects. */
  createClone(request: CloneRequest): Promise<void>;
  /** The folder that a sandbox must show read-only, at this very path, for a clone to work. */
  mirrorObjects(mirror: string): Promise<string>;
  /** `bundle.import`. */
  importBundle(input: ImportRequest, signal: AbortSignal): Promise<{ commit: string; paths: string[]; diff: string }>;
  /** `gate.prepare`. */
  prepareGate(input: GateRequest, signal: AbortSignal): Promise<{ commit: string; restored: string[] }>;
  /** `branch.deliver`. */
  deliver(input: DeliverRequest, signal: AbortSignal): Promise<{ branch: string; commit: string }>;
  /** `branch.apply`. */
  apply(input: ApplyRequest, signal: AbortSignal): Promise<Applied>;
  /** Drops what only a running task needs; its base and its change stay in the mirrors. */
  release(task: string, signal: AbortSignal): Promise<void>;
  /**
   * Puts a person's files back where a process died while it applied to them, and removes what killed operations left;
   * returns how many leftovers there were. Call it at start.
   */
  sweep(signal: AbortSignal): Promise<number>;
}

/** What the git half of the host is made from. */
export interface WorkspacesOptions {
  /** Folder for mirrors, locks and temporary repositories; made when missing. */
  readonly mirrors: string;
  readonly blobs: BundleSource;
  readonly clock: Clock;
  readonly limits?: BundleLimits;
}

/** Opens the mirrors' folder. */
export function createWorkspaces(options: WorkspacesOptions): Workspaces {
  mkdirSync(options.mirrors, { recursive: true, mode: 0o700 });
  const root = realpathSync(options.mirrors);
  const folder: MirrorFolder = { root, scratches: scratchRoot(join(root, '.scratch')) };
  const limits = options.limits ?? defaultBundleLimits;
  return {
    capture: (input, signal) => coded(capture(folder, input, signal)),
    createClone: (request) => coded(createClone(folder, request)),
    mirrorObjects: async (mirror) => (await openMirror(folder, mirror)).objects,
    importBundle: (input, signal) => coded(importBundle(folder, options.blobs, input, signal, limits)),
    prepareGate: (input, signal) => coded(prepareGate(folder, input, signal)),
    deliver: (input, signal) => coded(deliver(folder, input, signal)),
    apply: (input, signal) => coded(apply(folder, input, options.clock, signal)),
    release: (task, signal) => coded(releaseTask(folder, task, signal)),
    async sweep(signal) {
      await coded(recoverApplies(folder, signal));
      return folder.scratches.sweep();
    },
  };
}

/** Nothing leaves here without a code: a full disk can show in any call of the system. */
async function coded<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    throw toNovaError(error);
  }
}
