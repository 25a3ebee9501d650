import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestCase } from '@nova/core';
import type { EvidenceProbe, ProbeReport, ProbeRequest } from '../probe.ts';
import { focusCommand, type RunFacts, shellQuote, type TestFacts } from './focus-command.ts';
import { readRecords } from './records.ts';

const injectFolder = fileURLToPath(new URL('inject', import.meta.url));

/** What the last runs under one root said about how they were started. */
interface Remembered {
  readonly runs: Map<string, RunFacts>;
  readonly tests: Map<string, TestFacts>;
}

/** Learns from pytest and unittest by way of a `sitecustomize` on `PYTHONPATH`; needs Python 3.8 or later. */
export function createPythonProbe(): EvidenceProbe {
  const remembered = new Map<string, Remembered>();
  return {
    id: 'python',
    environment,
    async collect(request) {
      const records = await readRecords(request.reportFolder);
      if (records.runs.length === 0) return null;
      const memory = remembered.get(request.root) ?? { runs: new Map(), tests: new Map() };
      remembered.set(request.root, memory);
      for (const run of records.runs) memory.runs.set(run.process, run);
      for (const test of records.tests) memory.tests.set(test.case.id, test);
      const inPytest = records.tests.filter((test) => test.runner === 'pytest').length;
      const report: ProbeReport = {
        runner:
          inPytest * 2 >= records.tests.length && records.runs.some((run) => run.runner === 'pytest')
            ? 'pytest'
            : 'unittest',
        tests: records.tests.map((test) => test.case),
        coverage: request.coverage ? records.coverage : [],
      };
      return report;
    },
    focus: async (_report: ProbeReport, tests: readonly TestCase[], root: string) => {
      const memory = remembered.get(root);
      return memory ? focusCommand(tests, memory.tests, memory.runs, root) : null;
    },
  };
}

async function environment(
  request: ProbeRequest,
  inherited: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const path = inherited['PYTHONPATH'] ? `${injectFolder}${delimiter}${inherited['PYTHONPATH']}` : injectFolder;
  const variables: Record<string, string> = {
    PYTHONPATH: path,
    PYTHONDONTWRITEBYTECODE: '1',
    NOVA_PROBE_ROOT: request.root,
    NOVA_PROBE_REPORT: request.reportFolder,
  };
  if (request.coverage) variables['NOVA_PROBE_COVERAGE'] = '1';
  if (request.coverage && request.coverageLimit !== undefined) {
    // The ids of many tests would not fit into a variable.
    const file = join(request.reportFolder, 'coverage-limit.json');
    await writeFile(file, JSON.stringify(request.coverageLimit));
    variables['NOVA_PROBE_LIMIT'] = file;
  }
  if (inherited['PATH']) variables['PATH'] = await shadowedPath(request.reportFolder, inherited['PATH']);
  return variables;
}

const shadowedNames = /^(?:python|python3|python3\.\d+|pytest|py\.test)$/;

/**
 * A command such as `PYTHONPATH=src pytest` throws our folder off the path. So the commands that start Python are
 * shadowed by scripts that put it back and hand over at once.
 */
async function shadowedPath(reportFolder: string, path: string): Promise<string> {
  const found = new Map<string, string>();
  for (const folder of path.split(delimiter)) {
    if (!folder.startsWith('/') || folder === reportFolder) continue;
    for (const name of await readdir(folder).catch(() => [])) {
      const file = join(folder, name);
      if (shadowedNames.test(name) && !found.has(name) && (await isProgram(file))) found.set(name, file);
    }
  }
  if (found.size === 0) return path;
  const shadows = join(reportFolder, 'bin');
  await mkdir(shadows, { recursive: true });
  for (const [name, file] of found) {
    const script = join(shadows, name);
    await writeFile(
      script,
      [
        '#!/bin/sh',
        `nova=${shellQuote(injectFolder)}`,
        // An emptied environment (env -i) is the person's wish; the probe then stays out.
        'if [ -n "$NOVA_PROBE_REPORT" ]; then',
        `  case ":$PYTHONPATH:" in *":$nova:"*) ;; *) export PYTHONPATH="$nova\${PYTHONPATH:+:$PYTHONPATH}" ;; esac`,
        'fi',
        `exec ${shellQuote(file)} "$@"`,
        '',
      ].join('\n'),
    );
    await chmod(script, 0o755);
  }
  return `${shadows}${delimiter}${path}`;
}

async function isProgram(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile() || (found.mode & 0o111) === 0) return false;
  // A shadow left in the path by an outer run would hand over to itself.
  return found.size > 4096 || !(await readFile(file, 'utf8')).includes('NOVA_PROBE_REPORT');
}
