import { type Client, createClient } from '@nova/client';
import { NovaError, toNovaError } from '@nova/core';
import { QueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { fetchTransport } from './fetch-transport.ts';
import { FleetFeed } from './fleet-feed.ts';
import { type Line, openLine } from './line.ts';

/** What every screen works with: the API, the live line, the fleet as it is, and what was fetched. */
export interface Session {
  readonly client: Client;
  readonly line: Line;
  readonly fleet: FleetFeed;
  readonly queries: QueryClient;
}

/** Opens the page's one session. */
export function openSession(): Session {
  const client = createClient(fetchTransport);
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        // Live events say when something is stale; a query that fails is asked again when the line is back up.
        staleTime: 30_000,
        retry: (count, error) => count < 2 && error instanceof NovaError && error.code === 'mesh.unreachable',
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
  const line = openLine({
    onUp: () => void queries.invalidateQueries(),
    isRefused: () =>
      client.state().then(
        () => false,
        (thrown: unknown) => toNovaError(thrown).code.startsWith('auth.'),
      ),
  });
  const fleet = new FleetFeed(client, line, () => void queries.invalidateQueries({ queryKey: ['tasks'] }));
  return { client, line, fleet, queries };
}

export const SessionContext = createContext<Session | null>(null);

/** The session of this page. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new NovaError('internal', 'A screen is shown outside of a session.');
  return session;
}
