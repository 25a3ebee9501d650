import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { refusedField, refusedShape } from './refused-shape.ts';

function refused(schema: z.ZodType, value: unknown): z.ZodError {
  const { error } = schema.safeParse(value);
  assert.ok(error);
  return error;
}

describe('what of an input was refused', () => {
  it('is said in plain words, whatever kind of fault it is', () => {
    const number = z.number().int();
    const cases: readonly [z.ZodType, unknown, string][] = [
      [z.number().positive(), 0, ': must be more than 0'],
      [number.min(256), 1, ': must be at least 256'],
      [number.max(200), 201, ': must be at most 200'],
      [z.number().lt(3), 3, ': must be less than 3'],
      [number, 1.5, ': must be a whole number'],
      [z.coerce.number(), 'soon', ': must be a number'],
      [z.number().multipleOf(5), 3, ': must be a multiple of 5'],
      [z.string(), undefined, ': is missing'],
      [z.string(), 3, ': must be a text'],
      [z.string().min(1), '', ': must not be empty'],
      [z.string().min(3), 'ab', ': must have at least 3 characters'],
      [z.string().max(2), 'abc', ': must have at most 2 characters'],
      [z.array(z.string()).max(1), ['a', 'b'], ': must have at most 1 entries'],
      [z.boolean(), 'yes', ': must be true or false'],
      [z.enum(['low', 'high']), 'urgent', ': must be one of low, high'],
      [z.literal('fix'), 'fox', ': must be fix'],
      [z.union([z.string(), z.number()]), null, ': has none of the forms that are taken'],
      [z.string().regex(/^a/), 'b', ': does not have the form that is taken'],
      [z.string().regex(/^a/, 'Names begin with an a.'), 'b', ': Names begin with an a'],
      [
        z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })]),
        {},
        '.kind: must be one of a, b',
      ],
    ];
    for (const [schema, value, words] of cases) {
      assert.equal(refusedShape(refused(z.object({ field: schema }), { field: value })), `field${words}`);
    }
  });

  it('names each place, a field that is too much, and a place as a person knows it', () => {
    const schema = z.strictObject({ budget: z.number(), deep: z.strictObject({ list: z.array(z.number()) }) });
    const error = refused(schema, { budget: 'x', deep: { list: [1, null], more: 1 }, other: 1, third: 1 });
    assert.equal(
      refusedShape(error, { budget: '--budget' }),
      '--budget: must be a number; deep.list.1: must be a number; deep.more: there is no such field; other: there is no such field; third: there is no such field',
    );
    assert.equal(refusedShape(refused(schema, null)), 'The input must be an object');
  });

  it('is a sentence beside a field', () => {
    const schema = z.string().min(1).regex(/^a/, 'Names begin with an a.');
    assert.deepEqual(refused(schema, '').issues.map(refusedField), ['It must not be empty.', 'Names begin with an a.']);
  });
});
