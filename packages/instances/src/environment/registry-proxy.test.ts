import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startRegistryProxy } from './registry-proxy.ts';

const folder = mkdtempSync(join(tmpdir(), 'nova-proxy-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const forwarder = fileURLToPath(new URL('./registry-forwarder.js', import.meta.url));

async function ask(socket: string, lines: string): Promise<{ stream: Socket; head: string }> {
  const stream = connect(socket);
  stream.write(`${lines}\r\n\r\n`);
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  return { stream, head: chunk.toString('utf8').split('\r\n')[0] ?? '' };
}

test('a tunnel leads to a registry and nowhere else, and every refusal is counted', async () => {
  const echo = createTcpServer((client) => client.pipe(client));
  const other = createTcpServer(() => assert.fail('the forbidden place was reached'));
  for (const server of [echo, other]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const port = (echo.address() as AddressInfo).port;
  const forbidden = (other.address() as AddressInfo).port;
  {
    await using proxy = await startRegistryProxy(join(folder, 'a.sock'), [{ host: '127.0.0.1', port }]);
    const { stream, head } = await ask(proxy.socket, `CONNECT 127.0.0.1:${port} HTTP/1.1`);
    assert.match(head, /^HTTP\/1\.1 200/);
    stream.write('through');
    assert.equal(String(await once(stream, 'data')), 'through');
    for (const place of [`127.0.0.1:${forbidden}`, `localhost:${port}`, `user@127.0.0.1:${port}`, 'nonsense']) {
      const refused = await ask(proxy.socket, `CONNECT ${place} HTTP/1.1`);
      assert.match(refused.head, /^HTTP\/1\.1 403/, place);
      refused.stream.destroy();
    }
    await ask(proxy.socket, `CONNECT 127.0.0.1:${forbidden} HTTP/1.1`).then(({ stream: again }) => again.destroy());
    assert.equal(proxy.refused().get(`127.0.0.1:${forbidden}`), 2);
    assert.equal(proxy.allowed(), 1);
    const closed = once(stream, 'close');
    await proxy[Symbol.asyncDispose]();
    await closed;
    assert.equal(existsSync(join(folder, 'a.sock')), false);
  }
  for (const server of [echo, other]) {
    server.close();
    await once(server, 'close');
  }
});

test('plain requests reach an http registry without the headers meant for a proxy', async () => {
  const seen: (string | undefined)[] = [];
  const registry = createServer((asked, answer) => {
    seen.push(asked.url, asked.headers['proxy-authorization'], asked.headers.host);
    answer.end('package');
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const port = (registry.address() as AddressInfo).port;
  {
    await using proxy = await startRegistryProxy(join(folder, 'b.sock'), [{ host: '127.0.0.1', port }]);
    const get = async (path: string): Promise<number | undefined> => {
      const asked = request({
        socketPath: proxy.socket,
        path,
        headers: { 'proxy-authorization': 'Basic eA==' },
        agent: false,
      });
      asked.end();
      const [answer] = await once(asked, 'response');
      answer.resume();
      await once(answer, 'end');
      return answer.statusCode;
    };
    assert.equal(await get(`http://127.0.0.1:${port}/thing?x=1`), 200);
    assert.deepEqual(seen, ['/thing?x=1', undefined, `127.0.0.1:${port}`]);
    assert.equal(await get('http://127.0.0.1:1/thing'), 403);
    assert.equal(await get('/thing'), 403);
  }
  registry.close();
  await once(registry, 'close');
});

test('the forwarder gives its command a proxy on loopback and ends as the command does', async () => {
  await using proxy = await startRegistryProxy(join(folder, 'c.sock'), []);
  const script = `const { request } = require('node:http'); const url = new URL(process.env.HTTPS_PROXY);
    request({ host: url.hostname, port: url.port, method: 'CONNECT', path: 'example.invalid:443' }).on('connect', (r) => process.exit(r.statusCode === 403 ? 7 : 1)).end();`;
  const child = spawn(process.execPath, [forwarder, proxy.socket, process.execPath, '-e', script], {
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  assert.equal(code, 7);
  assert.equal(proxy.refused().get('example.invalid:443'), 1);
});
