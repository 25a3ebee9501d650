import { Agent, request } from 'node:http';

/** What a load showed. */
export interface Load {
  readonly perSecond: number;
  /** Milliseconds that one request in a hundred took longer than. */
  readonly p99: number;
}

/** Asks for one address over and over, on so many connections at once, for so long. */
export async function load(
  url: string,
  headers: Readonly<Record<string, string>>,
  connections: number,
  seconds: number,
): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const begun = performance.now();
  const until = begun + seconds * 1000;
  async function askOnAndOn(): Promise<void> {
    while (performance.now() < until) {
      const asked = performance.now();
      await ask(url, headers, agent);
      times.push(performance.now() - asked);
    }
  }
  await Promise.all(Array.from({ length: connections }, askOnAndOn));
  const elapsed = (performance.now() - begun) / 1000;
  agent.destroy();
  return { perSecond: times.length / elapsed, p99: quantile(times, 0.99) };
}

/** The value that a share of all lies below. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function ask(url: string, headers: Readonly<Record<string, string>>, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers, agent }, (response) => {
      response.resume();
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${url} answered ${response.statusCode}`)),
      );
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}
