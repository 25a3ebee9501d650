import { NovaError } from '@nova/core';
import type { Request, RequestHandler, Response } from 'express';

const largestBody = 1024 * 1024;
/** How long whoever sends too much has to read why, in milliseconds. */
const lingerMs = 1000;

/**
 * Reads a JSON body of at most 1 MiB. Express's own parser reads the whole of what it refuses before it says so; this one
 * stops at the limit.
 */
export const jsonBody: RequestHandler = async (request, _response, next) => {
  if (!hasBody(request)) return next();
  if (!isJson(request)) {
    throw new NovaError('http.media_type', 'A body is sent as application/json in UTF-8. Nothing was done.');
  }
  if (Number(request.headers['content-length'] ?? 0) > largestBody) throw tooLarge();
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    pieces.push(piece as Buffer);
    length += (piece as Buffer).length;
    if (length > largestBody) throw tooLarge();
  }
  try {
    request.body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))) as unknown;
  } catch (cause) {
    throw new NovaError('usage.invalid', 'The body is not JSON. Nothing was done.', { cause });
  }
  next();
};

/** True when a refused request still has more to send than is read of any. */
export function isEndless(request: Request): boolean {
  return !request.complete && hasBody(request) && declaredLength(request) > largestBody;
}

/**
 * Answers a request whose body is left unread. The answer is whole at once, but the connection is cut only after a moment: cutting
 * it with unread bytes in it would take the answer away from who is still sending.
 */
export function answerAndCut(request: Request, response: Response, text: string): void {
  response.set({ Connection: 'close', 'Content-Length': String(Buffer.byteLength(text)) });
  response.write(text);
  setTimeout(() => request.socket.destroy(), lingerMs).unref();
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Infinite when it is not said beforehand. */
function declaredLength({ headers }: Request): number {
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Number.POSITIVE_INFINITY;
}

function isJson({ headers }: Request): boolean {
  const encoding = headers['content-encoding'] ?? 'identity';
  return encoding === 'identity' && /^application\/json *(; *charset="?utf-8"?)?$/i.test(headers['content-type'] ?? '');
}

function tooLarge(): NovaError {
  return new NovaError('http.too_large', `A body has at most ${largestBody} bytes. Nothing was done.`);
}
