const testFolders = new Set([
  'test',
  'tests',
  '__tests__',
  'spec',
  'specs',
  '__mocks__',
  '__snapshots__',
  '__fixtures__',
]);

const testFiles = [
  /\.(test|spec)\.[^/]+$/,
  /\.snap$/,
  /^test_.*\.pyi?$/,
  /_tests?\.pyi?$/,
  /^tests?\.py$/,
  /^conftest\.py$/,
  /^test([-_].*)?\.[cm]?[jt]sx?$/,
  /[-_]test\.[cm]?[jt]sx?$/,
];

const configurationNames = new Set([
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  '.yarnrc',
  '.yarnrc.yml',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  '.pnpmfile.cjs',
  'bun.lock',
  'bun.lockb',
  'bunfig.toml',
  'deno.json',
  'deno.jsonc',
  'deno.lock',
  '.npmrc',
  '.nvmrc',
  '.node-version',
  '.tool-versions',
  '.python-version',
  '.env',
  '.nycrc',
  '.c8rc',
  '.swcrc',
  '.taprc',
  'nx.json',
  'turbo.json',
  'pytest.ini',
  '.pytest.ini',
  'tox.ini',
  'tox.toml',
  'setup.cfg',
  'setup.py',
  'pyproject.toml',
  'noxfile.py',
  'tasks.py',
  'sitecustomize.py',
  'usercustomize.py',
  'pipfile',
  'pipfile.lock',
  'poetry.lock',
  'pdm.lock',
  'uv.lock',
  'uv.toml',
  'pyvenv.cfg',
  '.coveragerc',
  'makefile',
  'gnumakefile',
  'justfile',
  '.justfile',
  'taskfile.yml',
  'taskfile.yaml',
  '.gitattributes',
  '.gitmodules',
]);

const configurationFiles = [
  /^(vitest|vite|jest|mocha|ava|karma|playwright|cypress|babel|rollup|webpack|esbuild|swc|tap|wtr|web-test-runner|nyc|c8)\.([^/]*\.)?(config|conf|workspace|setup)(\.[^/]*)?\.([cm]?[jt]sx?|json5?|ya?ml|toml)$/,
  /^(cypress|jest|mocha|tap)\.(json5?|ya?ml)$/,
  /^(vitest|jest|mocha|test)[-_.]?(setup|globals?)\b.*$/,
  /^\.(mocharc|babelrc|nycrc|c8rc|swcrc|taprc|env)(\..+)?$/,
  /^(ts|js)config(\..+)?\.json$/,
  /^(requirements|constraints).*\.(txt|in)$/,
  /\.mk$/,
  /\.pth$/,
];

/**
 * True for what decides how a change is judged: whatever looks like a test, and the configuration of test runners,
 * interpreters and build tools. The writer of a change has no say in these.
 */
export function isProtectedPath(path: string): boolean {
  const parts = path.toLowerCase().split('/');
  const name = parts.at(-1) ?? '';
  if (parts.some((part, index) => testFolders.has(part) && index < parts.length - 1)) return true;
  if (configurationNames.has(name) || parts.includes('node_modules')) return true;
  return [...testFiles, ...configurationFiles].some((pattern) => pattern.test(name));
}
