import { type Client, createClient } from '@nova/client';
import { type FixRequest, fixRequestSchema, reviewRequestSchema, type TaskRequest } from '@nova/core';
import { shop } from '../faults/nova.ts';
import type { ShownTasks } from './screens.ts';
import type { ServedPlace } from './served-place.ts';
import { patience } from './steps.ts';
import { bearerTransport } from './transport.ts';

const green = { ...shop, 'src/cart.js': 'export const discount = (quantity) => (quantity >= 10 ? 0.9 : 1);\n' };

/** Code in which a review finds something of every severity. */
const flawed: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ name: 'till', type: 'module' }),
  'src/till.js': [
    'export function charge(amount, unused) {',
    '  if (amount === NaN) return 0;',
    '  debugger;',
    '  const rate = eval("0.1");',
    '  return amount - amount + rate;',
    '}',
    '',
  ].join('\n'),
  'src/stock.py': [
    'def take(items=[]):',
    '    try:',
    '        items.append(1)',
    '    except:',
    '        pass',
    '    return items',
    '',
  ].join('\n'),
};

/** A project whose tests print a line a second and do not come to an end. */
const endless: Readonly<Record<string, string>> = {
  ...shop,
  'package.json': JSON.stringify({ name: 'ledger', type: 'module', scripts: { soak: 'node soak.js' } }),
  'soak.js': [
    'let round = 0;',
    'setInterval(() => {',
    '  round += 1;',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a line of the sample
    '  console.log(`round ${round}: ${1000 + round * 7} entries booked, balance holds`);',
    '}, 1000);',
    '',
  ].join('\n'),
};

export function clientOf(served: ServedPlace): Client {
  return createClient(bearerTransport(served.url, served.token));
}

/** A request to repair the sample project. */
export function fixOf(repository: string, more: Readonly<Partial<FixRequest>> = {}): FixRequest {
  return fixRequestSchema.parse({ kind: 'fix', repository, testCommand: 'npm test', ...more });
}

/** Hands in a task and resolves with its id when it has ended, or paused as soon as it was in this stage. */
export async function carriedOut(served: ServedPlace, request: TaskRequest, pauseIn: string | null = null) {
  const client = clientOf(served);
  const { id } = await client.submit(request, { key: request.repository });
  // The watch ends when the task has ended or paused.
  for await (const item of client.watch(id, 0, AbortSignal.timeout(patience))) {
    if (item.kind !== 'event' || item.event.type !== 'nova.stage.started') continue;
    if (item.event.data['stage'] === pauseIn) {
      await client.pause(id, { key: `${id} pause`, reason: 'I want to look at the plan first.' });
    }
  }
  return id;
}

/** A task in every state that looks different. */
export async function sampleTasks(served: ServedPlace): Promise<ShownTasks> {
  const at = (name: string, files = shop) => served.place.repository(name, files);
  await carriedOut(served, fixOf(at('atlas', green)));
  const reviewed = await carriedOut(
    served,
    reviewRequestSchema.parse({ kind: 'review', repository: at('till', flawed) }),
  );
  const delivered = await carriedOut(served, fixOf(at('shop')));
  const paused = await carriedOut(served, fixOf(at('basket')), 'planning');
  const client = clientOf(served);
  const long = fixOf(at('ledger', endless), {
    instance: 'forge',
    testCommand: 'npm run soak',
    testTimeoutSeconds: 800,
  });
  const { id: running } = await client.submit(long, { key: 'running' });
  // Forge carries the one that runs.
  const { id: waiting } = await client.submit(fixOf(at('orders'), { instance: 'forge' }), { key: 'waiting' });
  return { delivered, paused, reviewed, running, waiting };
}
