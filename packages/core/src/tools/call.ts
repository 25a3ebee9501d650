import type { Isolation, SandboxSpec } from '../vocabulary/sandbox.ts';
import type { ToolManifest } from './tool.ts';

/** Where and under which identity a tool is called. */
export interface CallContext {
  /** `task/attempt/stage/name/ordinal`; the same id never runs twice while its outcome is known. */
  readonly callId: string;
  /** Required for tools that run inside a sandbox. */
  readonly sandbox: SandboxSpec | null;
  /** Fencing token of the task's lease; whoever holds a lower one than was seen before moves nothing. */
  readonly leaseToken: number;
  readonly signal: AbortSignal;
}

/** A tool's output, and what isolated it: null for tools of the host. */
export interface ToolAnswer<Output> {
  readonly output: Output;
  readonly isolation: Isolation | null;
  /** How often during the call the kernel ended a process because the sandbox's memory ran out. */
  readonly memoryKills: number;
}

/** Calls a tool wherever it lives; errors arrive as `NovaError`. */
export type ToolCaller = <Input, Output>(
  tool: ToolManifest<Input, Output>,
  input: Input,
  context: CallContext,
) => Promise<ToolAnswer<Output>>;
