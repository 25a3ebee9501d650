import { type EndpointName, endpoints, longestPiece, type ServerState, type TaskSummary } from '@nova/client';
import { NovaError, type TaskView } from '@nova/core';
import { type Blobs, hashJson, type Ledger, taskStream } from '@nova/messaging';
import { type Request, type Response, Router } from 'express';
import type { HostLink } from '../fleet/host-link.ts';
import type { Lifetime } from '../lifetime.ts';
import type { LedgerTail } from '../live/ledger-tail.ts';
import { readPiece } from '../tasks/blob-piece.ts';
import { readMachine } from '../tasks/machine.ts';
import type { TaskBoard } from '../tasks/task-board.ts';
import type { FleetBoard } from '../views/fleet-board.ts';
import type { KeyedAnswers } from './keyed-answers.ts';
import { openApiDocument } from './openapi.ts';
import { type Handler, serveOperation } from './operation.ts';
import { sendOutputFile } from './output-file.ts';
import type { TaskDoor } from './task-door.ts';
import { pageOf } from './task-pages.ts';
import { watchTask } from './watch.ts';

/** What stands behind the API. */
export interface ApiParts {
  readonly state: ServerState;
  readonly tasks: TaskDoor;
  readonly board: TaskBoard;
  readonly fleet: FleetBoard;
  readonly ledger: Ledger;
  readonly tail: LedgerTail;
  readonly blobs: Blobs;
  readonly host: Pick<HostLink, 'onActivity'>;
  readonly lifetime: Lifetime;
  readonly answers: KeyedAnswers;
}

/** Every operation of the API; `local` ones only for the unix socket. */
export function apiRouter(parts: ApiParts, local: boolean): Router {
  const router = Router();
  const handlers = operations(parts);
  for (const name of Object.keys(endpoints) as EndpointName[]) {
    if (endpoints[name].local && !local) continue;
    // The table pairs each name with its handler; TypeScript does not follow the pair through a loop.
    serveOperation(router, endpoints[name], handlers[name] as Handler<(typeof endpoints)[typeof name]>, parts.answers);
  }
  refuseOtherMethods(router, local);
  return router;
}

/** A path that is there answers a method that it does not take with those that it takes. */
function refuseOtherMethods(router: Router, local: boolean): void {
  const offered = Object.values(endpoints).filter((endpoint) => local || !endpoint.local);
  for (const [path, those] of Map.groupBy(offered, (endpoint) => endpoint.path)) {
    const methods = those.map(({ method }) => method.toUpperCase());
    const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
    router.all(path, (request, response) => {
      response.set('Allow', allowed);
      throw new NovaError('http.method', `${request.path} takes ${allowed}, not ${request.method}. Nothing was done.`);
    });
  }
}

