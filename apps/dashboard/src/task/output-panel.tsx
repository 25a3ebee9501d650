import { useSearchParams } from 'react-router';
import { Empty } from '../elements/states.tsx';
import { nameOf } from './call-id.ts';
import { OutputTail } from './output-tail.tsx';
import { useTask } from './task-context.ts';

/** What one call printed; the address names the call, else it is the one that runs or the last that ran tests. */
export function OutputPanel() {
  const { view } = useTask();
  const [search, setSearch] = useSearchParams();
  const chosen = search.get('call');
  const call =
    view.calls.find(({ callId }) => callId === chosen) ??
    view.calls.findLast(({ state }) => state === 'running') ??
    view.calls.findLast(({ callId }) => nameOf(callId).tool === 'tests.run') ??
    view.calls.at(-1);
  if (!call) {
    return (
      <Empty title="Nothing was printed yet">
        <p className="quiet">The output of every call appears here while it runs.</p>
      </Empty>
    );
  }
  return (
    <>
      <div className="filters">
        <div className="field grow">
          <label htmlFor="call">Call</label>
          <select
            id="call"
            className="input"
            value={call.callId}
            onChange={(event) => setSearch({ call: event.target.value }, { replace: true })}
          >
            {view.calls.map(({ callId, intent, state }) => {
              const { attempt, stage } = nameOf(callId);
              return (
                <option key={callId} value={callId}>
                  {attempt > 1 ? `${stage} ${attempt}` : stage}: {intent}
                  {state === 'finished' ? '' : ` (${state})`}
                </option>
              );
            })}
          </select>
        </div>
      </div>
      <OutputTail key={call.callId} task={view.id} call={call} />
    </>
  );
}
