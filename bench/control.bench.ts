import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { emptyFleet, foldFleet, foldTask, type TaskView } from '@nova/core';
import { openSqliteLedgerReader } from '@nova/messaging';
import { load, quantile } from './control/load.ts';
import { memoryInUse } from './control/memory-in-use.ts';
import { ControlPlace } from './control/place.ts';
import type { Bench } from './run.ts';

const connections = 16;
const sockets = 200;
/** Milliseconds from the recording of an event to its arrival in a front end. */
const latencyGoalMs = 100;

/** What the control plane costs: requests beside bare Express, events to many sockets, memory of a socket, views made anew. */
export default async function control(bench: Bench): Promise<void> {
  const quick = bench.quick;
  await using place = new ControlPlace();
  const events = await place.seed(quick ? 50 : 500, 50);
  await rebuild(bench, place, events);
  await requests(bench, place);
  await using second = new ControlPlace();
  await live(bench, second);
}

async function rebuild({ quick, report }: Bench, place: ControlPlace, events: number): Promise<void> {
  await using ledger = await openSqliteLedgerReader({ path: join(place.home, 'ledger.sqlite') });
  const speeds: number[] = [];
  for (let round = 0; round < (quick ? 1 : 5); round += 1) {
    const begun = performance.now();
    let fleet = emptyFleet;
    const tasks = new Map<string, TaskView>();
    for (let page = await ledger.readAll({ after: 0 }); page.length > 0; ) {
      for (const event of page) {
        fleet = foldFleet(fleet, event);
        const task = foldTask(tasks.get(event.subject) ?? null, event);
        if (task) tasks.set(event.subject, task);
      }
      page = await ledger.readAll({ after: page.at(-1)?.position ?? 0 });
    }
    speeds.push(events / ((performance.now() - begun) / 1000));
    if (tasks.size !== fleet.states.finished) throw new Error('The views do not agree.');
  }
  report({ name: 'views made anew', value: quantile(speeds, 0.5), unit: 'events/s', better: 'higher' });
}

async function requests(bench: Bench, place: ControlPlace): Promise<void> {
  const { quick, report } = bench;
  const { url, token } = await place.server();
  const headers = { authorization: `Bearer ${token}` };
  const path = '/v1/tasks/tseed7';
  const answer = await (await fetch(`${url}${path}`, { headers })).text();
  const peer = await place.peer('express', answer);
  const kinds = { nova: `${url}${path}`, bare: `${peer}${path}`, list: `${url}/v1/tasks?limit=50` };
  const loads = { nova: [], bare: [], list: [] } as Record<keyof typeof kinds, { perSecond: number; p99: number }[]>;
  // One after the other, round by round: what else the machine does then disturbs all alike.
  for (let round = 0; round < (quick ? 1 : 5); round += 1) {
    for (const kind of ['nova', 'bare', 'list'] as const) {
      loads[kind].push(await load(kinds[kind], headers, connections, quick ? 0.5 : 3));
    }
  }
  const median = (kind: keyof typeof kinds, of: 'perSecond' | 'p99') =>
    quantile(
      loads[kind].map((one) => one[of]),
      0.5,
    );
  const beside = (of: 'perSecond' | 'p99') => ({ name: 'bare Express', value: median('bare', of) });
  report({
    name: 'requests for a task',
    value: median('nova', 'perSecond'),
    unit: '1/s',
    better: 'higher',
    peer: beside('perSecond'),
  });
  report({ name: 'requests for a task, p99', value: median('nova', 'p99'), unit: 'ms', peer: beside('p99') });
  report({ name: 'requests for 50 of all tasks', value: median('list', 'perSecond'), unit: '1/s', better: 'higher' });
  report({ name: 'requests for 50 of all tasks, p99', value: median('list', 'p99'), unit: 'ms' });
}

async function live({ quick, report }: Bench, place: ControlPlace): Promise<void> {
  const { url, token, inspector } = await place.server();
  const headers = { authorization: `Bearer ${token}` };
  const { position } = (await (await fetch(`${url}/v1/fleet`, { headers })).json()) as { position: number };
  const listeners = place.listeners(url, token, String(sockets), String(position));
  await once(listeners, 'message');
  // Within what the first sockets needed once for all, the second ones show what a socket takes.
  await delay(1000);
  const before = await memoryInUse(inspector);
  const more = place.listeners(url, token, String(sockets), String(position));
  await once(more, 'message');
  await delay(1000);
  report({
    name: 'memory of a socket',
    value: ((await memoryInUse(inspector)) - before) / sockets / 1024,
    unit: 'KiB',
  });
  await heard(more);
  // Real tasks, refused at their intake: every one of them is submitted, admitted, begun and ended while all sockets listen.
  const tasks = quick ? 5 : 60;
  for (let n = 0; n < tasks; n += 1) {
    const body = JSON.stringify({ kind: 'fix', repository: '/nowhere/at/all', testCommand: 'true' });
    const sent = { ...headers, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    await fetch(`${url}/v1/tasks`, { method: 'POST', body, headers: sent });
    await delay(200);
  }
  await ended(url, headers);
  const { events, p50, p99 } = await heard(listeners);
  if (events < tasks * sockets) throw new Error(`Only ${events} events arrived.`);
  const bare = place.listeners(await place.peer('socketIo'), '', String(sockets), '0');
  await once(bare, 'message');
  await delay(quick ? 1000 : 10_000);
  const peer = await heard(bare);
  const name = 'bare Socket.IO';
  report({
    name: `event to each of ${sockets} sockets, median`,
    value: p50,
    unit: 'ms',
    peer: { name, value: peer.p50 },
  });
  report({
    name: `event to each of ${sockets} sockets, p99`,
    value: p99,
    unit: 'ms',
    goal: latencyGoalMs,
    peer: { name, value: peer.p99 },
  });
}

/** How late the events were that a process of sockets heard; it ends with that. */
async function heard(listeners: ChildProcess): Promise<{ events: number; p50: number; p99: number }> {
  const told = once(listeners, 'message');
  listeners.send('report');
  const [lateness] = (await told) as [{ events: number; p50: number; p99: number }];
  return lateness;
}

async function ended(url: string, headers: Readonly<Record<string, string>>): Promise<void> {
  for (;;) {
    const { fleet } = (await (await fetch(`${url}/v1/fleet`, { headers })).json()) as { fleet: { open: unknown[] } };
    if (fleet.open.length === 0) return;
    await delay(100);
  }
}
