import { failingTests, type MissingImport, NovaError, type TestReport } from '@nova/core';

/** Refuses with `tests.unloadable` when every failing test fails for want of something that no edit of the source brings. */
export function refuseUnloadable(
  measured: { readonly report: TestReport; readonly missing: readonly MissingImport[] },
  command: string,
): void {
  const failing = failingTests(measured.report);
  const blocked = new Set(measured.missing.map((one) => one.test));
  if (failing.length === 0 || !failing.every((id) => blocked.has(id))) return;
  throw new NovaError(
    'tests.unloadable',
    [
      'The failing tests cannot be loaded. That is not a bug which a repair of the source could mend, so nothing was searched and nothing was changed.',
      ...explainMissing(measured.missing, command),
    ].join(' '),
    { details: { missing: measured.missing } },
  );
}

const modulesExplained = 3;

/** What is missing, for whom, and what to do about it: a few sentences for each module. */
export function explainMissing(missing: readonly MissingImport[], command: string): string[] {
  const byModule = new Map(missing.map((one) => [`${one.why} ${one.module} ${one.name}`, one]));
  const shown = [...byModule.values()].slice(0, modulesExplained).map((one) => explain(one, command));
  const more = byModule.size - shown.length;
  return more > 0 ? [...shown, `${more} more are missing.`] : shown;
}

function explain({ language, module, name, importer, why, found }: MissingImport, command: string): string {
  const wanted = importer === null ? 'which the command needs' : `imported by ${importer}`;
  const [place = '.'] = found;
  switch (why) {
    case 'path':
      return `Python did not find \`${module}\`, ${wanted}: it is in the repository, in ${folderName(place)}, where Python does not look. ${lookThere(place, command)}`;
    case 'not-built':
      return `\`${module}\`, ${wanted}, is not there and git ignores it: a build makes it. Let the test command build first, such as \`--test "npm run build && ${command}"\`.`;
    case 'version':
      return `\`${name}\`, ${wanted}, is not in \`${module}\` as it is installed here. Fix the version that has it where the repository declares ${module}, then run the same command again.`;
    case 'declared':
      return `\`${module}\`, ${wanted}, is declared in package.json but not installed here. Run \`npm install\` in the checkout, so that node_modules and the lockfile hold it; Nova uses both.`;
    case 'not-installed':
      return language === 'python'
        ? `\`${module}\`, ${wanted}, is not installed here and is no part of the repository. Declare it in requirements.txt or pyproject.toml, or install it into .venv in the checkout, which Nova then uses.`
        : `\`${module}\`, ${wanted}, is not installed here, not declared in package.json, and no part of the repository. Run \`npm install --save-dev ${module}\` in the checkout.`;
  }
}

function folderName(place: string): string {
  return place === '.' ? 'its top folder' : `${place}/`;
}

function lookThere(place: string, command: string): string {
  // Only before a single command does the variable stand for all of it.
  return /[;&|<>()`$\n]/.test(command)
    ? `Set PYTHONPATH=${place} in the test command.`
    : `Say where: \`--test "PYTHONPATH=${place} ${command}"\`.`;
}
