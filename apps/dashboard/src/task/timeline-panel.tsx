import { Panel } from '../elements/panel.tsx';
import { OutputTail } from './output-tail.tsx';
import { ResultGlance } from './result-glance.tsx';
import { useTask } from './task-context.ts';
import { TimelineView } from './timeline-view.tsx';

/** The timeline as it grows, beside what the running call prints and, in the end, what came of it all. */
export function TimelinePanel() {
  const task = useTask();
  const { view, result } = task;
  const stands = view.state === 'paused' || view.state === 'finished';
  const running = stands ? undefined : view.calls.findLast((call) => call.state === 'running');
  return (
    <div className="timeline-page" data-beside={running !== undefined || result !== null}>
      {result && <ResultGlance result={result} />}
      {running && <OutputTail key={running.callId} task={view.id} call={running} />}
      <Panel title="Timeline" aside={`${task.events.length} events`} bare>
        <TimelineView {...task} live />
      </Panel>
    </div>
  );
}
