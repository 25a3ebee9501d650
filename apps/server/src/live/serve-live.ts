import type { Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay, setImmediate as soon } from 'node:timers/promises';
import { livePath, type Subscribed, subscribeSchema, type Topic, unsubscribeSchema } from '@nova/client';
import { NovaError, type RecordedEvent, systemClock } from '@nova/core';
import { Server, type Socket } from 'socket.io';
import type { Guard } from '../auth/guard.ts';
import type { HostLink } from '../fleet/host-link.ts';
import { asNovaError, problemOf } from '../http/problem.ts';
import { log, seldomLog } from '../log.ts';
import type { TaskBoard } from '../tasks/task-board.ts';
import { Asking } from './asking.ts';
import type { LedgerTail } from './ledger-tail.ts';
import { SlowReader } from './slow-reader.ts';

interface LiveParts {
  readonly tail: LedgerTail;
  readonly board: TaskBoard;
  readonly host: Pick<HostLink, 'onActivity'>;
  readonly guard: Guard;
}

/** What a client may send at once, in bytes; its messages are a topic and a number. */
const longestMessage = 16 * 1024;
const mostTopics = 32;
const mostSockets = 256;
/** How long a socket that is closed has to say so, in milliseconds. */
const goodbyeMs = 250;

/** Serves live events beside the HTTP interface, to whoever that answers. */
export function serveLive(server: HttpServer, parts: LiveParts): AsyncDisposable {
  const io = new Server(server, {
    path: livePath,
    serveClient: false,
    maxHttpBufferSize: longestMessage,
    allowRequest: (request, decide) => {
      const refusal =
        parts.guard.refusal(request)?.code ?? (io.engine.clientsCount >= mostSockets ? 'live.limit' : null);
      if (refusal === 'live.limit') logSeldom('full', 'warn', 'live.refused', { code: refusal, sockets: mostSockets });
      decide(refusal, refusal === null);
    },
  });
  const logSeldom = seldomLog(systemClock);
  io.on('connection', (socket) => serveSocket(socket, parts, logSeldom));
  const activity = parts.host.onActivity((one) => {
    const topic = `task/${one.callId.split('/', 1)[0]}`;
    // Worth nothing once it is late: a socket that is behind does without.
    io.to(topic).volatile.emit('activity', { topic, ...one });
  });
  // The HTTP server lets go of a connection that became a WebSocket; it is closed here.
  const upgraded = new Set<Duplex>();
  let over = false;
  server.on('upgrade', (_request, connection) => {
    // A client that was just about to change from polling comes too late.
    if (over) connection.destroy();
    upgraded.add(connection);
    connection.once('close', () => upgraded.delete(connection));
  });
  return {
    async [Symbol.asyncDispose]() {
      activity[Symbol.dispose]();
      const closed = [...upgraded].map((connection) => new Promise((resolve) => connection.once('close', resolve)));
      io.disconnectSockets(true);
      io.engine.close();
      // Who does not read does not answer the goodbye either.
      await Promise.race([Promise.all(closed), delay(goodbyeMs, null, { ref: false })]);
      over = true;
      for (const connection of upgraded) connection.destroy();
    },
  };
}

function serveSocket(socket: Socket, parts: LiveParts, logSeldom: ReturnType<typeof seldomLog>): void {
  const reader = new SlowReader(socket);
  const asking = new Asking(systemClock);
  const followed = new Map<Topic, AbortController>();

  function stop(topic: Topic): void {
    followed.get(topic)?.abort();
    followed.delete(topic);
    void socket.leave(topic);
  }

  async function follow(topic: Topic, after: number, stopping: AbortController): Promise<void> {
    const { signal } = stopping;
    let position = after;
    // Who asks for something else at once costs no reading.
    await soon();
    const pages = parts.tail.follow(topic, after, signal);
    for (;;) {
      // Nothing is read for a socket that takes nothing.
      let keepsUp = await reader.ready(parts.tail, signal);
      const page = keepsUp ? await pages.next() : null;
      // What else it follows may have been quicker.
      while (keepsUp && !reader.isFree && !signal.aborted) keepsUp = await reader.ready(parts.tail, signal);
      if (signal.aborted || page?.done) return;
      if (page === null || !keepsUp) {
        stop(topic);
        socket.emit('gap', { topic, position });
        return;
      }
      const events = page.value;
      socket.emit('events', { topic, events } satisfies { topic: Topic; events: readonly RecordedEvent[] });
      position = events.at(-1)?.position ?? position;
    }
  }

  async function subscribe(value: unknown): Promise<Subscribed> {
    const { topic, after } = subscribeSchema.parse(value);
    if (topic !== 'fleet' && `task/${(await parts.board.get(topic.slice('task/'.length))).id}` !== topic) {
      throw new NovaError('task.unknown', `A subscription names the whole id of a task; ${topic} is a part of one.`);
    }
    stop(topic);
    if (followed.size >= mostTopics) {
      throw new NovaError(
        'usage.invalid',
        `A socket follows at most ${mostTopics} topics. Stop following another one.`,
      );
    }
    const stopping = new AbortController();
    followed.set(topic, stopping);
    await socket.join(topic);
    follow(topic, after, stopping).catch((thrown: unknown) => {
      log('error', 'live.stopped', { topic, ...asNovaError(thrown).toRecord() });
      // The client connects again and goes on from what it has.
      socket.disconnect(true);
    });
    return { ok: true, position: parts.tail.head };
  }

  async function unsubscribe(value: unknown): Promise<Subscribed> {
    stop(unsubscribeSchema.parse(value).topic);
    return { ok: true, position: parts.tail.head };
  }

  /** Requests are dealt with one after another, each with its answer. */
  let turn: Promise<unknown> = Promise.resolve();
  socket.use((_packet, next) => {
    if (!reader.owesTooMuch && !asking.isDeaf) return next();
    logSeldom('cut', 'warn', 'live.cut', { code: 'live.limit', why: reader.owesTooMuch ? 'reads nothing' : 'asks on' });
    socket.conn.close(true);
  });
  for (const [name, action] of Object.entries({ subscribe, unsubscribe })) {
    socket.on(name, (value: unknown, answer: unknown) => {
      const refusal = asking.refusal();
      turn = turn
        .then(() => (refusal === null ? action(value) : Promise.reject(refusal)))
        .catch((thrown: unknown): Subscribed => ({ ok: false, problem: problemOf(asNovaError(thrown)) }))
        .then((outcome) => {
          if (typeof answer === 'function') answer(outcome);
        });
    });
  }
  socket.once('disconnect', () => {
    for (const stopping of followed.values()) stopping.abort();
  });
}
