import { httpStatus, type Problem } from '@nova/client';
import { NovaError, toNovaError } from '@nova/core';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { z } from 'zod';

/** Every failure leaves as RFC 9457 problem details with Nova's code. */
export const problems: ErrorRequestHandler = (thrown: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(thrown);
    return;
  }
  const error = asNovaError(thrown);
  const status = httpStatus[error.code];
  const body: Problem = {
    type: `urn:nova:${error.code}`,
    title: error.code,
    status,
    code: error.code,
    detail: error.message,
    details: error.details,
  };
  response.status(status).type('application/problem+json').send(JSON.stringify(body));
};

/** Answers every path that no route took. */
export const unknownPath: RequestHandler = (request) => {
  throw new NovaError('usage.invalid', `There is nothing at ${request.method} ${request.path}.`);
};

function asNovaError(thrown: unknown): NovaError {
  if (thrown instanceof z.ZodError) return new NovaError('usage.invalid', z.prettifyError(thrown), { cause: thrown });
  const status = (thrown as { status?: unknown } | null)?.status;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new NovaError('usage.invalid', thrown instanceof Error ? thrown.message : 'The request could not be read.', {
      cause: thrown,
    });
  }
  return toNovaError(thrown);
}
