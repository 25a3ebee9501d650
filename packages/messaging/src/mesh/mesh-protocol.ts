import { z } from 'zod';

/** JSON-RPC methods that the Mesh keeps for itself; every other method is a subject. */
export const meshMethods = {
  subscribe: 'mesh/subscribe',
  unsubscribe: 'mesh/unsubscribe',
  message: 'mesh/message',
  health: 'mesh/health',
} as const;

/** Parameters travel inside an object, so that any JSON value can be one. */
export const requestParams = z.object({ params: z.unknown() });
export const subscriptionParams = z.object({ subject: z.string() });
export const messageParams = z.object({ subject: z.string(), payload: z.unknown() });
export const healthResult = z.object({ pid: z.number().int(), uptimeSeconds: z.number() });

/** What the `data` of a JSON-RPC error carries: a `NovaError` in its wire form. */
export const errorData = z.object({ code: z.string(), message: z.string(), details: z.unknown().optional() });

/** JSON-RPC code of an error that a handler threw; the standard leaves it to applications. */
export const handlerFailed = -32000;
