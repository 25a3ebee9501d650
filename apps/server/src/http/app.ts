import { apiVersion } from '@nova/client';
import { systemClock } from '@nova/core';
import express, { type Express, type Router } from 'express';
import type { Guard } from '../auth/guard.ts';
import type { Lifetime } from '../lifetime.ts';
import { jsonBody } from './json-body.ts';
import { pageHeaders } from './pages.ts';
import { problems, unknownPath } from './problem.ts';

interface AppParts {
  readonly lifetime: Lifetime;
  readonly api: Router;
  /** For TCP: who may ask, and the dashboard's pages. Null for the unix socket, whose folder only its owner enters. */
  readonly web: { readonly guard: Guard; readonly pages: Router } | null;
}

/** The HTTP side: versioned paths, JSON bodies of bounded size, coded problems. A request keeps the server alive. */
export function createApp({ lifetime, api, web }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  // What changes is named by the routes; hashing every answer would cost more than it saves.
  app.set('etag', false);
  app.use((_request, response, next) => {
    const presence = lifetime.clientCame();
    response.once('close', () => presence[Symbol.dispose]());
    next();
  });
  if (web) {
    app.use((request, _response, next) => next(web.guard.strangeHost(request)));
    app.use(`/${apiVersion}`, (request, _response, next) => next(web.guard.refusal(request)));
  }
  app.use(`/${apiVersion}`, (_request, response, next) => {
    response.set({ 'Cache-Control': 'private, no-cache', 'X-Content-Type-Options': 'nosniff' });
    next();
  });
  app.use(`/${apiVersion}`, jsonBody, api);
  if (web) app.use(pageHeaders, web.pages);
  app.use(unknownPath);
  app.use(problems(systemClock));
  return app;
}
