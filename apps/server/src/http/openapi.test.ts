import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { Router } from 'express';
import { openApiDocument } from './openapi.ts';
import { apiRouter } from './operations.ts';
import { Place } from './place.fixture.ts';

/** `get /tasks/{id}` for every route that Express itself would take. */
function routesOf(router: Router): string[] {
  return router.stack.flatMap(({ route }) =>
    (route?.stack ?? []).flatMap(({ method }) =>
      // What answers every other method has none of its own.
      method === undefined ? [] : [`${method} ${route?.path.replace(/:(\w+)/g, '{$1}')}`],
    ),
  );
}

describe('the description of the API', () => {
  it('is OpenAPI 3.1, by its published schema', async () => {
    const document = JSON.parse(JSON.stringify(openApiDocument('1.2.3'))) as Record<string, unknown>;
    const validator = new Validator();
    const outcome = await validator.validate(document);
    assert.deepEqual(outcome.errors ?? [], []);
    assert.equal(outcome.valid, true);
    assert.equal(validator.version, '3.1');
    validator.resolveRefs();
    document['paths'] = { '/v1/x': { get: { responses: 'none' } } };
    assert.equal((await new Validator().validate(document)).valid, false, 'the validator lets everything pass');
  });

  it('has every route that there is, and no other', async () => {
    await using place = await Place.open();
    const { paths } = openApiDocument('1') as { paths: Record<string, Record<string, unknown>> };
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path.replace('/v1', '')}`),
    );
    assert.deepEqual(routesOf(apiRouter(place.parts, true)).sort(), described.sort());
    assert.deepEqual(
      described.filter((route) => !routesOf(apiRouter(place.parts, false)).includes(route)),
      ['post /leave'],
    );
  });

  it('is what the server serves', async () => {
    await using place = await Place.open();
    const answer = await place.ask('/openapi.json');
    assert.deepEqual(await answer.json(), JSON.parse(JSON.stringify(openApiDocument('0'))));
  });
});
