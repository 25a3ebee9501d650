import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkDependencies } from './checks/dependencies.ts';
import { checkDeviations } from './checks/deviations.ts';
import { checkImports } from './checks/imports.ts';
import { checkLength, checkNames } from './checks/layout.ts';

const root = join(import.meta.dirname, '..');

/** Resolves with one text a problem; none when all is well. */
type Check = () => Promise<string[]> | string[];

const checks: Readonly<Record<string, Check>> = {
  style: () => command('biome', ['ci', '--error-on-warnings', '--colors=off', '--max-diagnostics=50', '.']),
  types: () => types('.'),
  // The dashboard runs in a browser: other globals, and JSX.
  'browser-types': () => types('apps/dashboard'),
  imports: () => checkImports(root),
  unused: () => command('knip', ['--no-progress', '--no-config-hints', '--exclude', 'binaries']),
  length: () => checkLength(root),
  names: () => checkNames(root),
  deviations: () => checkDeviations(root),
  dependencies: () => checkDependencies(root),
};

/** By its full path: TypeScript 6 is there for dependency-cruiser, and either may own node_modules/.bin/tsc. */
function types(project: string): Promise<string[]> {
  return command('../typescript/bin/tsc', ['-p', project, '--pretty', 'false']);
}

function command(name: string, args: readonly string[]): Promise<string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const path = `${join(process.execPath, '..')}:${process.env['PATH'] ?? ''}`;
  const child = spawn(join(root, 'node_modules/.bin', name), args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  child.on('error', reject);
  child.on('close', (code) =>
    resolve(code === 0 ? [] : [Buffer.concat(output).toString().trim() || `${name}: exit ${code}`]),
  );
  return promise;
}

/** A check that cannot run is a problem of its own, and the others still run. */
async function attempt(check: Check): Promise<string[]> {
  try {
    return await check();
  } catch (error) {
    return [`the check itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
  const unknown = (values.only ?? []).filter((name) => !(name in checks));
  if (unknown.length > 0) {
    process.stderr.write(`No check is called ${unknown.join(', ')}. There are: ${Object.keys(checks).join(', ')}.\n`);
    return 2;
  }
  process.chdir(root);
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    if (values.only && !values.only.includes(name)) continue;
    const start = performance.now();
    const problems = await attempt(check);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    process.stdout.write(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name} ${seconds} s\n`);
    for (const problem of problems) process.stdout.write(`${problem.replace(/^/gm, '  ')}\n`);
    if (problems.length > 0) failed += 1;
  }
  process.stdout.write(failed === 0 ? 'All checks passed.\n' : `${failed} checks failed.\n`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
