import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { NovaError, toNovaError } from '@nova/core';

const tokenBytes = 32;
const ownerOnly = 0o600;

/** The token that a request over TCP must know: read from its file, or made on the first start. Only its owner can read the file. */
export function openAccessToken(path: string): string {
  const token = randomBytes(tokenBytes).toString('base64url');
  try {
    writeFileSync(path, `${token}\n`, { flag: 'wx', mode: ownerOnly, flush: true });
    return token;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw toNovaError(thrown);
  }
  chmodSync(path, ownerOnly);
  const kept = readFileSync(path, 'utf8').trim();
  if (!/^[\w-]{32,}$/.test(kept)) {
    throw new NovaError('auth.refused', `${path} holds no token. Remove the file; the next start makes a new one.`);
  }
  return kept;
}
