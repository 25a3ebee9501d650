import type { TestCase, TextEdit } from '@nova/core';

/*
 * The order in which candidates are tried and, among those that pass, offered. A candidate's score is
 *
 *     suspect score² × template's prior × size × fit × doubt
 *
 * - suspect score: executed by every failing test and by few others; squared, as a right edit at the wrong place is wrong.
 * - prior: how often the template is the right one at its place.
 * - size, 1 / (1 + changed characters / 80): faults are small, and of two equal guesses the smaller says less.
 * - fit, 1 … 2.5: what the failure's own words say about the kind of fault. A property read of undefined asks for a guard, a
 *   number that is off by one for a boundary. The words can mislead, so nothing is excluded by them.
 * - doubt, 0.1 … 1: what passes the tests without repairing anything. Tests are few and edits many; the ones that take code
 *   away, answer with the very value that the test expects or fix a condition pass by chance more often than others.
 *
 * The first four are about being right, the last about being right only by the tests: it lowers such a candidate below others
 * that may pass as well, and does not exclude it, as a statement too much is a real fault.
 */

/** What a failure's words say about its fault. */
type Signal =
  | 'off-by-one'
  | 'other-number'
  | 'other-sign'
  | 'absent'
  | 'not-a-function'
  | 'not-a-number'
  | 'promise'
  | 'letter-case'
  | 'white-space'
  | 'boolean'
  | 'nothing-returned'
  | 'one-more-or-less'
  | 'unexpected-error'
  | 'missing-error'
  | 'undefined-name'
  | 'no-attribute'
  | 'wrong-keyword'
  | 'too-few-arguments'
  | 'too-many-arguments'
  | 'wrong-type'
  | 'out-of-range'
  | 'endless';

/** Templates by name, in the languages' own words, that repair what a signal speaks of. */
const repairs: readonly (readonly [Signal, RegExp, number])[] = [
  ['off-by-one', /boundary|comparison|off-by-one|bounds|value\.number|loop\.start|^index|update|property\.size/, 2],
  ['other-number', /arithmetic|operator\.|value\.(number|initial)|number|wrong-constant|swap-operands|rounding/, 1.4],
  ['other-sign', /operator\.(arithmetic|unary)|arithmetic|value\.number|swap/, 1.8],
  ['absent', /^absent|^guard|default|missing-guard|none-check|null|typeof|truthiness|condition\.(and|or)/, 2],
  ['absent', /call\.missing|missing-call|argument|statement\.copy|insert-copy|variable\.other/, 1.3],
  ['not-a-function', /method|property|call|wrap|new\.missing|wrong-(attribute|function)|variable/, 2],
  ['not-a-number', /convert|initial|default|number|nan|^absent|wrong-constant|argument/, 1.8],
  ['promise', /await/, 2.5],
  ['letter-case', /method|call\.missing|missing-call|regex\.(flag|class)|regular-expression/, 2],
  ['white-space', /method|call\.missing|missing-call|template|value\.string|text|join/, 1.8],
  ['boolean', /condition|comparison|boolean|logical|negat|truthiness|return\.(constant|other)/, 1.4],
  ['nothing-returned', /return|await|missing-return|branch\.|fall/, 1.8],
  [
    'one-more-or-less',
    /boundary|comparison|bounds|loop|index|condition|guard\.continue|statement\.(copy|move)|insert-copy/,
    1.5,
  ],
  ['unexpected-error', /guard|^absent|condition|boundary|comparison|default|typeof|negat/, 1.4],
  ['wrong-type', /raise-value/, 2],
  ['missing-error', /throw|raise|condition|statement\.copy|insert-copy|negat|comparison|guard/, 1.8],
  ['undefined-name', /variable|name|import|property|misspelt|initialisation|insert|statement\.copy/, 2],
  ['no-attribute', /attribute|method|initialisation|super|call|variable|insert|property|wrong-function/, 1.8],
  ['wrong-keyword', /wrong-keyword/, 2.5],
  ['wrong-keyword', /argument|wrong-function|method/, 1.5],
  ['too-few-arguments', /argument|super|wrong-function|method|default/, 2.2],
  ['too-many-arguments', /argument|spread|wrong-function|method/, 2.2],
  ['wrong-type', /call|convert|wrap|variable|attribute|property|argument|initial|none|constant/, 1.6],
  ['out-of-range', /boundary|off-by-one|bounds|slice|index|comparison|guard|initial|start|number|loop/, 1.8],
  [
    'endless',
    /guard|boundary|comparison|argument|update|operator|arithmetic|condition|insert|statement\.copy|return/,
    1.6,
  ],
];

