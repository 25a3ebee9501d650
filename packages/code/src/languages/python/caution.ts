import type { Draft, Place } from './place.ts';

const literal = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|(?<![\w.])\d+(?:\.\d+)?(?![\w.])/g;

/**
 * How far a draft is to be believed when the tests accept it, in 0..1: a value that only the failing assertion knows, or
 * code taken away, may please the tests without being what was meant.
 */
export function caution(place: Place, draft: Draft): number {
  let factor = 1;
  for (const edit of draft.edits) {
    const old = place.text.slice(edit.start, edit.end);
    if (/^\s*(?:pass)?\s*$/.test(edit.text) && /\w\W+\w/.test(old)) factor = Math.min(factor, 0.6);
    for (const [value] of edit.text.matchAll(literal)) {
      if (isCommon(value) || old.includes(value) || isNeighbour(value, old)) continue;
      if (!place.ingredients.messages.includes(value) || occurs(place.text, value)) continue;
      factor = Math.min(factor, /^\s*if .*==|^\s*return /.test(edit.text) ? 0.3 : 0.5);
    }
  }
  return factor;
}

function isCommon(value: string): boolean {
  return /^(?:''|""|0|1|2|10|100)$/.test(value);
}

/** One more or one less than a number that stood there. */
function isNeighbour(value: string, old: string): boolean {
  const number = Number(value);
  if (!Number.isInteger(number)) return false;
  return [number - 1, number + 1].some((other) => new RegExp(`(?<![\\w.])${other}(?![\\w.])`).test(old));
}

function occurs(text: string, value: string): boolean {
  return /^\d/.test(value)
    ? new RegExp(`(?<![\\w.])${value.replace('.', '\\.')}(?![\\w.])`).test(text)
    : text.includes(value);
}