function operations(parts: ApiParts): { readonly [Name in EndpointName]: Handler<(typeof endpoints)[Name]> } {
  const { state, tasks, board, fleet, ledger, blobs } = parts;
  const document = openApiDocument(state.version);
  const documentTag = hashJson(document);

  async function summaryOf(id: string): Promise<TaskSummary> {
    return summary(await board.get(id));
  }
  /** The answer of a write that leaves a task behind. */
  async function changed(view: Promise<TaskView>) {
    const answer = summary(await view);
    return { task: answer.id, answer };
  }

  return {
    state: async () => state,
    openapi: async ({ request, response }) => (isFresh(request, response, documentTag) ? undefined : document),
    fleet: async () => {
      // No ETag: the machine's figures are never twice the same, and a reader of the tasks alone has the list and the live events.
      // Processes are the queue's business.
      const { processes: _processes, ...machine } = await readMachine(state.dataFolder);
      return { ...(await fleet.look()), machine };
    },
    tasks: async ({ query, request, response }) => {
      const all = await board.all();
      const newest = all.reduce((last, view) => Math.max(last, view.position), 0);
      if (isFresh(request, response, `tasks-${newest}-${state.version}`)) return undefined;
      return pageOf(all, query, summary);
    },
    submit: ({ body, key }) => changed(tasks.submit(body, key)),
    task: async ({ parameter, request, response }) => {
      const view = await board.get(parameter);
      if (isFresh(request, response, `${view.id}-${view.position}-${state.version}`)) return undefined;
      return summary(view);
    },
    events: async ({ parameter, query: { after, limit }, request, response }) => {
      const { id } = await summaryOf(parameter);
      const events = await ledger.read(taskStream(id), { after, limit });
      // Events never change, so a page is the same as long as it ends at the same one.
      const tag = `${id}-${after}-${limit}-${events.at(-1)?.position ?? after}-${state.version}`;
      if (isFresh(request, response, tag)) return undefined;
      return { events, next: events.length < limit ? null : (events.at(-1)?.position ?? null) };
    },
    result: async ({ parameter, request, response }) => {
      const { id, result } = await board.get(parameter);
      if (result !== null && isFresh(request, response, `${result}-${state.version}`)) return undefined;
      return tasks.result(id);
    },
    output: async ({ parameter, query: { call, offset, length }, response }) => {
      const { id } = await summaryOf(parameter);
      const { bytes, size, ended } = await tasks.output(id, call, offset, length);
      sendPiece(response, bytes, { 'Nova-Size': size, 'Nova-Ended': ended });
    },
    outputFile: async ({ parameter, query: { call }, response }) => {
      const { id } = await summaryOf(parameter);
      const name = `${call.replace(/[^\w.-]+/g, '-')}.txt`;
      await sendOutputFile(response, name, (offset) => tasks.output(id, call, offset, longestPiece));
    },
    blob: async ({ parameter: hash, query: { offset, length }, request, response }) => {
      if (!(await board.namesBlob(hash))) {
        throw new NovaError('blob.unknown', `No event of a task names the content ${hash}.`);
      }
      if (isFresh(request, response, `${hash}-${offset}-${length}`)) return;
      const size = await blobs.size(hash);
      sendPiece(response, await readPiece(blobs, hash, offset, length), { 'Nova-Size': size });
    },
    watch: async ({ parameter, query: { after }, response }) =>
      watchTask(parts, await board.get(parameter), after, response),
    pause: ({ parameter, body, key }) => changed(tasks.pause(parameter, { reason: body.reason, key })),
    interrupt: ({ parameter, body }) => changed(tasks.interrupt(parameter, body.reason)),
    resume: ({ parameter, body, key }) => changed(tasks.resume(parameter, { settle: body.settle, key })),
    cancel: ({ parameter, body, key }) => changed(tasks.cancel(parameter, { reason: body.reason, key })),
    apply: async ({ parameter, key }) => {
      const { id } = await summaryOf(parameter);
      return { task: id, answer: await tasks.apply(id, { key }) };
    },
    fork: ({ parameter, body, key }) => changed(tasks.fork(parameter, { callId: body.callId, key })),
    leave: async () => ({ leaving: parts.lifetime.leaveNow() }),
  };
}

/**
 * Names the state that the answer shows; true, and answered 304, when the asker has it already. Express's own comparison
 * gives up at `Cache-Control: no-cache`, which every `fetch` with an If-None-Match of its own sends.
 */
function isFresh(request: Request, response: Response, tag: string): boolean {
  response.set('ETag', `"${tag}"`);
  const had = request
    .get('if-none-match')
    ?.split(',')
    .map((one) => one.trim().replace(/^W\//, ''));
  if (!had?.some((one) => one === '*' || one === `"${tag}"`)) return false;
  response.status(304).end();
  return true;
}

function sendPiece(response: Response, bytes: Uint8Array, facts: Readonly<Record<string, number | boolean>>): void {
  for (const [name, value] of Object.entries(facts)) response.set(name, String(value));
  response.type('application/octet-stream').send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

function summary(view: TaskView): TaskSummary {
  const { submission: _submission, stages: _stages, calls: _calls, result: _result, ...summary } = view;
  return summary;
}
