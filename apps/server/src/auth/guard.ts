import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { NovaError } from '@nova/core';

const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;
const ownSite = new Set(['same-origin', 'none']);

/** Who may ask a server that listens on loopback: whoever knows the token, from no page but Nova's own. */
export class Guard {
  readonly #token: string;
  readonly #session: string;
  readonly #cookie: string;

  /** `name` tells the cookies of several servers on one machine apart: a browser sends them to every port. */
  constructor(token: string, name: string) {
    this.#token = token;
    // A cookie that leaks is good for nothing once the token's file is removed, and never shows the token itself.
    this.#session = hash('sha256', `nova session ${token}`);
    this.#cookie = `nova-${name}`;
  }

  /** Null when the name the request was sent to is this machine's: a page whose name was rebound to it sends its own. */
  strangeHost(request: IncomingMessage): NovaError | null {
    if (loopbackHost.test(request.headers.host ?? '')) return null;
    return new NovaError(
      'auth.origin',
      'This server answers on localhost and 127.0.0.1 only. Nothing was done. Use the address that it printed.',
    );
  }

  /** Null when the request may be answered. */
  refusal(request: IncomingMessage): NovaError | null {
    return this.strangeHost(request) ?? this.#strangePage(request) ?? this.#stranger(request);
  }

  knows(token: string): boolean {
    return equal(token, this.#token);
  }

  /** The cookie for a browser that showed the token: no script reads it, and no other site's page sends it. */
  setCookie(): string {
    return `${this.#cookie}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }

  #strangePage({ headers }: IncomingMessage): NovaError | null {
    const site = headers['sec-fetch-site'];
    const foreign =
      (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) ||
      (typeof site === 'string' && !ownSite.has(site));
    if (!foreign) return null;
    return new NovaError('auth.origin', 'A page of another site asked. Nothing was done. Open the dashboard itself.');
  }

  #stranger({ headers }: IncomingMessage): NovaError | null {
    const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
    const session = cookieOf(headers.cookie ?? '', this.#cookie);
    if (bearer === undefined && session === undefined) {
      return new NovaError('auth.required', 'A token is needed. `nova up` prints a link that carries it.');
    }
    const known = bearer !== undefined ? this.knows(bearer) : equal(session ?? '', this.#session);
    if (known) return null;
    return new NovaError(
      'auth.refused',
      'This token is not, or no longer, the one of this server. `nova up` prints it.',
    );
  }
}

function cookieOf(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}

/** In a time that does not tell how much of it is right. */
function equal(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
