import type { z } from 'zod';

/**
 * What a second run of an interrupted call may do: `pure` runs again; `restore` resets the workspace to
 * the recorded tree and runs again; `unknown` asks a person.
 */
export type RepeatClass = 'pure' | 'restore' | 'unknown';

/** The declaration of a tool: what goes in, what comes out, where it runs and how it may be repeated. */
export interface ToolManifest<Input, Output> {
  readonly name: string;
  readonly description: string;
  readonly where: 'host' | 'sandbox';
  readonly repeat: RepeatClass;
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
}

export function defineTool<Input, Output>(manifest: ToolManifest<Input, Output>): ToolManifest<Input, Output> {
  return Object.freeze(manifest);
}
