import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../test/scenarios/command.ts';
import { novaFix } from '../../test/scenarios/nova-fix.ts';
import { removeFolder } from '../../test/scenarios/repository.ts';
import { isShown, type Mutant, type Prepared } from './draw.ts';
import { commandFor, runSuite } from './suite.ts';

/** How one mutant ended. */
export interface CaseOutcome {
  readonly outcome: string;
  /** Nova's own words. */
  readonly summary: string;
  /** A branch was delivered. */
  readonly offered: boolean;
  /** The branch passes every test that passes on the original package, most of which Nova never saw. */
  readonly correct: boolean;
  /** The delivered file has the text of the original. */
  readonly identical: boolean;
  readonly template: string | null;
  readonly candidates: number;
  readonly seconds: number;
}

const git = ['-c', 'user.name=A Person', '-c', 'user.email=person@localhost', '-c', 'commit.gpgsign=false'];

/**
 * Shows Nova the mutant, one test that detects it and half of the tests that pass; judges what it delivers with the
 * package's whole suite.
 */
export async function repairMutant(
  prepared: Prepared,
  mutant: Mutant,
  random: () => number,
  budgetSeconds: number,
): Promise<CaseOutcome> {
  const { source, folder, passing } = prepared;
  const root = await mkdtemp(join(tmpdir(), 'nova-mutant-'));
  const home = await mkdtemp(join(tmpdir(), 'nova-home-'));
  try {
    const repository = join(root, 'repository');
    await cp(folder, repository, { recursive: true, verbatimSymlinks: true });
    await writeFile(join(repository, mutant.path), mutant.text);
    await writeFile(join(repository, '.gitignore'), 'node_modules/\n__pycache__/\n');
    await must('git', ['init', '--quiet', '--initial-branch=main'], { cwd: repository });
    await must('git', ['add', '--all'], { cwd: repository });
    await must('git', [...git, 'commit', '--quiet', '--no-verify', '-m', 'As found'], { cwd: repository });
    const witness = mutant.killers[Math.floor(random() * mutant.killers.length)] ?? '';
    const killed = new Set(mutant.killers);
    const shown = [witness, ...[...passing].filter((id) => !killed.has(id) && isShown(id))];
    const testCommand = commandFor(source, repository, shown);
    const fix = await novaFix({ repository, testCommand, home, budgetSeconds, testTimeoutSeconds: 60 });
    const change = fix.result?.outcome === 'delivered' ? fix.result.change : null;
    const verdict = { correct: false, identical: false };
    if (change !== null && change !== undefined) {
      await must('git', ['checkout', '--quiet', '--detach', change.commit], { cwd: repository });
      const results = await runSuite(source, repository, join(root, 'report'), prepared.suiteSeconds * 4 + 30);
      verdict.correct = [...passing].every((id) => results.get(id) === true);
      const differing = await must('diff', ['-q', join(folder, mutant.path), join(repository, mutant.path)], {
        cwd: root,
      }).catch(() => 'differs');
      verdict.identical = differing === '';
    }
    return {
      outcome: fix.result?.outcome ?? `no Result, exit ${fix.exitCode}: ${fix.complaint.slice(-200).trim()}`,
      summary: fix.result?.summary ?? fix.complaint,
      offered: change !== null && change !== undefined,
      ...verdict,
      template: change?.template ?? null,
      candidates: fix.result?.tried.candidates ?? 0,
      seconds: fix.seconds,
    };
  } finally {
    await removeFolder(home);
    await removeFolder(root);
  }
}
