import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shell } from './command.ts';
import { type FixOutcome, novaFix } from './nova-fix.ts';
import {
  addWithheld,
  cloneForJudging,
  differences,
  fingerprint,
  makeRepository,
  novaBranches,
  removeFolder,
} from './repository.ts';
import type { Scenario } from './scenario.ts';

/** What became of a scenario, judged from outside. */
export interface Judgement {
  readonly scenario: Scenario;
  readonly fix: FixOutcome;
  readonly branches: readonly string[];
  /** Of the delivered branch; null when nothing was delivered. */
  readonly shownPasses: boolean | null;
  readonly withheldPasses: boolean | null;
  /** What else changed in the person's repository; empty when all is well. */
  readonly changed: readonly string[];
  /** What the judge's own runs printed when they failed. */
  readonly detail: string;
}

/** The variables under which a person runs a scenario's commands in `folder`. */
export function personsEnvironment(folder: string): Record<string, string> {
  return { PATH: `${folder}/.venv/bin:${process.env['PATH']}`, PYTHONDONTWRITEBYTECODE: '1' };
}

/** Makes the repository, lets Nova repair it, and judges what it left with tests that Nova never saw. */
export async function judge(scenario: Scenario, budgetSeconds: number): Promise<Judgement> {
  const root = await mkdtemp(join(tmpdir(), 'nova-scenario-'));
  try {
    const repository = join(root, 'repository');
    const home = await mkdtemp(join(tmpdir(), 'nova-home-'));
    try {
      await makeRepository(scenario, repository);
      const before = await fingerprint(repository);
      const { testCommand } = scenario;
      const fix = await novaFix({ repository, testCommand, home, budgetSeconds, testTimeoutSeconds: 120 });
      const changed = differences(before, await fingerprint(repository));
      const branches = await novaBranches(repository);
      const delivered = fix.result?.change?.branch;
      const verdict =
        fix.result?.outcome === 'delivered' && delivered !== undefined && branches.includes(delivered)
          ? await judgeBranch(scenario, repository, delivered, join(root, 'judged'))
          : { shownPasses: null, withheldPasses: null, detail: '' };
      return { scenario, fix, branches, changed, ...verdict };
    } finally {
      await removeFolder(home);
    }
  } finally {
    await removeFolder(root);
  }
}

async function judgeBranch(scenario: Scenario, repository: string, branch: string, folder: string) {
  await cloneForJudging(scenario, repository, branch, folder);
  const options = { cwd: folder, env: personsEnvironment(folder), seconds: 300 };
  const shown = await shell(scenario.testCommand, options);
  await addWithheld(scenario, folder);
  const withheld = await shell(scenario.withheldCommand, options);
  const told = [shown, withheld].filter((outcome) => outcome.code !== 0);
  return {
    shownPasses: shown.code === 0,
    withheldPasses: withheld.code === 0,
    detail: told.map(({ stdout, stderr }) => `${stdout}${stderr}`.slice(-3000)).join('\n'),
  };
}
