import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { checkDependencies } from './checks/dependencies.ts';
import { checkDeviations } from './checks/deviations.ts';

const checkout = join(import.meta.dirname, '..');
let root: string;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** What one check says about the fixture, run as `npm run check` runs it: a process of its own in that folder. */
function run(file: string, name: string): string {
  const script = `import { ${name} } from ${JSON.stringify(pathToFileURL(join(checkout, 'scripts/checks', file)).href)};
    console.log((await ${name}(process.cwd())).join('\\n'));`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

const imports = (): string => run('imports.ts', 'checkImports');

function manifest(part: string, dependencies: readonly string[]): void {
  const name = `@nova/${part.split('/')[1]}`;
  const wanted = Object.fromEntries(dependencies.map((dependency) => [dependency, '0.1.0']));
  const doors = part.startsWith('packages/') ? { exports: './src/index.ts' } : {};
  write(`${part}/package.json`, JSON.stringify({ name, type: 'module', ...doors, dependencies: wanted }));
}

before(() => {
  root = mkdtempSync(join(tmpdir(), 'nova-check-'));
});

after(() => rmSync(root, { recursive: true, force: true }));

beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, 'node_modules/@nova'), { recursive: true });
  write('package.json', JSON.stringify({ name: 'nova', type: 'module' }));
  manifest('packages/core', []);
  manifest('packages/messaging', ['@nova/core']);
  manifest('packages/agents', ['@nova/core']);
  manifest('packages/code', ['@nova/core']);
  for (const name of ['core', 'messaging', 'agents', 'code']) {
    symlinkSync(`../../packages/${name}`, join(root, 'node_modules/@nova', name));
    write(`packages/${name}/src/index.ts`, `export { ${name} } from './${name}.ts';\n`);
    write(`packages/${name}/src/${name}.ts`, `export const ${name} = 1;\n`);
  }
});

describe('the import table', () => {
  it('accepts an edge that it lists, also where the newest syntax is used', () => {
    write(
      'packages/agents/src/agents.ts',
      "import { core } from '@nova/core';\nexport const agents = core;\nexport async function act(handle: AsyncDisposable) {\n  await using _held = handle;\n  using _none = null;\n}\n",
    );
    assert.equal(imports(), '');
  });

  it('refuses an edge that it does not list, and says where the code should go', () => {
    write('packages/agents/src/agents.ts', "import { code } from '@nova/code';\nexport const agents = code;\n");
    const said = imports();
    assert.match(
      said,
      /packages\/agents\/src\/agents\.ts -> packages\/code\/src\/index\.ts \[imports-of-packages-agents\]/,
    );
    assert.match(said, /An agent acts through a Tool .* that apps\/server\/src\/compose\.ts passes in/);
  });

  it('refuses an unlisted edge of types only', () => {
    write(
      'packages/code/src/code.ts',
      "import type { agents } from '@nova/agents';\nexport type Code = typeof agents;\nexport const code = 1;\n",
    );
    assert.match(imports(), /code\.ts -> packages\/agents\/src\/index\.ts \[imports-of-packages-code\]/);
  });

  it('refuses a cycle and names its members', () => {
    write('packages/core/src/core.ts', "import { other } from './other.ts';\nexport const core = other;\n");
    write('packages/core/src/other.ts', "import { core } from './core.ts';\nexport const other: number = core;\n");
    const said = imports();
    assert.match(said, /core\/src\/core\.ts.*core\/src\/other\.ts.*\[no-cycle\]/);
    assert.match(said, /Move what both need into a third file/);
  });

  it('refuses to reach past the door of a package, from another package and from a test of the whole', () => {
    write(
      'packages/agents/src/agents.ts',
      "import { core } from '../../core/src/core.ts';\nexport const agents = core;\n",
    );
    write(
      'test/scenarios/whole.test.ts',
      "import { core } from '../../packages/core/src/core.ts';\nexport default core;\n",
    );
    const said = imports();
    assert.match(said, /agents\.ts -> packages\/core\/src\/core\.ts \[past-the-door\]/);
    assert.match(said, /whole\.test\.ts -> packages\/core\/src\/core\.ts \[past-the-door-from-outside\]/);
    assert.match(said, /A package is entered through its src\/index\.ts only/);
  });

  it('refuses a package that the manifest does not declare, ours or not', () => {
    write('node_modules/left-out/package.json', JSON.stringify({ name: 'left-out', main: 'dist/index.js' }));
    write('node_modules/left-out/dist/index.js', 'module.exports = 1;\n');
    write('packages/code/src/code.ts', "import one from 'left-out';\nexport const code = one;\n");
    write(
      'packages/agents/src/agents.ts',
      "import { messaging } from '@nova/messaging';\nexport const agents = messaging;\n",
    );
    const said = imports();
    assert.match(said, /code\.ts -> .*left-out.* \[undeclared-package\]/);
    assert.match(said, /add "@nova\/messaging" to the dependencies in packages\/agents\/package\.json/);
  });

  it('refuses a part that is not in the table, a manifest beyond it, and Node in core', () => {
    manifest('packages/stray', []);
    manifest('packages/messaging', ['@nova/core', '@nova/code']);
    write('packages/core/src/core.ts', "import { readFileSync } from 'node:fs';\nexport const core = readFileSync;\n");
    const said = imports();
    assert.match(said, /packages\/stray: not in the table/);
    assert.match(said, /packages\/messaging\/package\.json declares packages\/code/);
    assert.match(said, /core\.ts -> .*fs \[core-does-no-io\]/);
  });
});

