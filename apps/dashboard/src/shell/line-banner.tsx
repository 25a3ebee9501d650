import type { LineState } from '../link/line.ts';

const words: Readonly<Record<LineState, string>> = {
  up: 'live',
  connecting: 'connecting',
  down: 'line down',
  refused: 'not signed in',
};

/** The state of the line, in the bar. */
export function LineSign({ line }: { readonly line: LineState }) {
  return (
    <p className="line-state" data-line={line} title={words[line]}>
      <span>{words[line]}</span>
    </p>
  );
}

/** Says when the line is down, so that nobody takes an old state for the present one. */
export function LineBanner({ line }: { readonly line: LineState }) {
  return (
    <div role="status">
      {line === 'down' && (
        <p className="banner">
          The line to the server is down; what you see is how things stood. Connecting again by itself. Is the server
          stopped? <code>nova up</code> starts it, and tasks go on where they were.
        </p>
      )}
    </div>
  );
}
