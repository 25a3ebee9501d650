import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Where the scenario folders lie; each folder with a `scenario.json` is one scenario. */
export const scenariosFolder = dirname(fileURLToPath(import.meta.url));

const relativePath = z.string().regex(/^(?!\/)(?!.*\.\.(\/|$))/, 'stays inside the repository');

const releaseSchema = z.object({
  version: z.string(),
  /** Subresource form, `sha512-…` (npm) or `sha256-…` (PyPI), of the published archive. */
  integrity: z.string().regex(/^sha(256|512)-/),
});

/** A published package with a real bug, and how a person would meet it. */
export const scenarioSchema = z.strictObject({
  ecosystem: z.enum(['npm', 'pypi']),
  package: z.string(),
  published: releaseSchema,
  /** The release that corrected the bug; `files` are those of it that carry the correction. */
  corrected: releaseSchema.extend({ files: z.array(relativePath).min(1) }),
  /** What is wrong, for a person. */
  bug: z.string(),
  /** The project's own words about the correction, and where they stand. */
  citation: z.string(),
  shape: z.string(),
  /**
   * How the repository gets what it needs: `none`, `checkout` (node_modules or .venv beside the sources, not committed)
   * or `lockfile` (only the lockfile is committed; Nova must install from it).
   */
  install: z.enum(['none', 'checkout', 'lockfile']),
  /** npm: exact versions; PyPI: the version behind `==`. */
  dependencies: z.record(z.string(), z.string()).default({}),
  /** File in `fixtures/` → where it goes in the repository given to Nova. */
  shown: z.record(z.string(), relativePath),
  /** File in `fixtures/` → where it goes in a clone of the delivered branch, after Nova has finished. */
  withheld: z.record(z.string(), relativePath),
  /** npm: what `npm test` runs. */
  script: z.string().optional(),
  testCommand: z.string(),
  withheldCommand: z.string(),
  /** `either`: a repair and an honest refusal are both right; the outcome is reported. */
  expectation: z.enum(['delivered', 'refused', 'either']),
});

export type Scenario = z.infer<typeof scenarioSchema> & { readonly name: string; readonly folder: string };

/** All scenarios in order of name; throws when one does not parse. */
export async function loadScenarios(folder: string = scenariosFolder): Promise<Scenario[]> {
  const scenarios: Scenario[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const name of entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)) {
    const text = await readFile(join(folder, name, 'scenario.json'), 'utf8');
    const parsed = scenarioSchema.safeParse(JSON.parse(text));
    if (!parsed.success) throw new Error(`Scenario ${name} is malformed: ${z.prettifyError(parsed.error)}`);
    scenarios.push({ ...parsed.data, name, folder: join(folder, name) });
  }
  return scenarios.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Of the scenarios without a demand, those that every run looks at beside the ones with a demand; all take an hour. */
const alwaysLookedAt = ['humanize-fractional-bytes'];

/** The scenarios named in `NOVA_SCENARIOS` (separated by commas; `all` for all), else those with a demand and a few more. */
export async function chosenScenarios(): Promise<Scenario[]> {
  const asked = process.env['NOVA_SCENARIOS']?.split(',').filter((name) => name !== '') ?? [];
  const all = await loadScenarios();
  if (asked.includes('all')) return all;
  if (asked.length === 0) {
    return all.filter(({ name, expectation }) => expectation !== 'either' || alwaysLookedAt.includes(name));
  }
  const unknown = asked.filter((name) => !all.some((scenario) => scenario.name === name));
  if (unknown.length > 0) throw new Error(`There is no scenario ${unknown.join(', ')}.`);
  return all.filter((scenario) => asked.includes(scenario.name));
}
