// Loaded into every Node process of the command (18 or later) through NODE_OPTIONS: adds the Vitest reporter, and in
// a coverage run records which instrumented statements each test executed.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const folder = process.env.NOVA_REPORT_FOLDER;
if (folder) {
  let given = [];
  try {
    given = JSON.parse(process.env.NOVA_GIVEN_ENVIRONMENT || '[]');
  } catch {}
  const added = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (
      !given.includes(name) &&
      /^[A-Z][A-Z0-9_]*$/.test(name) &&
      !/^(NOVA_|NODE_OPTIONS|NODE_TEST|INIT_CWD|VITEST|PWD|OLDPWD|SHLVL|COLOR|EDITOR|NODE$)/.test(name)
    )
      added[name] = value;
  }
  Object.defineProperty(globalThis, '__novaAddedEnvironment', { value: added });
  const main = process.argv[1] || '';
  if (
    /(^|[\\/])vitest(\.mjs)?$/.test(main) &&
    !process.argv.some((word) => word === '--help' || word === '--version')
  ) {
    Object.defineProperty(globalThis, '__novaVitestArguments', { value: process.argv.slice(1) });
    const own = process.argv.some((word) => /^--reporters?(=|$)/.test(word));
    if (!own) process.argv.push('--reporter=default');
    process.argv.push(`--reporter=${path.join(__dirname, 'vitest-reporter.mjs')}`);
  }
  if (process.env.NOVA_COVERAGE) recordStatements();
}

function recordStatements() {
  const asyncHooks = require('node:async_hooks');
  const ownerOf = new WeakMap();
  const owner = () => {
    const resource = asyncHooks.executionAsyncResource();
    return resource && ownerOf.get(resource);
  };
  // node:test runs every test in an async scope of its own, named Test or Suite; what it starts inherits it.
  asyncHooks
    .createHook({
      init(_id, type, _trigger, resource) {
        if ((type === 'Test' || type === 'Suite') && typeof resource.name !== 'function')
          ownerOf.set(resource, resource);
        else {
          const test = owner();
          if (test) ownerOf.set(resource, test);
        }
      },
    })
    .enable();

  const nodeTest = (test) => {
    const names = [];
    let file = null;
    for (let at = test; at?.parent; at = at.parent) {
      names.unshift(at.name);
      file = at.loc?.file ?? file;
    }
    // A helper out of a package defines tests for the file that is run.
    const helper = file !== null && /[\\/]node_modules[\\/]/.test(file);
    return { file: (helper ? process.argv[1] : file) || process.argv[1] || null, name: names.join(' > ') };
  };
  const vitestTest = () => {
    const state = globalThis.__vitest_worker__;
    if (!state) return null;
    const task = state.current;
    const names = [];
    for (let at = task; at && at.file !== at; at = at.suite) if (at.name) names.unshift(at.name);
    return { file: task?.file?.filepath ?? state.filepath ?? null, name: names.join(' > ') };
  };

  const seen = new Map();
  let descriptor = null;
  let buffer = [];
  let hits = 0;
  let scheduled = false;
  const flush = () => {
    scheduled = false;
    if (buffer.length === 0) return;
    const text = buffer.join('');
    buffer = [];
    try {
      descriptor ??= fs.openSync(
        path.join(folder, `hits-${process.pid}-${Math.random().toString(36).slice(2)}.jsonl`),
        'a',
      );
      fs.writeSync(descriptor, text);
    } catch {}
  };
  const none = {};
  const novaHit = (source, statement) => {
    if ((++hits & 0xffff) === 0) flush();
    const worker = globalThis.__vitest_worker__;
    const current = worker ? worker.current || worker.filepath || none : owner() || none;
    let statements = seen.get(current);
    if (!statements) {
      statements = new Set();
      seen.set(current, statements);
    }
    const key = source * 1048576 + statement;
    if (statements.has(key)) return;
    if (statements.size === 0) {
      const test = vitestTest() ?? (current === none ? { file: process.argv[1] || null, name: '' } : nodeTest(current));
      statements.id = JSON.stringify(test);
    }
    statements.add(key);
    buffer.push(`[${statements.id},${source},${statement}]\n`);
    if (buffer.length > 2000) flush();
    else if (!scheduled) {
      scheduled = true;
      setImmediate(flush).unref();
    }
  };
  Object.defineProperty(globalThis, '__novaHit', { value: novaHit });
  process.on('exit', flush);
}
