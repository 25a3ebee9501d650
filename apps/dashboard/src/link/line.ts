import { createLive, type Live, livePath } from '@nova/client';
import { io } from 'socket.io-client';
import { Store } from './store.ts';

/** The state of the line to the server. `refused`: the server is there and does not know us. */
export type LineState = 'connecting' | 'up' | 'down' | 'refused';

/** How soon a line that went down is tried again: a restarted server is found within a second. */
const delayMilliseconds = { first: 150, most: 800, afterGoodbye: 300 };

/** The one socket of this page, and what is known of it. */
export interface Line {
  readonly live: Live;
  readonly state: Store<LineState>;
}

interface LineParts {
  /** Called whenever the line comes (back) up: what was fetched before may be stale. */
  readonly onUp: () => void;
  /** Asks the server whether it knows us; a socket that is refused does not tell that from one that nobody answers. */
  readonly isRefused: () => Promise<boolean>;
}

/** Opens the line; it connects again by itself, unless the server does not know us. */
export function openLine({ onUp, isRefused }: LineParts): Line {
  const socket = io({
    path: livePath,
    transports: ['websocket'],
    reconnectionDelay: delayMilliseconds.first,
    reconnectionDelayMax: delayMilliseconds.most,
    timeout: 5000,
  });
  const state = new Store<LineState>('connecting');
  socket.on('connect', () => {
    state.set('up');
    onUp();
  });
  socket.on('disconnect', (reason) => {
    state.set('down');
    // When the server itself said good-bye, the library leaves it to us to connect again.
    if (reason === 'io server disconnect') setTimeout(() => socket.connect(), delayMilliseconds.afterGoodbye);
  });
  socket.on('connect_error', async () => {
    const refused = await isRefused();
    if (socket.connected) return;
    state.set(refused ? 'refused' : 'down');
    if (refused) socket.disconnect();
  });
  return { live: createLive(socket), state };
}
