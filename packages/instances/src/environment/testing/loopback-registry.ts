import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A package to publish: its files by path; for npm with a package.json, for pip as the content of a wheel. */
export interface Published {
  readonly name: string;
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
}

/** A registry on loopback that npm and pip both understand; for tests. */
export interface LoopbackRegistry extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Paths asked for, in order: the witness of what installs did. */
  readonly asked: string[];
  /** Authorization headers that came along. */
  readonly credentials: string[];
  /** Lock entry of an npm package. */
  locked(name: string): { version: string; resolved: string; integrity: string };
  /** While true, downloads are cut after a few bytes. */
  cutting: boolean;
  /** While set, downloads wait for it. */
  hold: Promise<void> | null;
}

/** Starts a registry that offers these packages. */
export async function startLoopbackRegistry(
  npm: readonly Published[],
  python: readonly Published[] = [],
): Promise<LoopbackRegistry> {
  const work = mkdtempSync(join(tmpdir(), 'nova-registry-'));
  const archives = new Map<string, Buffer>();
  for (const one of npm) archives.set(`/${one.name}/-/${one.name}-${one.version}.tgz`, pack(work, one));
  const wheels = new Map(python.map((one) => [one.name, wheelName(one)]));
  for (const one of python) archives.set(`/files/${wheelName(one)}`, wheel(work, one));
  rmSync(work, { recursive: true, force: true });
  const asked: string[] = [];
  const credentials: string[] = [];

  const server = createServer((request, answer) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname);
    asked.push(path);
    if (request.headers.authorization !== undefined) credentials.push(request.headers.authorization);
    const archive = archives.get(path);
    if (archive !== undefined) {
      if (registry.cutting) {
        answer.writeHead(200, { 'content-length': archive.length });
        answer.write(archive.subarray(0, 10), () => answer.destroy());
        return;
      }
      (registry.hold ?? Promise.resolve()).then(() => answer.end(archive));
      return;
    }
    const simple = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
    const file = simple === undefined ? undefined : wheels.get(simple);
    if (file !== undefined) {
      answer.setHeader('content-type', 'text/html');
      answer.end(`<!DOCTYPE html><html><body><a href="/files/${file}">${file}</a></body></html>`);
      return;
    }
    const found = npm.find(({ name }) => path === `/${name}`);
    if (found === undefined) answer.writeHead(404).end('{}');
    else {
      const { version, resolved, integrity } = registry.locked(found.name);
      const manifest = JSON.parse(found.files['package.json'] ?? '{}');
      const dist = { tarball: resolved, integrity };
      answer.setHeader('content-type', 'application/json');
      answer.end(
        JSON.stringify({
          name: found.name,
          'dist-tags': { latest: version },
          versions: { [version]: { ...manifest, dist } },
        }),
      );
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = (server.address() as AddressInfo).port;
  const registry: LoopbackRegistry = {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    credentials,
    cutting: false,
    hold: null,
    locked(name) {
      const found = npm.find((one) => one.name === name);
      const path = found === undefined ? '' : `/${name}/-/${name}-${found.version}.tgz`;
      const archive = archives.get(path);
      if (found === undefined || archive === undefined) throw new Error(`${name} is not published`);
      const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
      return { version: found.version, resolved: `http://127.0.0.1:${port}${path}`, integrity };
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return registry;
}

function pack(work: string, { name, files }: Published): Buffer {
  const folder = join(work, name);
  for (const [path, text] of Object.entries(files)) write(join(folder, 'package', path), text);
  execFileSync('tar', ['-czf', join(work, `${name}.tgz`), '-C', folder, 'package']);
  return readFileSync(join(work, `${name}.tgz`));
}

function wheel(work: string, published: Published): Buffer {
  const { name, version, files } = published;
  const folder = join(work, `wheel-${name}`);
  for (const [path, text] of Object.entries(files)) write(join(folder, path), text);
  const information = join(folder, `${name}-${version}.dist-info`);
  write(join(information, 'METADATA'), `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
  write(join(information, 'WHEEL'), 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n');
  write(join(information, 'RECORD'), '');
  const archive = join(work, wheelName(published));
  const script = 'import shutil,sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])';
  execFileSync('python3', ['-c', script, archive, folder]);
  return readFileSync(`${archive}.zip`);
}

function wheelName({ name, version }: Published): string {
  return `${name}-${version}-py3-none-any.whl`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
