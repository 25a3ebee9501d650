'use strict';
// Lets a suite written for tape run under node:test, so that its tests are counted one by one.
const assert = require('node:assert');
const { test } = require('node:test');

const names = {
  equal: 'strictEqual',
  equals: 'strictEqual',
  is: 'strictEqual',
  strictEqual: 'strictEqual',
  notEqual: 'notStrictEqual',
  not: 'notStrictEqual',
  same: 'deepStrictEqual',
  deepEqual: 'deepStrictEqual',
  notDeepEqual: 'notDeepStrictEqual',
  ok: 'ok',
  true: 'ok',
  assert: 'ok',
  throws: 'throws',
  doesNotThrow: 'doesNotThrow',
  match: 'match',
  rejects: 'rejects',
  error: 'ifError',
  ifError: 'ifError',
  fail: 'fail',
};

function assertions(context, done) {
  const t = { pass() {}, comment() {}, plan() {}, end: done, teardown: (fn) => context.after(fn) };
  for (const [name, method] of Object.entries(names)) t[name] = (...given) => assert[method](...given);
  for (const name of ['notOk', 'false']) t[name] = (value) => assert.ok(!value);
  t.test = (name, body) => pending(context).push(context.test(name, (inner) => run(inner, body)));
  return t;
}

const waiting = new WeakMap();
function pending(context) {
  if (!waiting.has(context)) waiting.set(context, []);
  return waiting.get(context);
}

async function run(context, body) {
  await body(assertions(context, () => {}));
  await Promise.all(pending(context));
}

module.exports = (name, ...rest) => test(name, (context) => run(context, rest.at(-1)));
module.exports.test = module.exports;
module.exports.default = module.exports;
