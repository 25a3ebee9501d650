// Who may import whom. This is the one place that says so; scripts/checks/imports.ts applies it to the tree and to
// the manifests, and ARCHITECTURE.md only draws it. `wayOut` is what a person reads when an import is refused.

export const table = {
  'packages/core': {
    mayImport: [],
    wayOut:
      'core imports nothing of ours. If core needs a behaviour, declare its interface in packages/core/src/runtime and let a compose.ts pass it in.',
  },
  'packages/messaging': {
    mayImport: ['packages/core'],
    wayOut:
      'messaging knows only core. A word that both sides need goes to packages/core/src/vocabulary; what joins messaging with something else goes to a compose.ts.',
  },
  'packages/client': {
    mayImport: ['packages/core'],
    wayOut:
      'client is what front ends load: schemas and calls only. What decides goes behind an endpoint in apps/server/src/http.',
  },
  'packages/code': {
    mayImport: ['packages/core'],
    wayOut:
      'code runs inside a sandbox and knows only core. What it needs from outside arrives as a parameter from apps/runner/src/compose.ts.',
  },
  'packages/instances': {
    mayImport: ['packages/messaging', 'packages/core'],
    wayOut:
      'Sibling packages never meet. Shared words go to packages/core; the joining goes to apps/host/src/compose.ts.',
  },
  'packages/agents': {
    mayImport: ['packages/messaging', 'packages/core'],
    wayOut:
      'Sibling packages never meet. An agent acts through a Tool (packages/core/src/tools) that apps/server/src/compose.ts passes in.',
  },
  'packages/memory': {
    mayImport: ['packages/messaging', 'packages/core'],
    wayOut:
      'Sibling packages never meet. Shared words go to packages/core; the joining goes to apps/server/src/compose.ts.',
  },
  'packages/field': {
    mayImport: ['packages/messaging', 'packages/core'],
    wayOut:
      'Sibling packages never meet. Shared words go to packages/core; the joining goes to apps/server/src/compose.ts.',
  },
  'packages/observability': {
    mayImport: ['packages/messaging', 'packages/core'],
    wayOut:
      'Sibling packages never meet. Meter and Clock are interfaces in packages/core/src/runtime that a compose.ts passes in.',
  },
  'apps/server': {
    mayImport: [
      'packages/agents',
      'packages/messaging',
      'packages/memory',
      'packages/field',
      'packages/observability',
      'packages/client',
      'packages/core',
    ],
    wayOut:
      'The server touches no code and no sandbox: what does goes to packages/instances behind a host tool (packages/core/src/tools), reached through the mesh.',
  },
  'apps/host': {
    mayImport: ['packages/instances', 'packages/messaging', 'packages/observability', 'packages/core'],
    wayOut:
      'The host decides nothing: a decision goes to packages/agents or apps/server; work on code goes to packages/code and runs in apps/runner.',
  },
  'apps/runner': {
    mayImport: ['packages/code', 'packages/core'],
    wayOut:
      'The runner lives inside the sandbox with code and core only. What needs the machine goes to packages/instances; what decides goes to packages/agents.',
  },
  'apps/cli': {
    mayImport: ['packages/client', 'packages/core'],
    wayOut:
      'The command line talks to the server through packages/client. Offline work is a subcommand of apps/server that the command line starts as a process.',
  },
  'apps/dashboard': {
    mayImport: ['packages/client', 'packages/core'],
    wayOut:
      'Front ends talk to the server through packages/client; what they show is folded in packages/core/src/views.',
  },
  'apps/extension': {
    mayImport: ['packages/client', 'packages/core'],
    wayOut:
      'Front ends talk to the server through packages/client; what they show is folded in packages/core/src/views.',
  },
};

const ours = '^(packages|apps)/[^/]+/';
// Contract suites are run by tests and exported by nobody.
const isTest = '([.]test|[/-]contract)[.]tsx?$';

const edges = Object.entries(table).map(([part, { mayImport, wayOut }]) => ({
  name: `imports-of-${part.replace('/', '-')}`,
  comment: `${part} may import ${mayImport.join(', ') || 'nothing of ours'}. ${wayOut}`,
  severity: 'error',
  from: { path: `^${part}/` },
  to: { path: ours, pathNot: [part, ...mayImport].map((allowed) => `^${allowed}/`) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...edges,
    {
      name: 'unlisted-part',
      comment:
        'This folder is not in the table of .dependency-cruiser.mjs. Add it there with what it may import and where else code should go, or move the file into a part that is listed.',
      severity: 'error',
      from: { path: ours, pathNot: Object.keys(table).map((part) => `^${part}/`) },
      to: {},
    },
    {
      name: 'past-the-door',
      comment:
        'A package is entered through its src/index.ts only. Export the name there (named, no `export *`) and import it from the package; if it should stay inside, the code that wants it belongs into that package.',
      severity: 'error',
      from: { path: '^((?:packages|apps)/[^/]+)/' },
      to: { path: '^(packages|apps)/[^/]+/', pathNot: ['^$1/', '^packages/[^/]+/src/index[.]ts$'] },
    },
    {
      name: 'past-the-door-from-outside',
      comment:
        'A package is entered through its src/index.ts only, also by tests, benchmarks and scripts. Export the name there, or put the test beside the file that it tests.',
      severity: 'error',
      from: { pathNot: ours },
      to: { path: '^packages/', pathNot: '^packages/[^/]+/src/index[.]ts$' },
    },
    {
      name: 'no-cycle',
      comment:
        'These files import each other in a circle. Move what both need into a third file that imports neither, or pass it as a parameter.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'undeclared-package',
      comment:
        'This package is not among the dependencies of the nearest package.json. If it is needed here, add it there (exact version) and to DEPENDENCIES.md; else use what is declared.',
      severity: 'error',
      from: { path: ours, pathNot: isTest },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
    {
      name: 'core-does-no-io',
      comment:
        'core runs in a browser, so it uses nothing of Node. Declare an interface in packages/core/src/runtime; the part that has the machine implements it.',
      severity: 'error',
      from: { path: '^packages/core/', pathNot: isTest },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'unresolvable',
      comment:
        'No file or installed package answers to this name. Correct the path, or declare and install the package.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // Sees imports of types, too. TypeScript 7 has no compiler interface, so scripts/checks/imports.ts hands over 6.
    parser: 'tsc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^(packages|apps|test)/.+/(fixtures|histories|dist)/', '^test/histories/'] },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};
