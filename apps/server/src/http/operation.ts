import type { Endpoint } from '@nova/client';
import { NovaError } from '@nova/core';
import type { Request, Response, Router } from 'express';
import type { z } from 'zod';
import type { KeyedAnswer, KeyedAnswers } from './keyed-answers.ts';

const longestKey = 200;

/** A request of one operation, parsed. */
export interface Asked<Operation extends Endpoint> {
  /** The id or hash in the path; empty when there is none. */
  readonly parameter: string;
  readonly query: z.output<Operation['query']>;
  readonly body: z.output<NonNullable<Operation['body']>>;
  /** The Idempotency-Key; empty for what does not write. */
  readonly key: string;
  readonly request: Request;
  readonly response: Response;
}

/** Carries out one operation: resolves with the JSON to answer, for a write with its task; undefined when it answered itself. */
export type Handler<Operation extends Endpoint> = (
  asked: Asked<Operation>,
) => Promise<Operation['keyed'] extends true ? KeyedAnswer : unknown>;

/** Puts an operation on a router: what comes in is parsed here, once, and a repeated write answered as the first time. */
export function serveOperation<Operation extends Endpoint>(
  router: Router,
  operation: Operation,
  handler: Handler<Operation>,
  answers: KeyedAnswers,
): void {
  router[operation.method](operation.path, async (request: Request, response: Response) => {
    const asked = {
      parameter: String(Object.values(request.params)[0] ?? ''),
      key: operation.keyed ? keyOf(request) : '',
      query: operation.query.parse(request.query) as Asked<Operation>['query'],
      body: operation.body?.parse(request.body ?? {}) as Asked<Operation>['body'],
      request,
      response,
    };
    const answer = operation.keyed
      ? await answers.answer(
          asked.key,
          { method: operation.method, path: request.path, body: asked.body },
          () => handler(asked) as Promise<KeyedAnswer>,
        )
      : await handler(asked);
    if (answer !== undefined) response.status(operation.status).json(answer);
  });
}

function keyOf(request: Request): string {
  const key = request.get('idempotency-key')?.trim() ?? '';
  if (key !== '' && key.length <= longestKey) return key;
  throw new NovaError(
    'usage.invalid',
    `What writes needs an Idempotency-Key header of 1 to ${longestKey} characters: a new one for every wish. Nothing was done.`,
  );
}
