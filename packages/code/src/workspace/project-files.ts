const testPath =
  /(^|\/)(tests?|__tests__|__mocks__|specs?|e2e|fixtures?|__fixtures__|testing|test-?helpers?|benchmarks?|bench|examples?|docs?)\/|(^|\/)(test|spec|tests|conftest|setup-?tests?)\.[^/]+$|[._-](test|spec|tests|specs|bench)\.[^/]+$|(^|\/)test[_-][^/]+$|[A-Za-z0-9]_test\.[^/]+$/i;
const configurationPath =
  /(^|\/)\.[^/]+\/|(^|\/)(\.[^/]+|[^/]+\.config\.[^/]+|[^/]+\.conf\.[^/]+|package(-lock)?\.json|tsconfig[^/]*\.json|gulpfile\.[^/]+|gruntfile\.[^/]+|setup\.py|noxfile\.py|pyproject\.toml|setup\.cfg|pytest\.ini|tox\.ini|makefile|vitest\.workspace\.[^/]+)$/i;
const foreignPath =
  /(^|\/)(node_modules|vendor|third_party|bower_components|\.git|\.venv|venv|site-packages|coverage|\.yarn)\/|\.min\.[^/]+$|\.d\.[cm]?ts$/i;

/** What a tracked path is to a repair: only `source` may be suspected and changed. */
type FileRole = 'source' | 'test' | 'configuration' | 'foreign';

/** Decides a path's role by its name alone; `foreign` is what other people wrote or a tool made. */
export function fileRole(path: string): FileRole {
  if (foreignPath.test(path)) return 'foreign';
  if (testPath.test(path)) return 'test';
  if (configurationPath.test(path)) return 'configuration';
  return 'source';
}

/** True where a path by its name is for tests, also below a folder that other people wrote. */
export function isTestPath(path: string): boolean {
  return testPath.test(path);
}

/** True for text that no person wrote line by line: minified or bundled, or marked as generated. */
export function looksGenerated(text: string): boolean {
  if (/^\s*(\/\/|\/\*|#)?.*(@generated|auto-?generated|do not edit)/im.test(text.slice(0, 600))) return true;
  const lines = text.split('\n');
  const longest = lines.reduce((most, line) => Math.max(most, line.length), 0);
  return text.length > 1_000_000 || (longest > 2000 && text.length / lines.length > 200);
}
