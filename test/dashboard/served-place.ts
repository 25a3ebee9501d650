import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServerInfo, serverInfoSchema } from '@nova/client';
import { dataFolder } from '@nova/core';
import { Place } from '../faults/nova.ts';

const entry = fileURLToPath(new URL('../../apps/server/src/main.ts', import.meta.url));

/** A place with a server of its own that serves the dashboard; disposing it ends and removes everything. */
export class ServedPlace implements Disposable {
  readonly place = new Place();
  readonly #infoPath: string;
  #server: ChildProcess | null = null;
  #info: ServerInfo | null = null;

  constructor() {
    const env = { NOVA_HOME: this.place.home };
    const uid = process.getuid?.() ?? 0;
    this.#infoPath = dataFolder({ env, home: '/', userId: uid, temporary: '/tmp' }).serverInfo;
  }

  get url(): string {
    if (this.#info === null) throw new Error('The server was not started.');
    return this.#info.url;
  }

  /** The link that signs a browser in. */
  get link(): string {
    return `${this.url}/login?token=${this.token}`;
  }

  get token(): string {
    return readFileSync(join(this.place.home, 'token'), 'utf8').trim();
  }

  /** Starts the server, again on the port that it had; resolves when it answers. */
  async start(): Promise<void> {
    const port = String(this.#info?.port ?? 0);
    const server = spawn(process.execPath, [entry, 'serve', '--stay', '--port', port], {
      env: { ...process.env, NOVA_HOME: this.place.home },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said: Buffer[] = [];
    server.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
    this.#server = server;
    for (;;) {
      if (server.exitCode !== null) throw new Error(`The server ended: ${Buffer.concat(said).toString()}`);
      const info = this.#read();
      if (info?.pid === server.pid) {
        this.#info = info;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends the server as a crash would: it can do nothing about it. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  }

  [Symbol.dispose](): void {
    this.#server?.kill('SIGKILL');
    this.place[Symbol.dispose]();
  }

  #read(): ServerInfo | null {
    if (!existsSync(this.#infoPath)) return null;
    const parsed = serverInfoSchema.safeParse(JSON.parse(readFileSync(this.#infoPath, 'utf8')));
    return parsed.success ? parsed.data : null;
  }
}
