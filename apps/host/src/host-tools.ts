import {
  branchApply,
  branchDeliver,
  bundleImport,
  environmentPrepare,
  gatePrepare,
  type ToolManifest,
  taskRelease,
  workspaceCapture,
} from '@nova/core';
import type { Environments, Sandboxes, Workspaces } from '@nova/instances';
import type { CallOutputs } from './call-outputs.ts';
import type { CallRecords } from './call-records.ts';
import type { HostToolContext, HostToolTable } from './host-calls.ts';

export interface HostToolParts {
  readonly workspaces: Workspaces;
  readonly environments: Environments;
  readonly sandboxes: Sandboxes;
  readonly records: CallRecords;
  readonly outputs: CallOutputs;
  /** Cancels what still runs for a task, except one call. */
  readonly cancelCalls: (task: string, except: string) => Promise<void>;
}

/** Which part of the host carries out which tool. */
export function createHostTools(parts: HostToolParts): HostToolTable {
  const { workspaces, environments, sandboxes, records, outputs, cancelCalls } = parts;
  return Object.fromEntries([
    entry(workspaceCapture, (input, { signal }) => workspaces.capture(input, signal)),
    entry(environmentPrepare, (input, { signal, activity }) =>
      environments.prepare(input, { signal, progress: (message) => activity.progress(message, null, null) }),
    ),
    entry(bundleImport, (input, { signal, leaseToken }) => workspaces.importBundle({ ...input, leaseToken }, signal)),
    entry(gatePrepare, (input, { signal }) => workspaces.prepareGate(input, signal)),
    entry(branchDeliver, (input, { signal, leaseToken }) => workspaces.deliver({ ...input, leaseToken }, signal)),
    entry(branchApply, (input, { signal }) => workspaces.apply(input, signal)),
    entry(taskRelease, async ({ task }, { signal, callId }) => {
      await cancelCalls(task, callId);
      const ended = await sandboxes.release(task);
      await workspaces.release(task, signal);
      await records.forget(task);
      await outputs.forget(task);
      return { sandboxes: ended };
    }),
  ]);
}

/** Binds a manifest to its work; the table holds tools of all inputs, so the input is parsed at its door once more. */
function entry<Input, Output>(
  manifest: ToolManifest<Input, Output>,
  work: (input: Input, context: HostToolContext) => Promise<Output>,
): [string, HostToolTable[string]] {
  return [manifest.name, (input, context) => work(manifest.input.parse(input), context)];
}
