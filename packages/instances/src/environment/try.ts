import { execFileSync } from 'node:child_process';
import { systemClock } from '@nova/core';
import { createBubblewrapDriver } from '../sandbox/bubblewrap-driver.ts';
import { createPlainDriver } from '../sandbox/plain-driver.ts';
import { gitCommitFiles } from './commit-files.ts';
import { createEnvironments } from './environments.ts';

const t = '/tmp/envtry';
const e = createEnvironments({
  folder: t + '/store',
  run: t + '/run',
  commitFiles: gitCommitFiles(t + '/mirrors'),
  drivers: {
    bubblewrap: createBubblewrapDriver({ records: t + '/rec/b' }),
    none: createPlainDriver({ records: t + '/rec/n' }),
  },
  storeLog: async (b) => {
    console.log(b.toString().slice(-600));
    return 'h';
  },
  clock: systemClock,
  surroundings: { env: process.env, home: process.env.HOME! },
});
const commit = execFileSync('git', ['-C', t + '/repo', 'rev-parse', 'HEAD'])
  .toString()
  .trim();
const command = process.argv[2] ?? 'make test';
const t0 = Date.now();
const out = await e.prepare(
  {
    task: 't',
    repository: t + '/repo',
    mirror: 'm',
    commit,
    testCommand: command,
    driver: (process.argv[3] ?? 'bubblewrap') as never,
  },
  { signal: new AbortController().signal, progress: (m) => console.error(m) },
);
console.log(Date.now() - t0, out);
if (out.key)
  console.log(
    JSON.stringify(
      await e.mounts(out.key, { workspacePath: '/w', isolated: process.argv[3] !== 'none', scratch: null }),
      null,
      1,
    ),
  );
