import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardPaths } from '@nova/client';
import { NovaError } from '@nova/core';
import express, { type Request, type RequestHandler, Router } from 'express';
import type { Guard } from '../auth/guard.ts';

/** Pages load nothing from elsewhere and are shown inside no other page. */
const contentPolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers of the dashboard's pages and files. */
export const pageHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'Content-Security-Policy': contentPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
  });
  next();
};

/**
 * `/login?token=` turns the token of a printed link into a cookie; every other path is a file of the built dashboard or, for the
 * addresses that its screens have, its one page. At any other address a person gets the page, which says that there is nothing,
 * and a program the problem; both with 404.
 */
export function pagesRouter(guard: Guard, folder: string): Router {
  const router = Router();
  const page = join(folder, 'index.html');
  router.get('/login', (request, response) => {
    const { token } = request.query;
    response.set('Cache-Control', 'no-store');
    if (typeof token !== 'string') {
      throw new NovaError('auth.required', 'The link has no token. `nova up` prints one that has.');
    }
    if (!guard.knows(token)) {
      // A person who is let in already goes on, another one gets the page, which asks for the token; a program gets the problem.
      if (existsSync(page) && wantsPage(request)) {
        if (guard.refusal(request) === null) {
          response.redirect(303, '/');
          return;
        }
        response.status(401).sendFile(page, { cacheControl: false });
        return;
      }
      throw new NovaError('auth.refused', 'This link is not, or no longer, valid. `nova up` prints a new one.');
    }
    response.set('Set-Cookie', guard.setCookie()).redirect(303, '/');
  });
  router.use(
    express.static(folder, {
      index: false,
      redirect: false,
      cacheControl: false,
      setHeaders: (response, path) => {
        // The build names these files by their content.
        const forever = path.startsWith(join(folder, 'assets/'));
        response.setHeader('Cache-Control', forever ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    }),
  );
  router.get([...dashboardPaths], (_request, response) => {
    if (!existsSync(page)) {
      throw new NovaError(
        'http.unknown',
        'The dashboard is not built here. The API and the command line work without it.',
      );
    }
    response.sendFile(page, { cacheControl: false, headers: { 'Cache-Control': 'no-cache' } });
  });
  router.get('/{*path}', (request, response, next) => {
    const isForPeople = !/^\/+(v\d+|live|assets)(\/|$)/.test(request.path) && wantsPage(request);
    if (!isForPeople || !existsSync(page)) return next();
    response.status(404).sendFile(page, { cacheControl: false, headers: { 'Cache-Control': 'no-store' } });
  });
  return router;
}

/** True for a browser that goes to an address; a program that takes anything wants no page. */
function wantsPage(request: Request): boolean {
  return request.accepts(['json', 'html']) === 'html';
}
