import { once } from 'node:events';

/** Bytes that a process uses once its garbage is collected; it was started with an inspector at this address. */
export async function memoryInUse(inspector: string): Promise<number> {
  const socket = new WebSocket(inspector);
  try {
    await once(socket, 'open');
    await ask(socket, 1, 'HeapProfiler.collectGarbage', {});
    const expression =
      'Object.entries(process.memoryUsage()).filter(([k]) => /heapUsed|external/.test(k)).reduce((s, [, v]) => s + v, 0)';
    const answer = await ask(socket, 2, 'Runtime.evaluate', { expression });
    const bytes = (answer as { result?: { result?: { value?: unknown } } }).result?.result?.value;
    if (typeof bytes !== 'number') throw new Error(`The inspector answered ${JSON.stringify(answer)}.`);
    return bytes;
  } finally {
    socket.close();
  }
}

async function ask(socket: WebSocket, id: number, method: string, params: Record<string, unknown>): Promise<unknown> {
  const answered = once(socket, 'message');
  socket.send(JSON.stringify({ id, method, params }));
  const [{ data }] = (await answered) as [{ readonly data: string }];
  return JSON.parse(data) as unknown;
}
