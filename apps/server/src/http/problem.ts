import type { Server } from 'node:http';
import { httpStatus, type Problem } from '@nova/client';
import { type Clock, NovaError, refusedShape, toNovaError } from '@nova/core';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { z } from 'zod';
import { log, seldomLog } from '../log.ts';
import { answerAndCut, isEndless } from './json-body.ts';

const refusals: ReadonlySet<number> = new Set([401, 403, 413, 415]);

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
  const logSeldom = seldomLog(clock);
  function logProblem(error: NovaError, status: number, asked: string): void {
    const facts = { asked: asked.slice(0, 200), ...error.toRecord() };
    if (status >= 500) log('error', 'request.failed', facts);
    else logSeldom(error.code, 'warn', 'request.refused', facts);
  }
  return (thrown: unknown, request, response, next) => {
    const error = asNovaError(thrown);
    const problem = problemOf(error);
    const { status } = problem;
    if (status >= 500 || refusals.has(status)) logProblem(error, status, `${request.method} ${request.path}`);
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

function refusedInput(thrown: z.ZodError): NovaError {
  const message = `${refusedShape(thrown)}. Nothing was done; /v1/openapi.json says what is taken.`;
  return new NovaError('usage.invalid', message, { cause: thrown });
}

/** Answers what is no HTTP, or has longer headers than are read, in the same form as every other failure; Node would close mute. */
export function answerMalformed(server: Server): void {
  server.on('clientError', (fault: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || fault.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const tooLong = fault.code === 'HPE_HEADER_OVERFLOW' ? ' Its headers are longer than is read.' : '';
    const error = new NovaError(
      'http.malformed',
      `This is no HTTP request that can be read.${tooLong} Nothing was done.`,
    );
    const text = JSON.stringify(problemOf(error));
    const head = ['HTTP/1.1 400 Bad Request', 'Content-Type: application/problem+json', 'Connection: close'];
    socket.end(`${head.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  });
}

/** Whatever was thrown, with its code; a refused shape tells what of it was refused. */
export function asNovaError(thrown: unknown): NovaError {
  if (thrown instanceof z.ZodError) return refusedInput(thrown);
  // The router's own refusals: a path that cannot be decoded.
  const { status } = (thrown ?? {}) as { status?: unknown };
  if (typeof status === 'number' && status >= 400 && status < 500) {
    const message = thrown instanceof Error ? thrown.message : 'The request could not be read';
    return new NovaError('usage.invalid', `${message}. Nothing was done.`, { cause: thrown });
  }
  return toNovaError(thrown);
}
