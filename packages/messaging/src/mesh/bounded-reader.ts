import type { Socket } from 'node:net';
import { type DataCallback, type Disposable, SocketMessageReader } from 'vscode-jsonrpc/node';

/** Every message begins so; a connection that begins otherwise speaks something else. */
const opening = Buffer.from('Content-');
/** Larger things travel as blobs. */
const longestMessage = 256 * 1024 * 1024;

/** Reads messages from a socket, and ends it instead of buffering for ever what will never be one. */
export class BoundedReader extends SocketMessageReader {
  #bytesSinceMessage = 0;

  constructor(socket: Socket) {
    super(socket);
    // The library's timer for half a message sets itself anew for ever, also after the line broke, and keeps its process alive.
    this.partialMessageTimeout = 0;
    socket.once('data', (first: Buffer) => {
      const length = Math.min(first.length, opening.length);
      if (first.compare(opening, 0, length, 0, length) !== 0) socket.destroy();
    });
    socket.on('data', (piece: Buffer) => {
      this.#bytesSinceMessage += piece.length;
      if (this.#bytesSinceMessage > longestMessage) socket.destroy();
    });
  }

  override listen(callback: DataCallback): Disposable {
    return super.listen((message) => {
      this.#bytesSinceMessage = 0;
      callback(message);
    });
  }
}
