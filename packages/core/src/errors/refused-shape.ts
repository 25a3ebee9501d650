import type { z } from 'zod';

type Issue = z.ZodError['issues'][number];

/**
 * What of somebody's input was refused, in one line: each place with what is wrong there. `names` says how a person knows a
 * place that is called otherwise in the input.
 */
export function refusedShape(error: z.ZodError, names: Readonly<Record<string, string>> = {}): string {
  return error.issues
    .flatMap((issue) => {
      const { path } = issue;
      // A field that is too much is a place of its own.
      if (issue.code === 'unrecognized_keys') {
        return issue.keys.map((key) => `${[...path, key].join('.')}: there is no such field`);
      }
      const place = path.join('.');
      const words = issueWords(issue);
      const said = words ?? issue.message.replace(/\.$/, '');
      if (place === '') return words === null ? said : `The input ${said}`;
      return `${names[place] ?? place}: ${said}`;
    })
    .join('; ');
}

/** What is wrong with one field, as a sentence beside it. */
export function refusedField(issue: Issue): string {
  const words = issueWords(issue);
  return words === null ? issue.message : `It ${words}.`;
}

/** How the messages begin that are zod's own; a schema of ours that says something itself says it in a sentence about its matter. */
const zodsOwn = /^(?:Invalid|Too small|Too big|Unrecognized)\b/;

/** Words for an issue to which its schema says nothing of its own; null when it does. */
function issueWords(issue: Issue): string | null {
  if (!zodsOwn.test(issue.message)) return null;
  switch (issue.code) {
    case 'invalid_type':
      return /received undefined$/.test(issue.message)
        ? 'is missing'
        : `must be ${typeWords[issue.expected] ?? 'of another type'}`;
    case 'too_small':
      return issue.origin === 'string' && issue.minimum === 1
        ? 'must not be empty'
        : bound(issue, issue.inclusive ? 'at least' : 'more than', issue.minimum);
    case 'too_big':
      return bound(issue, issue.inclusive ? 'at most' : 'less than', issue.maximum);
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_union':
      return 'options' in issue && issue.options ? oneOf(issue.options) : 'has none of the forms that are taken';
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    default:
      return 'does not have the form that is taken';
  }
}

const typeWords: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
};

/** What a bound counts; a number is compared as it is. */
const counted: Readonly<Record<string, string>> = { string: 'characters', array: 'entries', set: 'entries' };

function bound({ origin }: { readonly origin: string }, how: string, limit: number | bigint): string {
  const noun = counted[origin];
  return noun === undefined ? `must be ${how} ${limit}` : `must have ${how} ${limit} ${noun}`;
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(', ')}`;
}
