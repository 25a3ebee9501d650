import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * A Socket.IO client down at the bytes, so that a test decides whether anything is read: the WebSocket's opening, masked frames
 * out, frames in.
 */
export class RawSocket implements Disposable {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #messages: string[] = [];
  #arrived = Promise.withResolvers<void>();
  /** Answers to requests received so far. */
  answers = 0;

  static async open(url: string, token: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(
      [
        'GET /live/?EIO=4&transport=websocket HTTP/1.1',
        `Host: ${hostname}:${port}`,
        `Authorization: Bearer ${token}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        '\r\n',
      ].join('\r\n'),
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    const end = answer.indexOf('\r\n\r\n') + 4;
    if (!answer.toString().startsWith('HTTP/1.1 101')) throw new Error(answer.toString());
    const raw = new RawSocket(socket, answer.subarray(end));
    raw.send('40');
    await raw.until((message) => message.startsWith('40'));
    return raw;
  }

  private constructor(socket: Socket, begin: Buffer) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#take(begin);
  }

  send(...texts: readonly string[]): void {
    this.sendBytes(Buffer.concat(texts.map(frameOf)));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** From now on nothing is read. */
  stopReading(): void {
    this.#socket.pause();
  }

  readOn(): void {
    this.#socket.resume();
  }

  closed(): Promise<unknown> {
    return this.#socket.closed ? Promise.resolve() : once(this.#socket, 'close');
  }

  /** Takes messages until one fits; resolves with all of them, that one last. */
  async until(fits: (message: string) => boolean): Promise<string[]> {
    for (;;) {
      const at = this.#messages.findIndex(fits);
      if (at >= 0) return this.#messages.splice(0, at + 1);
      await this.#arrived.promise;
    }
  }

  #take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (let frame = nextFrame(this.#bytes); frame !== null; frame = nextFrame(this.#bytes)) {
      this.#bytes = this.#bytes.subarray(frame.length);
      // The server closes: an answer to that ends the connection.
      if (frame.closing) this.#socket.end();
      if (frame.text.startsWith('43')) this.answers += 1;
      this.#messages.push(frame.text);
    }
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

function frameOf(text: string): Uint8Array {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

function nextFrame(bytes: Buffer): { text: string; length: number; closing: boolean } | null {
  if (bytes.length < 2) return null;
  const short = (bytes[1] ?? 0) & 0x7f;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < head) return null;
  const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < head + size) return null;
  const closing = ((bytes[0] ?? 0) & 0x0f) === 8;
  return { text: closing ? '' : bytes.toString('utf8', head, head + size), length: head + size, closing };
}
