import { styleText } from 'node:util';
import { printable, type ReplayedCall, type ReplayedMoment } from '@nova/core';
import { span } from '../terminal/amounts.ts';
import { clip, oneLine } from '../terminal/columns.ts';

/** Where the lines go: how wide it is, and when the task began. */
export interface ReplayPage {
  readonly columns: number;
  /** RFC 3339; the left column counts from here. */
  readonly origin: string;
}

const leastForIntent = 30;
/** As wide as a step's number and its mark. */
const besideNumbers = ' '.repeat(10);

/** A moment of a replay as lines: when, which step, what was intended, what came of it. */
export function momentLines(moment: ReplayedMoment, page: ReplayPage): readonly string[] {
  if (moment.kind === 'call') return callLines(moment, page);
  const when = offset(moment.at, page);
  const room = page.columns - when.length - besideNumbers.length;
  if (moment.kind === 'turn') {
    const detail = moment.detail === '' ? '' : `: ${moment.detail}`;
    return [`${when}${besideNumbers}${styleText('dim', clip(`task ${moment.turn}${detail}`, room))}`];
  }
  const attempt = moment.attempt > 1 ? ` (attempt ${moment.attempt})` : '';
  const stage = `${moment.stage}${attempt}`;
  if (moment.summary === null) return [`${when}  ${styleText('bold', clip(stage, room))}`];
  return [`${when}${besideNumbers}${styleText('dim', clip(`${stage}: ${moment.summary}`, room))}`];
}

/** What a call was meant to do, with the mark and colour of its outcome. */
function callLines(call: ReplayedCall, page: ReplayPage): readonly string[] {
  const place = call.callId.split('/').slice(1).join('/');
  const took = call.durationMs === null ? 'no outcome recorded' : span(call.durationMs);
  const again = call.begun > 1 ? `, begun ${call.begun} times` : '';
  const [mark, color] = call.failure
    ? (['✗', 'red'] as const)
    : call.endedAt
      ? (['✓', 'green'] as const)
      : (['·', 'yellow'] as const);
  const head = `${offset(call.startedAt, page)}  ${String(call.number).padStart(4)}  `;
  const room = page.columns - head.length - 2;
  const spent = `  ${took}${again}`;
  // A narrow terminal has the number; the id is for those who have the place.
  const id = room - spent.length - place.length - 2 >= leastForIntent ? `  ${oneLine(place)}` : '';
  const intent = clip(call.intent, room - spent.length - id.length);
  const line = `${head}${styleText(color, mark)} ${intent}${styleText('dim', spent + id)}`;
  if (!call.failure) return [line];
  const reason = clip(`${call.failure.code}: ${call.failure.message}`, room);
  return [line, `${' '.repeat(head.length + 2)}${styleText('red', reason)}`];
}

/** The line at the foot of a replay. */
export function replayFoot(task: string, steps: number, ended: boolean): string {
  const fork = steps > 0 ? ` Start a new task from one of them: nova fork ${task} --at <step>` : '';
  const more = ended ? '' : ' The task has not ended: this is what is recorded so far.';
  return printable(`${steps === 1 ? '1 step' : `${steps} steps`}; nothing was executed.${more}${fork}`);
}

function offset(at: string, page: ReplayPage): string {
  return `+${span(Date.parse(at) - Date.parse(page.origin))}`.padStart(9);
}
