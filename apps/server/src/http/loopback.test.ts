import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { dashboardPaths, problemSchema } from '@nova/client';
import { Place } from './place.fixture.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

describe('the server on loopback', () => {
  let place: Place;
  before(async () => {
    place = await Place.open();
    mkdirSync(join(place.folder, 'pages/assets'), { recursive: true });
    writeFileSync(join(place.folder, 'pages/index.html'), '<title>the dashboard</title>');
    writeFileSync(join(place.folder, 'pages/assets/app-1a2b.js'), 'export {};');
    writeFileSync(join(place.folder, 'secret'), 'not for pages');
  });
  after(() => place[Symbol.asyncDispose]());

  /** As written, with the Host and Origin that a browser would forbid to set. */
  function ask(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
    const { hostname, port } = new URL(place.url);
    return new Promise((resolve, reject) => {
      const outgoing = request({ hostname, port, path, method, headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk;
        });
        response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      });
      outgoing.once('error', reject);
      outgoing.end();
    });
  }
  const codeOf = ({ text }: Answer) => problemSchema.parse(JSON.parse(text)).code;
  const bearer = () => ({ authorization: `Bearer ${place.token}` });

  it('answers whoever knows the token and nobody else', async () => {
    assert.equal((await ask('/v1/state', bearer())).status, 200);
    const cases: readonly [Record<string, string>, string][] = [
      [{}, 'auth.required'],
      [{ authorization: 'Bearer wrong' }, 'auth.refused'],
      [{ authorization: `Bearer ${place.token}x` }, 'auth.refused'],
      [{ authorization: `Basic ${place.token}` }, 'auth.required'],
      [{ cookie: `nova-${new URL(place.url).port}=${place.token}` }, 'auth.refused'],
    ];
    for (const [headers, code] of cases) {
      for (const path of ['/v1/state', '/v1/tasks', '/v1/openapi.json', '/v1/nothing']) {
        const answer = await ask(path, headers);
        assert.equal(answer.status, 401, `${path} ${answer.text}`);
        assert.equal(codeOf(answer), code);
      }
    }
  });

  it('turns the token of a link into a cookie that no script and no other site can use', async () => {
    const answer = await ask(`/login?token=${place.token}`);
    assert.equal(answer.status, 303);
    assert.equal(answer.headers['location'], '/');
    const [cookie = ''] = [answer.headers['set-cookie'] ?? []].flat();
    assert.match(cookie, /; HttpOnly/);
    assert.match(cookie, /; SameSite=Strict/);
    assert.ok(!cookie.includes(place.token), 'the cookie shows the token');
    const session = { cookie: `other=1; ${cookie.split(';')[0]}` };
    assert.equal((await ask('/v1/state', session)).status, 200);
    const wrong = await ask('/login?token=wrong');
    assert.deepEqual([wrong.status, codeOf(wrong), wrong.headers['set-cookie']], [401, 'auth.refused', undefined]);
    const browser = await ask('/login?token=wrong', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    assert.deepEqual([browser.status, browser.text.includes('the dashboard')], [401, true]);
    assert.equal(codeOf(await ask('/login')), 'auth.required');
    assert.equal(codeOf(await ask('/login?token=a&token=b')), 'auth.required');
  });

  it('answers what is no HTTP, and headers without end, as it answers every failure', async () => {
    const { hostname, port } = new URL(place.url);
    for (const sent of ['GARBAGE\r\n\r\n', `GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`]) {
      const socket = connect(Number(port), hostname);
      socket.end(sent);
      const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
      assert.match(head, /^HTTP\/1\.1 400 /);
      assert.equal(problemSchema.parse(JSON.parse(body)).code, 'http.malformed');
    }
  });

  it('refuses pages of other sites, and names that were rebound to this machine, token or not', async () => {
    const cases: readonly Record<string, string>[] = [
      { host: 'evil.example' },
      { host: '127.0.0.1.evil.example:80' },
      { origin: 'http://evil.example' },
      { origin: 'http://localhost:1' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of cases) {
      const answer = await ask('/v1/state', { ...bearer(), ...headers });
      assert.deepEqual([answer.status, codeOf(answer)], [403, 'auth.origin'], JSON.stringify(headers));
    }
    assert.equal((await ask('/', { host: 'evil.example' })).status, 403);
    const own = { host: 'localhost:1234', origin: 'http://localhost:1234', 'sec-fetch-site': 'same-origin' };
    assert.equal((await ask('/v1/state', { ...bearer(), ...own })).status, 200);
  });

  it('serves the dashboard under every address that it has, and no other file', async () => {
    for (const path of [...dashboardPaths.map((path) => path.replace(':id', 't123')), '/tasks/', '/fleet?x=1']) {
      const answer = await ask(path);
      assert.deepEqual([answer.status, answer.text], [200, '<title>the dashboard</title>'], path);
      assert.equal(answer.headers['cache-control'], 'no-cache');
      assert.match(String(answer.headers['content-security-policy']), /frame-ancestors 'none'/);
    }
    const asset = await ask('/assets/app-1a2b.js');
    assert.match(String(asset.headers['cache-control']), /immutable/);
    assert.match(String(asset.headers['content-type']), /javascript/);
    assert.equal((await ask('/assets/app-old.js')).status, 404);
    for (const path of ['/../secret', '/..%2fsecret', '/%2e%2e/secret', '/assets/..%2f..%2f..%2fsecret']) {
      assert.ok(!(await ask(path)).text.includes('not for pages'), path);
    }
    assert.equal((await ask('/', {}, 'POST')).status, 404);
  });

  it('says that there is nothing at every other address: to a person with the page, to a program with a problem', async () => {
    const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';
    for (const path of ['/nowhere', '/socket.io/?EIO=4', '/x/y.php', '/tasks/t1/secrets', '/tasks/t1/plan/more']) {
      for (const headers of [{}, { accept: '*/*' }]) {
        const answer = await ask(path, headers);
        assert.deepEqual([answer.status, codeOf(answer)], [404, 'http.unknown'], path);
        assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      }
      const page = await ask(path, { accept });
      assert.deepEqual([page.status, page.text], [404, '<title>the dashboard</title>'], path);
    }
    for (const path of ['//v1/state', '//v1', '/v1/nothing', '/assets/app-old.js', '/v2/state']) {
      for (const headers of [bearer(), { ...bearer(), accept }]) {
        const answer = await ask(path, headers);
        assert.deepEqual([answer.status, codeOf(answer)], [404, 'http.unknown'], path);
      }
    }
  });

  it('keeps what only the unix socket offers to itself', async () => {
    const answer = await ask('/v1/leave', bearer(), 'POST');
    assert.deepEqual([answer.status, codeOf(answer)], [404, 'http.unknown']);
  });
});
