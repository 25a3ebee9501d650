import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open, realpath, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { CodeTool } from '@nova/code';
import {
  callParams,
  cancelParams,
  forgetParams,
  helloParams,
  type RunnerStart,
  runnerMethods,
  runnerProtocolVersion,
} from '@nova/core';
import {
  createMessageConnection,
  ErrorCodes,
  type Message,
  type MessageConnection,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import type { z } from 'zod';
import { Calls } from './calls.ts';
import { killStrays } from './strays.ts';
import { emptyFolders, mountPoints } from './temporary-folders.ts';

export interface RunnerOptions {
  readonly start: RunnerStart;
  /** Tools by the names of their manifests. */
  readonly tools: Readonly<Record<string, CodeTool>>;
  /** The sandbox's environment; variables of Nova itself are kept from commands. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly hostLossSeconds: number;
}

export interface Runner extends AsyncDisposable {
  /** Resolves when no host was connected for too long. */
  readonly abandoned: Promise<void>;
}

/** The variable that every process of a sandbox carries; its owner finds them by it. */
const marker = 'NOVA_SANDBOX';

/** Listens for the host and carries out its calls. */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const hosts = new Set<MessageConnection>();
  const tell = (method: string, params: object): void => {
    for (const host of hosts) host.sendNotification(method, params).catch(() => {});
  };
  const sandbox = options.environment[marker];
  const { workspace, scratch, socket: socketPath } = options.start;
  const temporary = await Promise.all(options.start.temporary.map((folder) => realpath(folder)));
  const settle = async (): Promise<string[]> => {
    const ended = await killStrays(sandbox);
    await emptyFolders(temporary, [workspace, scratch, dirname(socketPath), ...mountPoints()]);
    return ended;
  };
  const calls = new Calls({
    tools: options.tools,
    place: {
      workspace: options.start.workspace,
      commit: options.start.commit,
      scratch: options.start.scratch,
      environment: commandEnvironment(options.environment),
    },
    news: {
      output: (callId, bytes) => tell(runnerMethods.output, { callId, base64: Buffer.from(bytes).toString('base64') }),
      progress: (callId, message, done, total) => tell(runnerMethods.progress, { callId, message, done, total }),
    },
    settle,
  });

  const abandoned = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const watchForHost = (): void => {
    clearTimeout(timer);
    if (hosts.size === 0 && !over) timer = setTimeout(abandoned.resolve, options.hostLossSeconds * 1000);
  };
  watchForHost();

  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const connection = serve(socket, options.start.secretHash, calls, () => {
      hosts.add(connection);
      watchForHost();
    });
    socket.once('close', () => {
      sockets.delete(socket);
      hosts.delete(connection);
      connection.dispose();
      watchForHost();
    });
  });
  const folder = await listenInside(server, options.start.socket);

  return {
    abandoned: abandoned.promise,
    async [Symbol.asyncDispose]() {
      over = true;
      clearTimeout(timer);
      calls.cancelAll();
      // The sandbox's owner ends what cannot be ended from here.
      await killStrays(sandbox).catch(() => {});
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      await folder.close();
    },
  };
}

/** A socket's path may have 107 bytes, a sandbox's folder more; through an open folder every path is short. */
async function listenInside(server: Server, path: string): Promise<FileHandle> {
  await rm(path, { force: true });
  const folder = await open(dirname(path), 'r');
  try {
    server.listen(join(`/proc/self/fd/${folder.fd}`, basename(path)));
    await once(server, 'listening');
    return folder;
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** Says why before it cuts the line. */
class Line extends SocketMessageWriter {
  readonly #socket: Socket;
  #refused = false;

  constructor(socket: Socket) {
    super(socket);
    this.#socket = socket;
  }

  refuse(reason: string): never {
    this.#refused = true;
    throw new ResponseError(ErrorCodes.InvalidRequest, reason);
  }

  override async write(message: Message): Promise<void> {
    await super.write(message);
    if (this.#refused) this.#socket.destroySoon();
  }
}

function serve(socket: Socket, secretHash: string, calls: Calls, onHello: () => void): MessageConnection {
  const line = new Line(socket);
  const reader = new SocketMessageReader(socket);
  // Its timer for half a message sets itself anew for ever, also after the line broke.
  reader.partialMessageTimeout = 0;
  const connection = createMessageConnection(reader, line);
  // Whoever sends what is no message is not our host: the line is cut, the calls go on.
  const cut = (): void => {
    socket.destroy();
  };
  socket.on('error', cut);
  connection.onError(cut);
  connection.onClose(cut);
  let greeted = false;
  connection.onRequest(runnerMethods.hello, (params: unknown) => {
    greeted = false;
    const hello = helloParams.safeParse(params);
    if (!hello.success) return line.refuse(`This is no hello: ${hello.error.message}`);
    const { protocol, secret } = hello.data;
    if (protocol !== runnerProtocolVersion) {
      return line.refuse(
        `The runner speaks protocol ${runnerProtocolVersion}, the host ${protocol}: both must be of one version of Nova.`,
      );
    }
    if (!timingSafeEqual(createHash('sha256').update(secret).digest(), Buffer.from(secretHash, 'hex'))) {
      return line.refuse(
        'Only the host of this sandbox may speak to its runner, and this is another secret than its own.',
      );
    }
    greeted = true;
    onHello();
    return { protocol: runnerProtocolVersion, pid: process.pid, calls: calls.ids };
  });
  connection.onRequest((method) => line.refuse(greeted ? `There is no method ${method}.` : noHello));
  const afterHello = <Params>(schema: z.ZodType<Params>, params: unknown): Params =>
    greeted ? parse(schema, params) : line.refuse(noHello);
  connection.onRequest(runnerMethods.call, async (params: unknown): Promise<unknown> => {
    const { callId, tool, input } = afterHello(callParams, params);
    return calls.run(callId, tool, input);
  });
  connection.onRequest(runnerMethods.cancel, (params: unknown) => {
    calls.cancel(afterHello(cancelParams, params).callId);
    return null;
  });
  connection.onRequest(runnerMethods.forget, (params: unknown) => {
    calls.forget(afterHello(forgetParams, params).callId);
    return null;
  });
  connection.listen();
  return connection;
}

const noHello = 'The first message must be hello.';

function parse<Params>(schema: z.ZodType<Params>, params: unknown): Params {
  const parsed = schema.safeParse(params);
  if (!parsed.success) throw new ResponseError(ErrorCodes.InvalidParams, parsed.error.message);
  return parsed.data;
}

/** All but Nova's own variables; the marker stays, so that the sandbox's owner finds every process. */
function commandEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && (!name.startsWith('NOVA_') || name === marker)) shown[name] = value;
  }
  return shown;
}
