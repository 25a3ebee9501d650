import { existsSync, globSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

// Builds what the server serves, unless it is newer than everything that it is made from. Two builds at once do no harm:
// each works in a folder of its own and puts the finished one in place.

const here = import.meta.dirname;
const made = join(here, 'dist');
const sources = ['**', '../../packages/{core,client}/src/**'];
const notSources = /^(dist|node_modules)/;

function isFresh(): boolean {
  const page = join(made, 'index.html');
  if (!existsSync(page)) return false;
  const builtAt = statSync(page).mtimeMs;
  return globSync(sources, { cwd: here, exclude: (path) => notSources.test(path) }).every(
    (path) => statSync(join(here, path)).mtimeMs <= builtAt,
  );
}

if (!isFresh()) {
  const fresh = `${made}.${process.pid}`;
  const old = `${fresh}.old`;
  try {
    await build({ configFile: join(here, 'vite.config.ts'), logLevel: 'error', build: { outDir: fresh } });
    if (existsSync(made)) renameSync(made, old);
    renameSync(fresh, made);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}
