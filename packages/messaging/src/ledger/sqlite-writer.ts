import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type ExclusiveLock, takeExclusiveLock } from '../locks/exclusive-lock.ts';
import { LedgerRefusal, refusalOf } from './sqlite-errors.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { AppendCommand, FromWriter, ToWriter } from './writer-protocol.ts';

/** So many events at most go into one transaction: beyond, a commit's latency grows and its throughput does not. */
const batchEvents = 4096;

const path = String((workerData as { path: unknown }).path);
if (parentPort === null) throw new Error('The ledger writer runs as a worker thread.');
const port = parentPort;
const waiting: AppendCommand[] = [];
let closing = false;
let flushing = false;

function send(message: FromWriter): void {
  port.postMessage(message);
}

function open(): { lock: ExclusiveLock; store: SqliteStore } | null {
  let lock: ExclusiveLock | null = null;
  try {
    lock = takeExclusiveLock(`${path}.lock`);
    if (lock === null) {
      throw new LedgerRefusal(
        'ledger.locked',
        `Another Nova process writes the ledger ${path}. Nothing was changed. Use that one, or end it first.`,
        { path },
      );
    }
    return { lock, store: new SqliteStore(path) };
  } catch (error) {
    lock?.[Symbol.dispose]();
    send({ kind: 'failed', failure: refusalOf(error, path).record });
    port.close();
    return null;
  }
}

function accept(message: ToWriter): void {
  if (message.kind === 'append') waiting.push(message.command);
  else closing = true;
}

function takeBatch(): AppendCommand[] {
  const batch: AppendCommand[] = [];
  for (let events = 0; events < batchEvents; ) {
    const command = waiting.shift();
    if (command === undefined) break;
    batch.push(command);
    events += command.events.length;
  }
  return batch;
}

const opened = open();
if (opened !== null) {
  const { lock, store } = opened;
  const flush = (): void => {
    // What arrived while the last transaction was being written joins this one.
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      accept(next.message as ToWriter);
    }
    const batch = takeBatch();
    if (batch.length > 0) send({ kind: 'replies', replies: store.commit(batch) });
    if (waiting.length > 0) {
      setImmediate(flush);
      return;
    }
    flushing = false;
    if (!closing) return;
    store[Symbol.dispose]();
    lock[Symbol.dispose]();
    port.close();
  };
  port.on('message', (message: ToWriter) => {
    accept(message);
    if (flushing) return;
    flushing = true;
    setImmediate(flush);
  });
  send({ kind: 'ready' });
}
