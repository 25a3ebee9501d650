import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { applyEdits, type TestCase } from '@nova/core';
import type { Proposal } from '../language.ts';
import { createPythonLanguage } from './python.ts';

const language = createPythonLanguage();

async function proposals(text: string, line: number, message = ''): Promise<Proposal[]> {
  const failing: TestCase[] = message
    ? [{ id: 't::t', file: 't', name: 't', status: 'failed', durationMs: 0, failure: { message, stack: '' } }]
    : [];
  const suspects = [{ path: 'a.py', startLine: line, endLine: line, score: 1, reasons: [] }];
  const found = await language.propose({ path: 'a.py', text, suspects, failing, testSources: new Map() });
  return found.sort((a, b) => b.prior - a.prior);
}

const f = (body: string, head = 'def f(a, b):') => `${head}\n${body.replace(/^/gm, '    ')}\n`;

/** What is wrong, the line, what is right, and among how many of the first proposals it must be. */
const repairs: readonly (readonly [
  name: string,
  wrong: string,
  line: number,
  right: string,
  within: number,
  message?: string,
])[] = [
  [
    'parameter not kept',
    'class C:\n    def __init__(self, name):\n        self.n = 0\n    def get(self):\n        return self.name\n',
    3,
    'class C:\n    def __init__(self, name):\n        self.n = 0\n        self.name = name\n    def get(self):\n        return self.name\n',
    3,
    "AttributeError: 'C' object has no attribute 'name'",
  ],
  [
    'counter not put back',
    'class C:\n    def go_in(self):\n        self.level += 1\n    def go_out(self):\n        self.flush()\n',
    5,
    'class C:\n    def go_in(self):\n        self.level += 1\n    def go_out(self):\n        self.level -= 1\n        self.flush()\n',
    20,
  ],
  [
    'one branch forgets what the other sets',
    f('if a:\n    kind = "one"\n    size = a\nelse:\n    size = b\nreturn kind, size'),
    6,
    f('if a:\n    kind = "one"\n    size = a\nelse:\n    kind = "one"\n    size = b\nreturn kind, size'),
    20,
  ],
  [
    'value made elsewhere',
    'def g(a):\n    n = len(a)\n    return n\ndef f(a):\n    return n + 1\n',
    5,
    'def g(a):\n    n = len(a)\n    return n\ndef f(a):\n    n = len(a)\n    return n + 1\n',
    5,
    "NameError: name 'n' is not defined",
  ],
  [
    'keys for values',
    'class C:\n    def __init__(self):\n        self.items = {}\n    def total(self):\n        return sum(self.items)\n',
    5,
    'class C:\n    def __init__(self):\n        self.items = {}\n    def total(self):\n        return sum(self.items.values())\n',
    3,
  ],
  ['keys for pairs', f('for k, v in a:\n    b(k, v)'), 2, f('for k, v in a.items():\n    b(k, v)'), 20],
  [
    'a text raised',
    f('raise a from None'),
    2,
    f('raise ValueError(a) from None'),
    4,
    'TypeError: exceptions must derive from BaseException',
  ],
  ['taken away for put in', f('a.remove(b)\nreturn a'), 2, f('a.append(b)\nreturn a'), 8],
  ['a text multiplied', f('return "%s" * a'), 2, f('return "%s" % a'), 8],
  ['method not called', f('a.close\nreturn b'), 2, f('a.close()\nreturn b'), 3],
  ['fixed condition', f('if True:\n    return b'), 2, f('if b:\n    return b'), 15],
  ['nothing handed back', f('total = a + b\nreturn'), 3, f('total = a + b\nreturn total'), 3],
  ['boundary', f('return a < b'), 2, f('return a <= b'), 3],
  ['arithmetic', f('return a + b'), 2, f('return a - b'), 5],
  ['augmented', f('a += b\nreturn a'), 2, f('a -= b\nreturn a'), 5],
  ['true division', f('return a / b'), 2, f('return a // b'), 5],
  ['and, or', f('return a and b'), 2, f('return a or b'), 5],
  ['not', f('if not a:\n    return b'), 2, f('if a:\n    return b'), 5],
  ['identity', f('return a is b'), 2, f('return a == b'), 5],
  ['membership', f('return a in b'), 2, f('return a not in b'), 5],
  ['index', f('return a[b]'), 2, f('return a[b - 1]'), 12],
  ['range', f('for i in range(a):\n    print(i)'), 2, f('for i in range(a + 1):\n    print(i)'), 8],
  ['range start', f('for i in range(a):\n    print(i)'), 2, f('for i in range(1, a):\n    print(i)'), 12],
  ['length', f('return a[len(a)]'), 2, f('return a[len(a) - 1]'), 12],
  ['slice', f('return a[:b]'), 2, f('return a[:b + 1]'), 12],
  ['conjunct dropped', f('if a and b:\n    return 1'), 2, f('if a:\n    return 1'), 10],
  [
    'none guard in a condition',
    f('if a.next is None:\n    return b'),
    2,
    f('if a is None or a.next is None:\n    return b'),
    20,
  ],
  ['endless loop', f('while True:\n    a.pop()'), 2, f('while a:\n    a.pop()'), 10],
  ['variable', f('c = a\nreturn b'), 3, f('c = a\nreturn c'), 20],
  [
    'attribute',
    'class A:\n    def f(self):\n        self.low = 1\n        self.high = 2\n        return self.low\n',
    5,
    'class A:\n    def f(self):\n        self.low = 1\n        self.high = 2\n        return self.high\n',
    10,
  ],
  ['constant', f('return a == 5'), 2, f('return a == 7'), 20, 'AssertionError: 5 != 7'],
  ['truth', f('return True'), 2, f('return False'), 3],
  ['arguments swapped', f('return f(b, a)'), 2, f('return f(a, b)'), 8],
  ['sorted descending', f('return sorted(a)'), 2, f('return sorted(a, reverse=True)'), 12],
  ['max of nothing', f('return max(a)'), 2, f('return max(a, default=0)'), 40],
  ['split once', f("return a.split(':')"), 2, f("return a.split(':', 1)"), 15],
  ['append', f('a.append(b)\nreturn a'), 2, f('a.extend(b)\nreturn a'), 6],
  ['strip', f('return a.strip()'), 2, f('return a.rstrip()'), 6],
  ['queue', f('return a.pop()'), 2, f('return a.pop(0)'), 6],
  ['any', f('return any(a)'), 2, f('return all(a)'), 6],
  ['floor', f('return math.floor(a)'), 2, f('return math.ceil(a)'), 8],
  ['result thrown away', f('a.strip()\nreturn a'), 2, f('a = a.strip()\nreturn a'), 12],
  ['missing return', f('a + b'), 2, f('return a + b'), 8],
  ['missing await', 'async def f(a):\n    g(a)\n', 2, 'async def f(a):\n    await g(a)\n', 3],
  [
    'base case',
    f('return f(a - 1, b) + b'),
    2,
    f('if a == 0:\n    return 0\nreturn f(a - 1, b) + b'),
    110,
    'RecursionError: maximum recursion depth exceeded',
  ],
  ['copy', f('a = b\na.append(1)\nreturn a'), 2, f('a = list(b)\na.append(1)\nreturn a'), 25],
  [
    'shared default',
    f('a.append(b)\nreturn a', 'def f(b, a=[]):'),
    1,
    f('if a is None:\n    a = []\na.append(b)\nreturn a', 'def f(b, a=None):'),
    3,
  ],
  ['first value', f('c = 0\nfor x in a:\n    c *= x\nreturn c'), 2, f('c = 1\nfor x in a:\n    c *= x\nreturn c'), 5],
  [
    'exception',
    f('try:\n    return a[b]\nexcept IndexError:\n    return None'),
    4,
    f('try:\n    return a[b]\nexcept (IndexError, KeyError):\n    return None'),
    3,
    "KeyError: 'x'",
  ],
  ['branches', f('return a if b else 0'), 2, f('return 0 if b else a'), 12],
  [
    'loop left',
    f('for x in a:\n    if x:\n        break\nreturn b'),
    4,
    f('for x in a:\n    if x:\n        continue\nreturn b'),
    3,
  ],
  ['level out', f('for x in a:\n    b += x\n    return b'), 4, f('for x in a:\n    b += x\nreturn b'), 12],
  ['level in', f('for x in a:\n    y = x\nb.append(y)'), 4, f('for x in a:\n    y = x\n    b.append(y)'), 12],
  ['dropped', f('a = 1\nreturn a'), 2, f('return a'), 12],
  ['moved', f('print(a)\na = b\nreturn a'), 2, f('a = b\nprint(a)\nreturn a'), 20],
  [
    'conversion',
    f("return 'n: ' + a"),
    2,
    f("return 'n: ' + str(a)"),
    6,
    'TypeError: can only concatenate str (not "int") to str',
  ],
  ['f-string', f("return 'value {a}'"), 2, f("return f'value {a}'"), 3],
  ['lazy pattern', f("return re.findall(r'<.+>', a)"), 2, f("return re.findall(r'<.+?>', a)"), 12],
  ['anchored pattern', f("return re.search(r'\\d+', a)"), 2, f("return re.search(r'^\\d+', a)"), 25],
  ['flags', f("return re.match(r'x', a)"), 2, f("return re.match(r'x', a, re.IGNORECASE)"), 40],
  ['yield from', f('for x in a:\n    yield f(x, b)'), 3, f('for x in a:\n    yield from f(x, b)'), 10],
  ['types', f('return isinstance(a, int)'), 2, f('return isinstance(a, (int, float))'), 12],
  [
    'guard',
    f('return a.name'),
    2,
    f('if a is None:\n    return None\nreturn a.name'),
    30,
    "AttributeError: 'NoneType' object has no attribute 'name'",
  ],
  [
    'import',
    f('return math.floor(a)'),
    2,
    `import math\n${f('return math.floor(a)')}`,
    2,
    "NameError: name 'math' is not defined",
  ],
  ['counter', f('i = 0\nwhile i < a:\n    b.append(i)'), 4, f('i = 0\nwhile i < a:\n    b.append(i)\n    i += 1'), 40],
  [
    'update left out',
    f('p = None\nwhile a:\n    a.next = p\n    a = a.next\nreturn p'),
    4,
    f('p = None\nwhile a:\n    a.next = p\n    p = a\n    a = a.next\nreturn p'),
    70,
  ],
  ['unused parameter', f('return g(a)\n'), 2, f('return g(a, b)\n'), 6],
  ['limit', f('for x in a:\n    b = b + x\nreturn b'), 3, f('for x in a:\n    b = max(0, b + x)\nreturn b'), 45],
  [
    'no value yet',
    f('for x in a:\n    total += x\nreturn total'),
    3,
    f('total = 0\nfor x in a:\n    total += x\nreturn total'),
    6,
    "UnboundLocalError: cannot access local variable 'total' where it is not associated with a value",
  ],
  [
    'fixed outcome',
    f('depth = 0\nfor x in a:\n    depth += x\nreturn True'),
    5,
    f('depth = 0\nfor x in a:\n    depth += x\nreturn depth == 0'),
    12,
  ],
];

