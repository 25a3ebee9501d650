import { apiVersion, type ServerState } from '@nova/client';
import express, { type Express } from 'express';
import type { Lifetime } from '../lifetime.ts';
import { problems, unknownPath } from './problem.ts';

/** The HTTP side: versioned paths, JSON bodies of bounded size, coded problems. A request keeps the server alive. */
export function createApp(state: ServerState, routes: readonly express.Router[], lifetime: Lifetime): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    const presence = lifetime.clientCame();
    response.once('close', () => presence[Symbol.dispose]());
    next();
  });
  app.use(express.json({ limit: '1mb' }));
  app.get(`/${apiVersion}/state`, (_request, response) => {
    response.json(state);
  });
  app.post(`/${apiVersion}/leave`, (_request, response) => {
    response.json({ leaving: lifetime.leaveNow() });
  });
  for (const router of routes) app.use(`/${apiVersion}`, router);
  app.use(unknownPath);
  app.use(problems);
  return app;
}
