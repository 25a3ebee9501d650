import { httpStatus, type Problem } from '@nova/client';
import { type Clock, type ErrorCode, NovaError, toNovaError } from '@nova/core';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { z } from 'zod';
import { answerAndCut, isEndless } from './json-body.ts';

const refusals: ReadonlySet<number> = new Set([401, 403, 413, 415]);
const refusalsEveryMs = 60_000;

/** The wire form of a failure. */
export function problemOf(error: NovaError): Problem {
  return {
    type: `urn:nova:${error.code}`,
    title: error.code,
    status: httpStatus[error.code],
    code: error.code,
    detail: error.message,
    details: error.details,
  };
}

/**
 * Every failure leaves as RFC 9457 problem details with Nova's code. Nova's own faults are logged, and so is who was refused, at
 * most once a minute for each code: a page with an old token asks all day.
 */
export function problems(clock: Pick<Clock, 'monotonic'>): ErrorRequestHandler {
  const lastLogged = new Map<ErrorCode, number>();
  function log(error: NovaError, status: number, asked: string): void {
    const now = clock.monotonic();
    if (status < 500 && now - (lastLogged.get(error.code) ?? Number.NEGATIVE_INFINITY) < refusalsEveryMs) return;
    lastLogged.set(error.code, now);
    const line = { time: new Date().toISOString(), level: status >= 500 ? 'error' : 'warn' };
    process.stderr.write(`${JSON.stringify({ ...line, asked: asked.slice(0, 200), ...error.toRecord() })}\n`);
  }
  return (thrown: unknown, request, response, next) => {
    const error = asNovaError(thrown);
    const problem = problemOf(error);
    const { status } = problem;
    if (status >= 500 || refusals.has(status)) log(error, status, `${request.method} ${request.path}`);
    if (response.headersSent) {
      next(thrown);
      return;
    }
    response.status(status).set('Cache-Control', 'no-store').type('application/problem+json');
    const text = JSON.stringify(problem);
    if (isEndless(request)) answerAndCut(request, response, text);
    else response.send(text);
  };
}

/** Answers every path that no route took. */
export const unknownPath: RequestHandler = (request) => {
  throw new NovaError('http.unknown', `There is nothing at ${request.method} ${request.path}.`);
};

/** Whatever was thrown, with its code; a refused shape tells what of it was refused. */
export function asNovaError(thrown: unknown): NovaError {
  if (thrown instanceof z.ZodError) return new NovaError('usage.invalid', z.prettifyError(thrown), { cause: thrown });
  // The router's own refusals: a path that cannot be decoded.
  const { status } = (thrown ?? {}) as { status?: unknown };
  if (typeof status === 'number' && status >= 400 && status < 500) {
    const message = thrown instanceof Error ? thrown.message : 'The request could not be read';
    return new NovaError('usage.invalid', `${message}. Nothing was done.`, { cause: thrown });
  }
  return toNovaError(thrown);
}
