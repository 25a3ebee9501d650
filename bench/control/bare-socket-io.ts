import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { RecordedEvent } from '@nova/core';
import { Server } from 'socket.io';

/** As many events as the fleet of the benchmark records, evenly. */
const everyMs = 40;

// The peer: Socket.IO that broadcasts an event to all sockets, from no ledger and with regard for nobody who is slow.
const server = createServer();
const io = new Server(server, { path: '/live' });
let position = 0;

setInterval(() => {
  position += 1;
  const event: RecordedEvent = {
    specversion: '1.0',
    id: randomUUID(),
    source: '/nova',
    type: 'nova.task.waiting',
    time: new Date().toISOString(),
    subject: 'task/tbench',
    datacontenttype: 'application/json',
    schemaversion: 1,
    tenant: 'local',
    actor: 'bench',
    cause: null,
    traceparent: null,
    streamversion: position,
    position,
    data: { task: 'tbench', reason: 'The machine has no memory left for another task.' },
  };
  io.emit('events', { topic: 'fleet', events: [event] });
}, everyMs);

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? address?.port : 0}\n`);
});