/** What the words of all failures together say. */
export function signalsOf(failing: readonly TestCase[]): ReadonlySet<Signal> {
  const found = new Set<Signal>();
  for (const { failure } of failing) if (failure) for (const signal of signalsIn(failure.message)) found.add(signal);
  return found;
}

function signalsIn(message: string): Signal[] {
  const found: Signal[] = [];
  const says = (pattern: RegExp, signal: Signal) => {
    if (pattern.test(message)) found.push(signal);
  };
  says(
    /(Cannot (read|set) propert|'NoneType'|of (undefined|null)\b|is not iterable|KeyError|has no attribute)/,
    'absent',
  );
  says(/is not a (function|constructor)|not callable/, 'not-a-function');
  says(/\bNaN\b/, 'not-a-number');
  says(/\bPromise\b|was never awaited|<coroutine/, 'promise');
  says(/is not defined\b|UnboundLocalError|before initialization/, 'undefined-name');
  says(/Missing expected (exception|rejection)|DID NOT RAISE|not raised|to throw/, 'missing-error');
  says(/has no attribute '/, 'no-attribute');
  says(/unexpected keyword argument|invalid keyword argument/, 'wrong-keyword');
  says(/missing \d+ required (positional|keyword)|expected at least \d+ argument/, 'too-few-arguments');
  says(/takes (no|\d+|from \d+ to \d+) (positional )?arguments? |expected at most \d+ argument/, 'too-many-arguments');
  says(
    /TypeError: .*(unsupported operand|can only concatenate|must be|not (subscriptable|iterable|supported between)|expected)|has no len\(\)/,
    'wrong-type',
  );
  says(/index out of range|IndexError|Invalid array length|RangeError: (?!Maximum)/, 'out-of-range');
  says(/RecursionError|maximum recursion|Maximum call stack|had begun and did not end/i, 'endless');
  says(/^(\w*Error\b|Got unwanted exception)|Cannot (read|set)|is not (a function|iterable)/m, 'unexpected-error');
  const expected = comparedValue(message, 'expected');
  const actual = comparedValue(message, 'actual');
  if (expected !== null && actual !== null) found.push(...differences(expected, actual));
  return found;
}

/** A compared value as its runner printed it; strings without their quotes. */
function comparedValue(message: string, which: 'expected' | 'actual'): string | null {
  const named = new RegExp(String.raw`^\s*${which}:?\s+(.*)$`, 'im').exec(message)?.[1]?.trim();
  const value = named ?? pair(message)?.[which === 'actual' ? 0 : 1];
  return value === undefined ? null : value.replace(/^(["'])(.*)\1$/s, '$2');
}

/** "1 !== 2", "assert 1 == 2", "1 != 2": what was there, then what was expected. */
function pair(message: string): [string, string] | null {
  const match = /^(?:.*?(?:assert|AssertionError:))?\s*(\S.{0,200}?) (?:!==?|==) (\S.{0,200}?)\s*$/m.exec(message);
  return match ? [match[1] ?? '', match[2] ?? ''] : null;
}

function differences(expected: string, actual: string): Signal[] {
  const found: Signal[] = [];
  const [wanted, given] = [Number(expected), Number(actual)];
  if (expected !== '' && actual !== '' && Number.isFinite(wanted) && Number.isFinite(given) && wanted !== given) {
    found.push(Math.abs(wanted - given) === 1 ? 'off-by-one' : 'other-number');
    if (wanted === -given) found.push('other-sign');
    return found;
  }
  if (/^(true|false)$/i.test(expected) && /^(true|false)$/i.test(actual)) found.push('boolean');
  if (/^(undefined|None)$/.test(actual)) found.push('nothing-returned');
  if (expected !== actual) {
    if (expected.toLowerCase() === actual.toLowerCase()) found.push('letter-case');
    else if (expected.replaceAll(/(\s|\\n)+/g, '') === actual.replaceAll(/(\s|\\n)+/g, '')) found.push('white-space');
  }
  const items = (text: string) => text.split(',').length;
  if (/^[[({]/.test(expected) && Math.abs(items(expected) - items(actual)) === 1) found.push('one-more-or-less');
  return found;
}

/** How well a template fits what the failures say, 1 … 2.5. */
export function fitOf(template: string, signals: ReadonlySet<Signal>): number {
  let best = 1;
  for (const [signal, pattern, factor] of repairs) {
    if (factor > best && signals.has(signal) && pattern.test(template)) best = factor;
  }
  return best;
}

/** Values so common in programs that using one says nothing. */
const ordinary = /^(-?[0-2]|''|""|``|null|undefined|true|false|None|True|False)$/;
const literal = /(?<![\w.$])-?\d+(?:\.\d+)?(?![\w.])|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g;

/**
 * How much less a candidate is to be believed if the tests accept it, 0.1 … 1. `expected` is the text of the failures:
 * a new constant out of it is probably the answer to this one test.
 */
export function doubtOf(edits: readonly TextEdit[], text: string, expected: string): number {
  let doubt = 1;
  for (const edit of edits) {
    const { before, after } = differing(text, edit);
    // Taking away passes by chance: nothing is computed that could be wrong.
    if (after.trim() === '' && /[\w)\]]/.test(before)) doubt *= before.length > 12 ? 0.55 : 0.75;
    // A repair that special-cases the test's own value repairs the test.
    const added = (edit.text.match(literal) ?? []).filter(
      (value) =>
        !ordinary.test(value) && !text.includes(value) && expected.includes(value.replaceAll(/^['"]|['"]$/g, '')),
    );
    if (added.length > 0) doubt *= /\bif\b|\?|[=!]==?/.test(after) ? 0.2 : 0.5;
    if (/^(true|false|True|False|0|1)$/.test(after.trim()) && before.length > 5) doubt *= 0.5;
    // Comparing something with itself, or a condition that is fixed, only switches code off.
    if (/\b(if|while)\s*\(?\s*(true|false|True|False)\b/.test(edit.text)) doubt *= 0.3;
    if (
      /(?<![\w.)\]])([A-Za-z_$][\w$.]*) ?(?:[=!]==?|[<>]=?|&&|\|\||(?<= )(?:and|or)(?= )) ?\1(?![\w.([])/.test(
        edit.text,
      )
    )
      doubt *= 0.4;
    // A name tested just before it is given its value has none that matters: the condition is the same for every input.
    const tested =
      edit.start === edit.end ? /\bif\s*\(?\s*(?:!|not )?([A-Za-z_$][\w$]*)/.exec(edit.text)?.[1] : undefined;
    if (tested !== undefined && assignsNext(text, edit.end, tested)) doubt *= 0.2;
    // What was only asked is now taken away: the test sees the answer, and not what is missing afterwards.
    if (before !== '' && mutates.test(after) && !mutates.test(before)) doubt *= 0.4;
    // An order in which both sides count alike is none.
    if (/^\s*[+*|&]\s*$/.test(after) && /-/.test(before) && isComparator(text, edit.start)) doubt *= 0.2;
    // Text functions read a list as its text: they hide that the value is not there.
    if (edit.text === `[${text.slice(edit.start, edit.end)}]`) doubt *= 0.5;
    // A guard that ends the function early with a constant skips the code that is wrong instead of mending it.
    if (/\bif\b[^\n]*\breturn\b/.test(after) && edit.start === edit.end) doubt *= 0.9;
  }
  return Math.max(0.1, doubt);
}

const mutates = /(?:\.|^)(?:pop|popitem|shift|splice|clear|remove|reverse|delete)\b|\bdel\b/;

/** True inside the function that says in which order a sort puts two elements. */
function isComparator(text: string, offset: number): boolean {
  return /\b(?:sort|toSorted)\(\s*(?:function\s*\w*)?\s*\(?\s*[\w$]+(?:\s*:[^,()]+)?\s*,\s*[\w$]+[^;]{0,80}$/.test(
    text.slice(Math.max(0, offset - 200), offset),
  );
}

/** True when what follows an offset is an assignment to a name that does not read it. */
function assignsNext(text: string, offset: number, name: string): boolean {
  const line = /^\s*(?:(?:let|const|var)\s+)?([A-Za-z_$][\w$]*)\s*=(?![=>])([^\n]*)/.exec(
    text.slice(offset, offset + 500),
  );
  const read: readonly string[] = line?.[2]?.match(/[A-Za-z_$][\w$]*/g) ?? [];
  return line?.[1] === name && !read.includes(name);
}

/** The characters that an edit really takes away and puts in. */
function differing(text: string, edit: TextEdit): { before: string; after: string } {
  const before = text.slice(edit.start, edit.end);
  const after = edit.text;
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { before: before.slice(start, before.length - end), after: after.slice(start, after.length - end) };
}

/** 1 / (1 + changed characters / 80). */
export function sizeFactor(edits: readonly TextEdit[], text: string): number {
  const changed = edits.reduce((sum, edit) => {
    const { before, after } = differing(text, edit);
    return sum + Math.max(before.length, after.length);
  }, 0);
  return 1 / (1 + changed / 80);
}
