import { createLive, type Live, livePath } from '@nova/client';
import { io } from 'socket.io-client';
import { quantile } from './load.ts';

// A process of its own that opens so many sockets, follows the fleet on each, and tells how late every event came.
const [url = '', token = '', count = '0', after = '0'] = process.argv.slice(2);
const late: number[] = [];
const lives: Live[] = [];
let follows = 0;

for (let n = 0; n < Number(count); n += 1) {
  const socket = io(url, {
    path: livePath,
    forceNew: true,
    transports: ['websocket'],
    extraHeaders: { authorization: `Bearer ${token}` },
  });
  socket.on('connect', () => {
    follows += 1;
    if (follows === Number(count)) process.send?.({ kind: 'connected' });
  });
  const live = createLive(socket);
  lives.push(live);
  live.follow('fleet', Number(after), {
    events: (events) => {
      const now = Date.now();
      for (const event of events) late.push(now - Date.parse(event.time));
    },
  });
}

process.on('message', () => {
  process.send?.({ kind: 'heard', events: late.length, p50: quantile(late, 0.5), p99: quantile(late, 0.99) }, () =>
    process.exit(0),
  );
});
