import type { Client } from '@nova/client';
import { NovaError, printableValue, type ToolManifest } from '@nova/core';
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { useSession } from '../link/session.ts';

/** Outcomes beyond this size are not loaded into a page. */
const mostBytes = 16 * 1024 * 1024;

/** Fetches the outcome of a finished call, and of several ones at once; a blob never changes, so it is fetched once. */
export function useOutcomes<Output>(
  tool: Pick<ToolManifest<unknown, Output>, 'name' | 'output'>,
  hashes: readonly string[],
) {
  const { client } = useSession();
  return useQuery({
    queryKey: ['outcomes', tool.name, ...hashes],
    queryFn: () => Promise.all(hashes.map((hash) => fetchOutcome(client, tool.output, hash))),
    enabled: hashes.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

async function fetchOutcome<Output>(client: Client, schema: z.ZodType<Output>, hash: string): Promise<Output> {
  const decoder = new TextDecoder();
  let text = '';
  let offset = 0;
  for (;;) {
    const { bytes, size } = await client.blob(hash, { offset });
    if (size > mostBytes) {
      throw new NovaError(
        'http.too_large',
        `This outcome has ${size} bytes, too many for a page. It is kept as ${hash}.`,
      );
    }
    offset += bytes.length;
    text += decoder.decode(bytes, { stream: offset < size });
    if (offset >= size || bytes.length === 0) break;
  }
  return printableValue(z.object({ output: schema }).parse(JSON.parse(text)).output);
}