describe('layout', () => {
  it('refuses long files, folders named for a kind of file, and other names than kebab-case', () => {
    write('packages/core/src/long.ts', '// line\n'.repeat(401));
    write('packages/core/src/full.ts', '// line\n'.repeat(400));
    assert.match(run('layout.ts', 'checkLength'), /^packages\/core\/src\/long\.ts: 401 lines; .*$/);
    write('packages/core/src/utils/one.ts', '');
    write('packages/core/src/myThing.ts', '');
    const said = run('layout.ts', 'checkNames');
    assert.match(said, /packages\/core\/src\/utils\/: a folder is named for a capability/);
    assert.match(said, /packages\/core\/src\/myThing\.ts: file names are kebab-case/);
  });
});

describe('documents against manifests', () => {
  beforeEach(() => {
    for (const path of ['package.json', 'package-lock.json', 'DEPENDENCIES.md', 'docs/reference/deviations.md']) {
      cpSync(join(checkout, path), join(root, path));
    }
  });

  const change = (path: string, from: RegExp, to: string): void => {
    const text = readFileSync(join(root, path), 'utf8');
    assert.match(text, from);
    write(path, text.replace(from, to));
  };

  it('agree in this checkout', () => {
    assert.deepEqual(checkDeviations(checkout), []);
    assert.deepEqual(checkDependencies(checkout), []);
  });

  it('finds a missing row, a wrong licence and a stale row in DEPENDENCIES.md', () => {
    change('DEPENDENCIES.md', /\| knip \| ISC/, '| knip | GPL-3.0');
    change('DEPENDENCIES.md', /\| fast-check .*\n/, '');
    const said = run('dependencies.ts', 'checkDependencies');
    assert.match(said, /knip declares ISC, the row says GPL-3\.0/);
    assert.match(said, /add a row for fast-check \(MIT\)/);
    assert.match(said, /commander is no direct dependency/);
  });

  it('finds a missing name, another version and a package that came meanwhile in deviations.md', () => {
    change('docs/reference/deviations.md', /\| date-fns .*\n/, '');
    change('docs/reference/deviations.md', /npm:typescript@[\d.]+/, 'npm:typescript@1.0.0');
    change('docs/reference/deviations.md', /npm:mongodb/, 'npm:knip');
    const said = run('deviations.ts', 'checkDeviations');
    assert.match(said, /no row for date-fns/);
    assert.match(said, /TypeScript: the manifests have typescript .*; the row says 1\.0\.0/);
    assert.match(said, /MongoDB: knip is declared now/);
  });
});
