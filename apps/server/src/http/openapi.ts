import { apiVersion, type Endpoint, endpoints, problemSchema } from '@nova/client';
import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;

const problem = {
  description: 'What went wrong, as RFC 9457 problem details with a code of Nova.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** The OpenAPI 3.1 description of the API, made from the same schemas that parse what comes in. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, endpoint] of Object.entries(endpoints)) {
    const path = `/${apiVersion}${endpoint.path.replace(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [endpoint.method]: operation(name, endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Nova',
      version,
      description:
        'A fleet of AI software engineers. Over TCP every request carries the token of the data folder, or the cookie that /login sets.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      schemas: { Problem: schemaOf(problemSchema, 'output') },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'nova-<port>' },
      },
    },
  };
}

function operation(name: string, endpoint: Endpoint): Json {
  const { status, summary, body, answer, media } = endpoint;
  const schema = answer === null ? {} : { schema: schemaOf(answer, 'output') };
  return {
    operationId: name,
    summary: endpoint.local ? `${summary} Over the unix socket only.` : summary,
    parameters: [
      ...[...endpoint.path.matchAll(/:(\w+)/g)].map(([, parameter]) => ({
        name: parameter,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      ...queryParameters(endpoint.query),
      ...(endpoint.keyed
        ? [
            {
              name: 'Idempotency-Key',
              in: 'header',
              required: true,
              description: 'Repeating a write with the same key changes nothing and gives the same answer.',
              schema: { type: 'string', minLength: 1, maxLength: 200 },
            },
          ]
        : []),
    ],
    ...(body === null ? {} : { requestBody: { content: { 'application/json': { schema: schemaOf(body, 'input') } } } }),
    responses: { [status]: { description: 'What was asked for.', content: { [media]: schema } }, default: problem },
  };
}

function queryParameters(query: z.ZodType): Json[] {
  const { properties = {}, required = [] } = schemaOf(query, 'input') as {
    properties?: Readonly<Record<string, Json>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, reused: 'inline' });
  return rest;
}
