import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestReport } from '@nova/core';
import type { ToolContext } from '../tool-context.ts';
import { createCodeTools } from '../tools.ts';

/** A small git repository in a temporary folder, for tests of this package; disposing removes it. */
export class TemporaryProject implements Disposable {
  readonly folder: string;
  readonly commit: string;
  readonly attachments = new Map<string, Uint8Array>();
  readonly #base: string;
  readonly #tools = createCodeTools();
  readonly #environment: Record<string, string>;
  readonly #abort = new AbortController();

  constructor(files: Readonly<Record<string, string>>, options: { modules?: boolean; node?: string } = {}) {
    // A space in the path, because people's folders have them.
    this.#base = mkdtempSync(join(tmpdir(), 'nova code '));
    this.folder = join(this.#base, 'work space');
    mkdirSync(this.folder);
    for (const [path, text] of Object.entries({ '.gitignore': 'node_modules\n', ...files })) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), text);
    }
    const node = options.node ?? process.execPath;
    this.#environment = {
      PATH: `${dirname(node)}:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
      HOME: this.#base,
      LC_ALL: 'C.UTF-8',
    };
    this.git('init', '--quiet');
    this.git('add', '--all');
    this.git('-c', 'user.name=A', '-c', 'user.email=a@localhost', 'commit', '--quiet', '--message', 'Start');
    this.commit = this.git('rev-parse', 'HEAD').trim();
    if (options.modules) symlinkSync(rootModules(), join(this.folder, 'node_modules'));
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.folder, encoding: 'utf8' });
  }

  /** A folder beside the repository; there. */
  get scratch(): string {
    const folder = join(this.#base, 'scratch');
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  get context(): ToolContext {
    return {
      workspace: this.folder,
      commit: this.commit,
      scratch: join(this.#base, 'scratch'),
      signal: this.#abort.signal,
      environment: this.#environment,
      progress: () => {},
      output: () => {},
      settle: async () => [],
      attach: (name, bytes) => {
        this.attachments.set(name, bytes);
        return `attachment:${name}`;
      },
    };
  }

  cancel(): void {
    this.#abort.abort();
  }

  /** Calls a tool and takes its answer for what the test says it is. */
  async call<Output>(name: string, input: unknown): Promise<Output> {
    const tool = this.#tools[name];
    if (!tool) throw new Error(`There is no tool ${name}.`);
    return (await tool(input, this.context)) as Output;
  }

  run(command: string, timeoutSeconds = 60): Promise<TestReport & { dirtied: string[]; output: string }> {
    return this.call('tests.run', { command, timeoutSeconds });
  }

  [Symbol.dispose](): void {
    rmSync(this.#base, { recursive: true, force: true });
  }
}

function rootModules(): string {
  return join(import.meta.dirname, '..', '..', '..', '..', 'node_modules');
}
