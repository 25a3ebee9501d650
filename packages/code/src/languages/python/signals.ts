import type { Draft } from './place.ts';

interface Signal {
  /** What a failing test's message says. */
  readonly message: RegExp;
  /** Templates that such a message speaks for. */
  readonly template: RegExp;
  /** What the new code must look like, where the template alone says too little. */
  readonly text?: RegExp;
  readonly factor: number;
}

/** Kinds of failure, and the repairs that they make more likely. */
const signals: readonly Signal[] = [
  {
    message: /'NoneType' object|NoneType|argument of type 'None/,
    template:
      /missing-guard|missing-condition|none-check|missing-return|wrong-return|missing-default|wrong-constant|missing-call/,
    text: /None|return|\bnot \w+| or |\band\b/,
    factor: 2.5,
  },
  {
    message: /IndexError|index out of range|pop from (?:an )?empty|substring not found/,
    template: /off-by-one|range-bounds|slice-bounds|comparison|missing-guard|missing-condition/,
    factor: 1.6,
  },
  {
    message: /KeyError|LookupError/,
    template: /missing-default|missing-guard|missing-condition|call-form|except-type|wrong-text/,
    factor: 2.5,
  },
  {
    message:
      /can only concatenate|unsupported operand|must be (?:a )?str|not supported between|expected str|sequence item \d+: expected/,
    template: /missing-call|drop-call/,
    text: /^(?:str|int|float|list|tuple|set)\(|\.(?:items|strip)\(/,
    factor: 6,
  },
  {
    message: /ZeroDivisionError|division by zero/,
    template: /missing-guard|missing-condition|missing-call/,
    text: /== 0|not |max\(1| or 1|<= 0/,
    factor: 4,
  },
  {
    message: /RecursionError|maximum recursion/,
    template: /missing-guard|swap-arguments|off-by-one|missing-slice|comparison|wrong-variable|missing-operand/,
    factor: 1.6,
  },
  {
    message: /RecursionError|maximum recursion/,
    template: /missing-guard/,
    text: /if (?:not \w+|\w+ (?:==|<=) [01]|\w+ is None):/,
    factor: 6,
  },
  {
    message: /StopIteration|did not run to its end|running/,
    template: /missing-condition|missing-update|off-by-one|comparison/,
    factor: 1.4,
  },
  {
    message:
      /missing \d+ required positional|takes \d+ positional|takes from \d+|unexpected keyword|multiple values for/,
    template: /argument|call-form/,
    factor: 4,
  },
  {
    message: /is not iterable|not subscriptable|object is not callable|has no len\(\)|unhashable type/,
    template: /missing-call|drop-call|wrong-variable|literals|call-form|drop-index|wrong-constant|missing-attribute/,
    factor: 1.7,
  },
  { message: /was never awaited|coroutine/, template: /await/, factor: 3 },
  {
    message: /dictionary changed size|changed during iteration|list\.remove/,
    template: /missing-call/,
    text: /^(?:list|tuple|sorted)\(|\.copy\(/,
    factor: 8,
  },
  {
    message: /not raised|DID NOT RAISE/,
    template: /missing-guard|raise-type|insert-copy|missing-raise/,
    text: /raise/,
    factor: 3,
  },
  {
    message: /UnicodeDecodeError|UnicodeEncodeError|codec can't/,
    template: /call-form|except-type|method-family/,
    text: /encod|decode|Unicode/,
    factor: 4,
  },
  {
    message: /JSONDecodeError|ValueError: (?:invalid literal|not enough|too many values)/,
    template: /except-type|missing-guard|call-form|method-family/,
    factor: 1.6,
  },
];

/** Weighs drafts by what the failing tests say. */
export function weigher(messages: string): (draft: Draft) => number {
  const heard = signals.filter((signal) => signal.message.test(messages));
  const truths = /(?:^|\W)(?:True|False)\W+(?:is not|!=|==) \W*(?:true|false)|assert (?:not )?(?:True|False)\b/i.test(
    messages,
  );
  return (draft) => {
    let prior = draft.prior;
    for (const signal of heard) {
      if (!signal.template.test(draft.template)) continue;
      if (signal.text && !draft.edits.some((edit) => signal.text?.test(edit.text))) continue;
      prior = Math.max(prior, Math.min(0.9, draft.prior * signal.factor));
    }
    if (truths && /comparison|boolean|negation|condition|method-family/.test(draft.template))
      prior = Math.min(0.9, prior * 1.2);
    return prior;
  };
}
