/**
 * True when `version` satisfies npm's `range`. What names no version (a tag, a URL, a file, a workspace) is satisfied
 * by any version: there is nothing to compare.
 */
export function satisfiesRange(version: string, range: string): boolean {
  const wanted = versionPart(range.trim());
  if (wanted === null) return true;
  const parsed = parseVersion(version);
  if (parsed === null) return false;
  return wanted.split('||').some((alternative) => satisfiesAll(parsed, alternative.trim()));
}

interface Version {
  readonly numbers: readonly [number, number, number];
  readonly prerelease: readonly string[];
}

interface Comparator {
  readonly operator: '<' | '<=' | '>' | '>=' | '=';
  readonly version: Version;
}

function versionPart(range: string): string | null {
  const alias = /^npm:(?:@[^/]+\/)?[^@]+(?:@(.*))?$/.exec(range);
  if (alias) return alias[1] === undefined ? null : versionPart(alias[1]);
  const workspace = /^(?:workspace|catalog):/.test(range);
  if (workspace || /[:/]/.test(range)) return null;
  return /^[a-z][a-z0-9._-]*$/i.test(range) && !/^[vx][\d.x*]*$/i.test(range) ? null : range;
}

function parseVersion(text: string): Version | null {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/.exec(text.trim());
  if (match === null) return null;
  return {
    numbers: [Number(match[1]), Number(match[2]), Number(match[3])],
    prerelease: match[4] === undefined ? [] : match[4].split('.'),
  };
}

function satisfiesAll(version: Version, range: string): boolean {
  const comparators = parseRange(range);
  if (comparators === null) return false;
  if (!comparators.every((comparator) => holds(version, comparator))) return false;
  // A prerelease only matches a range that names a prerelease of the same release (node-semver's rule).
  if (version.prerelease.length === 0) return true;
  return comparators.some(
    (comparator) =>
      comparator.version.prerelease.length > 0 && compareNumbers(comparator.version.numbers, version.numbers) === 0,
  );
}

function parseRange(range: string): Comparator[] | null {
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(range);
  if (hyphen?.[1] !== undefined && hyphen[2] !== undefined) {
    const lower = expand('>=', hyphen[1]);
    const upper = expand('<=', hyphen[2]);
    return lower && upper ? [...lower, ...upper] : null;
  }
  const comparators: Comparator[] = [];
  for (const [, operator = '', rest = ''] of range.matchAll(/(\^|~>?|>=?|<=?|=)?\s*([^\s<>=~^]+)/g)) {
    const expanded = expand(operator, rest);
    if (expanded === null) return null;
    comparators.push(...expanded);
  }
  return comparators;
}

function expand(operator: string, text: string): Comparator[] | null {
  const match = /^v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/.exec(text);
  if (match === null) return null;
  const parts = [match[1], match[2], match[3]].map((part) =>
    part === undefined || /[xX*]/.test(part) ? null : Number(part),
  );
  const wildcard = parts.indexOf(null);
  const given = wildcard === -1 ? 3 : wildcard;
  const [major = 0, minor = 0, patch = 0] = parts.map((part, index) => (index < given ? (part ?? 0) : 0));
  const prerelease = match[4] === undefined || given < 3 ? [] : match[4].split('.');
  const low: Version = { numbers: [major, minor, patch], prerelease };
  const before = (numbers: [number, number, number]): Comparator => ({
    operator: '<',
    version: { numbers, prerelease: ['0'] },
  });
  const next = (place: number): [number, number, number] =>
    place === 0 ? [major + 1, 0, 0] : place === 1 ? [major, minor + 1, 0] : [major, minor, patch + 1];
  const from: Comparator = { operator: '>=', version: low };
  if (operator === '^') {
    const firstNonZero = [major, minor, patch].findIndex((part, index) => part !== 0 || index >= given - 1);
    return given === 0 ? [] : [from, before(next(firstNonZero))];
  }
  if (operator.startsWith('~')) return given === 0 ? [] : [from, before(next(given === 1 ? 0 : 1))];
  if (operator === '' || operator === '=') {
    if (given === 0) return [];
    return given === 3 ? [{ operator: '=', version: low }] : [from, before(next(given - 1))];
  }
  if (given === 3) return [{ operator: operator as Comparator['operator'], version: low }];
  if (operator === '>=') return [from];
  if (operator === '<') return [before([major, minor, patch])];
  if (operator === '<=') return given === 0 ? [] : [before(next(given - 1))];
  return given === 0
    ? [before([0, 0, 0])]
    : [{ operator: '>=', version: { numbers: next(given - 1), prerelease: [] } }];
}

function holds(version: Version, { operator, version: bound }: Comparator): boolean {
  const order = compareVersions(version, bound);
  if (operator === '=') return order === 0;
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

function compareVersions(left: Version, right: Version): number {
  const numbers = compareNumbers(left.numbers, right.numbers);
  if (numbers !== 0) return numbers;
  if (left.prerelease.length === 0 || right.prerelease.length === 0) {
    return right.prerelease.length - left.prerelease.length;
  }
  for (let index = 0; index < Math.max(left.prerelease.length, right.prerelease.length); index += 1) {
    const a = left.prerelease[index];
    const b = right.prerelease[index];
    if (a === undefined) return -1;
    if (b === undefined) return 1;
    if (a === b) continue;
    const numeric = [/^\d+$/.test(a), /^\d+$/.test(b)];
    if (numeric[0] && numeric[1]) return Number(a) - Number(b);
    if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
    return a < b ? -1 : 1;
  }
  return 0;
}

function compareNumbers(left: readonly number[], right: readonly number[]): number {
  for (let index = 0; index < 3; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
