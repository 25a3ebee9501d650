import { useEffect, useMemo, useRef, useState } from 'react';
import { Label } from 'react-aria-components/Label';
import { Slider, SliderOutput, SliderThumb, SliderTrack } from 'react-aria-components/Slider';
import { useSearchParams } from 'react-router';
import { TaskBadge } from '../elements/badge.tsx';
import { Button } from '../elements/button.tsx';
import { Panel } from '../elements/panel.tsx';
import { dayAndTime, duration } from '../elements/time.ts';
import { foldPrefix } from '../link/task-feed.ts';
import { callRecords } from './journal.ts';
import { StageStrip } from './stage-strip.tsx';
import { useTask } from './task-context.ts';
import { TimelineView } from './timeline-view.tsx';

const noActivity = new Map();
/** The address follows when nobody has stepped for so long; a browser refuses to write it at every step of a drag. */
const calmMs = 150;

/**
 * Which event the replay stands at, and how to go to another. The address alone cannot hold it: it changes some time after it was asked
 * to, and quick steps would count from a place that is left already.
 */
function usePlace(last: number): [number, (to: number) => void] {
  const [search, setSearch] = useSearchParams();
  const asked = Number(search.get('at'));
  const inAddress = Number.isInteger(asked) && asked >= 1 ? asked : null;
  const known = useRef(inAddress);
  const [place, setPlace] = useState(inAddress);
  useEffect(() => {
    // Somebody else changed the address: a link, or the way back.
    if (inAddress === known.current) return;
    known.current = inAddress;
    setPlace(inAddress);
  }, [inAddress]);
  useEffect(() => {
    if (place === null || place === known.current) return;
    const timer = setTimeout(() => {
      known.current = place;
      setSearch({ at: String(place) }, { replace: true, preventScrollReset: true });
    }, calmMs);
    return () => clearTimeout(timer);
  }, [place, setSearch]);
  return [place ?? last, (to) => setPlace(Math.min(last, Math.max(1, to)))];
}

/** Steps through what was recorded: the fold of a prefix of the events. Nothing is executed; the address holds the place. */
export function ReplayPanel() {
  const { events } = useTask();
  const [place, show] = usePlace(events.length);
  const count = Math.min(place, events.length);
  const prefix = useMemo(() => events.slice(0, count), [events, count]);
  const view = useMemo(() => foldPrefix(events, count), [events, count]);
  const records = useMemo(() => callRecords(prefix), [prefix]);
  const event = prefix.at(-1);
  const first = events[0];
  if (!view || !event || !first) return null;
  return (
    <div className="stack">
      <div className="panel replay-bar">
        <Slider className="slider" minValue={1} maxValue={events.length} value={count} onChange={show}>
          <Label>Recorded events</Label>
          <SliderOutput>{`${count} of ${events.length}`}</SliderOutput>
          <SliderTrack className="slider-track">
            <SliderThumb className="slider-thumb" />
          </SliderTrack>
        </Slider>
        <div className="replay-steps">
          <Button onPress={() => show(1)}>First</Button>
          <Button onPress={() => show(count - 1)}>Back</Button>
          <Button onPress={() => show(count + 1)}>Forward</Button>
          <Button onPress={() => show(events.length)}>Last</Button>
        </div>
      </div>
      <div className="replay-standing">
        <TaskBadge task={view} />
        <span className="small quiet">
          as it stood at {dayAndTime(event.time)}, {duration(Date.parse(event.time) - Date.parse(first.time))} after it
          was handed in; nothing is executed
        </span>
      </div>
      <StageStrip view={view} replayedAt={event.time} />
      <div className="timeline-page" data-beside="true">
        <Panel title={event.type} aside={`position ${event.position}`} bare>
          <pre className="output">
            {JSON.stringify({ time: event.time, actor: event.actor, data: event.data }, null, 2)}
          </pre>
        </Panel>
        <Panel title="Timeline" aside={`${count} events`} bare>
          <TimelineView view={view} events={prefix} records={records} activities={noActivity} live={false} />
        </Panel>
      </div>
    </div>
  );
}
