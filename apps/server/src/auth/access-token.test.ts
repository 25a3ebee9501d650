import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { NovaError } from '@nova/core';
import { openAccessToken } from './access-token.ts';

const folder = mkdtempSync(join(tmpdir(), 'nova-token-'));

describe('the token', () => {
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is made once, kept, and for its owner only, whatever happened to the file', () => {
    const path = join(folder, 'token');
    const token = openAccessToken(path);
    assert.match(token, /^[\w-]{43}$/);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    chmodSync(path, 0o644);
    assert.equal(openAccessToken(path), token);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.notEqual(openAccessToken(join(folder, 'another')), token);
  });

  it('is not whatever a file holds', () => {
    for (const content of ['', 'short', 'a token with spaces that is long enough to be one\n']) {
      const path = join(folder, 'spoilt');
      writeFileSync(path, content);
      assert.throws(
        () => openAccessToken(path),
        (thrown: NovaError) => thrown.code === 'auth.refused',
      );
    }
  });
});
