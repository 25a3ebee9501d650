import { useEffect, useMemo } from 'react';
import { useSession } from '../link/session.ts';
import { useStore } from '../link/store.ts';
import { OutputReader, type OutputSnapshot } from './output-reader.ts';

/** What a call prints, as it grows, and how to have the part before what is shown. */
export function useOutput(task: string, callId: string): readonly [OutputSnapshot, () => Promise<void>] {
  const { client } = useSession();
  const reader = useMemo(() => new OutputReader(client, task, callId), [client, task, callId]);
  useEffect(() => {
    const stopped = new AbortController();
    void reader.read(stopped.signal);
    return () => stopped.abort();
  }, [reader]);
  return [useStore(reader.snapshot), () => reader.readBefore()];
}
