import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { emptyFleet, foldFleet, foldTask, type TaskView } from '@nova/core';
import { openSqliteLedgerReader } from '@nova/messaging';
import { load, quantile } from './control/load.ts';
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
  const peer = await place.peer(answer);
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
  const { url, token, pid } = await place.server();
  const headers = { authorization: `Bearer ${token}` };
  const { position } = (await (await fetch(`${url}/v1/fleet`, { headers })).json()) as { position: number };
  const before = memoryOf(pid);
  const listeners = place.listeners(url, token, String(sockets), String(position));
  await once(listeners, 'message');
  await delay(1000);
  report({ name: 'memory of a socket', value: (memoryOf(pid) - before) / sockets, unit: 'KiB' });
  // Real tasks, refused at their intake: every one of them is submitted, admitted, begun and ended while all sockets listen.
  const tasks = quick ? 5 : 60;
  for (let n = 0; n < tasks; n += 1) {
    const body = JSON.stringify({ kind: 'fix', repository: '/nowhere/at/all', testCommand: 'true' });
    const sent = { ...headers, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    await fetch(`${url}/v1/tasks`, { method: 'POST', body, headers: sent });
    await delay(200);
  }
  await ended(url, headers);
  const heard = once(listeners, 'message');
  listeners.send('report');
  const [{ events, p50, p99 }] = (await heard) as [{ events: number; p50: number; p99: number }];
  if (events < tasks * sockets) throw new Error(`Only ${events} events arrived.`);
  report({ name: `event to each of ${sockets} sockets, median`, value: p50, unit: 'ms' });
  report({ name: `event to each of ${sockets} sockets, p99`, value: p99, unit: 'ms', goal: latencyGoalMs });
}

async function ended(url: string, headers: Readonly<Record<string, string>>): Promise<void> {
  for (;;) {
    const { fleet } = (await (await fetch(`${url}/v1/fleet`, { headers })).json()) as { fleet: { open: unknown[] } };
    if (fleet.open.length === 0) return;
    await delay(100);
  }
}

/** Resident memory in KiB. */
function memoryOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