for (const [name, wrong, line, right, within, message] of repairs) {
  test(`repairs: ${name}`, async () => {
    const found = await proposals(wrong, line, message);
    const texts = found.map((proposal) => applyEdits(wrong, proposal.edits));
    const rank = texts.findIndex((text) => text.trimEnd() === right.trimEnd());
    assert.ok(rank >= 0, `not among ${texts.length} proposals`);
    assert.ok(rank < within, `only proposal ${rank + 1}`);
    assert.match(found[rank]?.explanation ?? '', /^\S.*`.*\.$/s);
  });
}

const varied = [
  'import re',
  '',
  'class Store(dict):',
  '    """A store."""',
  '    limit = 10',
  '',
  '    def __init__(self, items=(), *, name="x", **rest):',
  '        self.items_ = list(items)  # kept',
  '        self.name = name',
  '',
  '    @property',
  '    def size(self):',
  '        return len(self.items_) - 1',
  '',
  '    def pick(self, low, high=None):',
  '        if high is None or low > high and not self.name:',
  '            low, high = 0, low',
  '        elif low < 0:',
  '            raise ValueError(f"bad {low!r}")',
  '        else:',
  '            pass',
  '        found = [x for x in self.items_[low:high] if x]',
  '        for index, value in enumerate(found, start=1):',
  '            while value: value -= 1; continue',
  '            with open("f") as handle:',
  '                found[index] += value * 2 + handle.read().strip()',
  '        try:',
  '            return {key: self.get(key, 0) for key in found}',
  '        except (KeyError, IndexError) as error:',
  '            raise RuntimeError("no") from error',
  '        finally:',
  '            del found',
  '',
  '    async def later(self, *args):',
  '        global counter',
  '        async for part in self.parts(lambda n: n + 1):',
  '            yield await part.read(*args, size=-1)',
  '        match args:',
  '            case [first, *_] if first: print(first)',
  '        assert re.match(r"^[a-z]+\\d*$", self.name), "name"',
  '        counter = x = self.size if args else (yield)',
  '',
].join('\n');

async function everything(text: string): Promise<Proposal[]> {
  const statements = await language.statements('a.py', text);
  const suspects = statements.map((statement) => ({ path: 'a.py', ...statement, score: 1, reasons: [] }));
  return language.propose({ path: 'a.py', text, suspects, failing: [], testSources: new Map() });
}

test('proposals for one statement are bounded, different, in order of their priors and the same each time', async () => {
  const found = await everything(varied);
  assert.deepEqual(await everything(varied), found);
  const texts = new Map<number, Set<string>>();
  const last = new Map<number, number>();
  for (const proposal of found) {
    assert.ok(proposal.prior > 0 && proposal.prior <= 1);
    assert.ok(proposal.prior <= (last.get(proposal.suspect) ?? 1));
    last.set(proposal.suspect, proposal.prior);
    const known = texts.get(proposal.suspect) ?? new Set();
    texts.set(proposal.suspect, known);
    const text = applyEdits(varied, proposal.edits);
    assert.notEqual(text, varied);
    assert.ok(!known.has(text), proposal.explanation);
    known.add(text);
  }
  for (const known of texts.values()) assert.ok(known.size <= 300);
  assert.ok(texts.size > 20);
});

test('nearly all proposals are Python that Python itself compiles', async () => {
  const found = await everything(varied);
  const check =
    'import json,sys\nbad=[]\nfor t in json.load(sys.stdin):\n  try: compile(t,"a","exec",dont_inherit=True)\n  except SyntaxError as e: bad.append(t)\nprint(json.dumps(bad))';
  const input = JSON.stringify(found.map((proposal) => applyEdits(varied, proposal.edits)));
  const run = spawnSync('python3', ['-W', 'ignore', '-c', check], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(run.status, 0, run.stderr);
  const bad = JSON.parse(run.stdout) as string[];
  assert.ok(bad.length < found.length * 0.02, `${bad.length} of ${found.length}`);
});

test('offsets count UTF-16 units, also after characters outside the basic plane', async () => {
  const wrong = "# 😀 𝒳 é\nname = '🎉🎉'; flag = 1 < 2\n";
  const found = await proposals(wrong, 2);
  assert.ok(found.some((proposal) => applyEdits(wrong, proposal.edits) === wrong.replace('1 < 2', '1 <= 2')));
});

test('line ends and tabs stay as the file has them', async () => {
  const wrong = 'def f(a):\r\n\tb = a.name\r\n\treturn b\r\n';
  const found = await proposals(wrong, 2, "AttributeError: 'NoneType' object has no attribute 'name'");
  const texts = found.map((proposal) => applyEdits(wrong, proposal.edits));
  assert.ok(texts.includes('def f(a):\r\n\tif a is None:\r\n\t\treturn None\r\n\tb = a.name\r\n\treturn b\r\n'));
  for (const text of texts) assert.doesNotMatch(text, /[^\r]\n/);
});

test('statements are the innermost ones, compound ones with their header', async () => {
  const text =
    'def f(\n    a,\n):\n    "says"\n    if a:\n        return (\n            1\n        )\n    x = 1; y = 2\nz = f(1)\n';
  assert.deepEqual(await language.statements('a.py', text), [
    { startLine: 1, endLine: 3, atLoad: true },
    { startLine: 5, endLine: 5, atLoad: false },
    { startLine: 6, endLine: 8, atLoad: false },
    { startLine: 9, endLine: 9, atLoad: false },
    { startLine: 9, endLine: 9, atLoad: false },
    { startLine: 10, endLine: 10, atLoad: true },
  ]);
});

test('code that nests deeply is no trouble', async () => {
  const deep = `x = ${'1 + '.repeat(4000)}1\ny = ${'['.repeat(90)}a < b${']'.repeat(90)}\n`;
  for (const line of [1, 2]) assert.ok((await proposals(deep, line)).length > 0);
});

test('broken text does not parse, and proposals for it do not throw', async () => {
  assert.equal(await language.parses('a.py', 'def f(:\n  pass\n'), false);
  assert.equal(await language.parses('a.py', varied), true);
  assert.equal(await language.parses('a.py', ''), true);
  for (const broken of ['def f(:\n  pass\n', 'x = (1,\n', '\0\0', 'if x:\n', '"""', 'return', '\ufeffx = 1 <'])
    await everything(broken);
  assert.deepEqual(await proposals('', 1), []);
});

test('a value that only the assertion knows comes after one of the code', async () => {
  const text = 'LIMIT = 77\ndef f(a):\n    return 40\n';
  const found = await proposals(text, 3, 'AssertionError: assert 4711 == 40');
  const special = found.find(({ edits }) => edits.some((edit) => edit.text.includes('4711')));
  const plain = found.find(({ edits }) => edits.some((edit) => edit.text === '41' || edit.text === '39'));
  assert.ok(plain && special);
  assert.ok(special.prior < plain.prior);
});

test('a call with many arguments leaves room for every other idea', async () => {
  const names = Array.from({ length: 24 }, (_, index) => `argument_${index}`).join(', ');
  const found = await proposals(`def f(${names}):\n    return call(${names})\n`, 2);
  assert.ok(found.length <= 150);
  const templates = new Set(found.map(({ template }) => template));
  for (const wanted of ['missing-guard', 'wrong-return', 'missing-condition']) assert.ok(templates.has(wanted), wanted);
});
