import { useQuery } from '@tanstack/react-query';
import { bytes } from '../elements/amounts.ts';
import { Meter } from '../elements/meter.tsx';
import { Panel } from '../elements/panel.tsx';
import { Failure, Loading } from '../elements/states.tsx';
import { useSession } from '../link/session.ts';

const refreshMilliseconds = 5000;

/** What the machine has and has left; asked again every few seconds while the page is shown. */
export function MachineLoad() {
  const { client } = useSession();
  const { data, error, refetch } = useQuery({
    queryKey: ['machine'],
    queryFn: async () => (await client.fleet()).machine,
    refetchInterval: refreshMilliseconds,
  });
  return (
    <Panel title="Machine" aside={data && `${data.cores} cores`}>
      {!data && !error && <Loading label="The machine's load is being read" lines={3} />}
      {!data && error && <Failure error={error} again={() => void refetch()} />}
      {data && (
        <div className="meters">
          <Meter name="Load" share={data.load / data.cores} text={`${data.load.toFixed(2)} of ${data.cores}`} />
          <Meter
            name="Memory"
            share={1 - data.memoryAvailableBytes / data.memoryBytes}
            text={`${bytes(data.memoryAvailableBytes)} free of ${bytes(data.memoryBytes)}`}
          />
          <Meter
            name="Disk"
            share={1 - data.diskAvailableBytes / data.diskBytes}
            text={`${bytes(data.diskAvailableBytes)} free of ${bytes(data.diskBytes)}`}
          />
        </div>
      )}
    </Panel>
  );
}
