import { Label } from 'react-aria-components/Label';
import { Meter as AriaMeter } from 'react-aria-components/Meter';

/** From here on a resource is scarce. */
const scarce = 0.9;

interface MeterProps {
  readonly name: string;
  /** Between 0 and 1; what is beyond is shown as full. */
  readonly share: number;
  readonly text: string;
}

/** How much of something is used, as a bar with its numbers in words. */
export function Meter({ name, share, text }: MeterProps) {
  const shown = Math.min(1, Math.max(0, share));
  return (
    <AriaMeter className="meter" value={shown} maxValue={1} valueLabel={text}>
      <Label>{name}</Label>
      <span className="quiet">{text}</span>
      <Bar share={shown} tone={share >= scarce ? 'bad' : 'running'} />
    </AriaMeter>
  );
}

/** A bar that repeats a number beside it. */
export function Bar({ share, tone = 'running' }: { readonly share: number; readonly tone?: 'running' | 'bad' }) {
  return (
    <span className="bar-track" data-tone={tone} aria-hidden="true">
      <span style={{ width: `${share * 100}%` }} />
    </span>
  );
}
