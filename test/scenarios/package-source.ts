import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from './command.ts';

const cache = fileURLToPath(new URL('../../node_modules/.cache/nova-scenarios/', import.meta.url));

/** A published archive, named exactly and known by its hash. */
export interface PublishedPackage {
  readonly ecosystem: 'npm' | 'pypi';
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

/** Brings the archive through the ecosystem's ordinary client, once, and unpacks it into the empty `folder`. */
export async function unpack(source: PublishedPackage, folder: string): Promise<void> {
  const archive = await archiveOf(source);
  await mkdir(folder, { recursive: true });
  await must('tar', ['-xf', archive, '-C', folder, '--strip-components=1', '--no-same-owner'], { cwd: folder });
}

/** The path of the cached archive; fetches it when it is not there, and refuses one whose hash differs. */
export async function archiveOf(source: PublishedPackage): Promise<string> {
  const path = join(cache, `${createHash('sha256').update(source.integrity).digest('hex')}.tgz`);
  const cached = await readFile(path).catch(() => null);
  if (cached !== null && integrityOf(cached, source.integrity) === source.integrity) return path;
  await mkdir(cache, { recursive: true });
  const download = await mkdtemp(join(cache, 'download-'));
  try {
    const fetched = await fetchArchive(source, download);
    const found = integrityOf(await readFile(fetched), source.integrity);
    if (found !== source.integrity) {
      throw new Error(`${source.name} ${source.version} is ${found}, not ${source.integrity}; it was not used.`);
    }
    await rename(fetched, path);
  } finally {
    await rm(download, { recursive: true, force: true });
  }
  return path;
}

/** The hash of `content` in subresource form, by the algorithm that `like` uses. */
export function integrityOf(content: Uint8Array, like: string): string {
  const algorithm = like.startsWith('sha512-') ? 'sha512' : 'sha256';
  return `${algorithm}-${createHash(algorithm).update(content).digest('base64')}`;
}

async function fetchArchive({ ecosystem, name, version }: PublishedPackage, folder: string): Promise<string> {
  if (ecosystem === 'npm') {
    await must('npm', ['pack', '--silent', '--ignore-scripts', `${name}@${version}`], { cwd: folder });
  } else {
    const asked = ['--no-deps', '--no-binary', ':all:', '--quiet', '--dest', folder, `${name}==${version}`];
    await must('python3', ['-m', 'pip', 'download', ...asked], { cwd: dirname(folder) });
  }
  const [file] = await readdir(folder);
  if (file === undefined) throw new Error(`${name} ${version} was not downloaded.`);
  return join(folder, file);
}
