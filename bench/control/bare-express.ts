import express from 'express';

// The peer: Express with one route and nothing else, answering the JSON that it was started with.
const answer = JSON.parse(process.argv[2] ?? '{}') as unknown;
const app = express();
app.get('/v1/tasks/:id', (_request, response) => {
  response.json(answer);
});
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? address?.port : 0}\n`);
});
