/** What a tool inside a sandbox may use: the clone it works on, and the ways to report while it works. */
export interface ToolContext {
  /** Absolute path of the git clone. */
  readonly workspace: string;
  /** Commit that the clone holds at the start of a call, and again at its end. */
  readonly commit: string;
  /** Folder for files that are not part of the clone; survives from call to call. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** The whole environment for commands; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Ends every process that commands left running and empties the folders for temporary files; awaited after each command,
   * so that no run finds anything of another. Resolves to the command lines of what was ended in this call so far; rejects
   * with `sandbox.limit` when something cannot be ended or removed.
   */
  settle(): Promise<readonly string[]>;
  progress(message: string, done: number, total: number | null): void;
  /** What a command prints, as it prints it. */
  output(bytes: Uint8Array): void;
  /** Hands over a file-sized part of the answer; returns the string that stands for it, `attachment:<name>`. */
  attach(name: string, bytes: Uint8Array): string;
}
