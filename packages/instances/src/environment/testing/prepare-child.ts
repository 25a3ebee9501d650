import { makePlace, onlyRegistry } from './place.ts';

/** Prepares an environment in a process of its own, so that a test can kill it; prints what it does, a line each. */
const [root = '', url = '', command = '', driver = ''] = process.argv.slice(2);
const place = makePlace({ root, env: onlyRegistry(url) });
const say = (message: string) => process.stdout.write(`${message}\n`);
try {
  const output = await place.environments.prepare(
    place.input(command, driver === 'bubblewrap' ? 'bubblewrap' : 'none'),
    { signal: new AbortController().signal, progress: say },
  );
  say(`done ${output.key}`);
} catch (error) {
  say(`failed ${(error as { code?: string }).code} ${(error as Error).message}`);
}
