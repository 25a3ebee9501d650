import { useLayoutEffect, useRef, useState } from 'react';
import { bytes } from '../elements/amounts.ts';
import { Button } from '../elements/button.tsx';
import { Failure, Loading } from '../elements/states.tsx';
import type { OutputSnapshot } from './output-reader.ts';

/** So near to the end of the text, in pixels, somebody follows it. */
const nearEnd = 40;

interface OutputTextProps {
  readonly output: OutputSnapshot;
  readonly label: string;
  /** Brings the part before what is shown. */
  readonly showBefore: () => Promise<void>;
}

/**
 * The text of an output. It stays at its end while it grows, unless somebody scrolled away from there; a part before it is shown from
 * its last lines on, so that one reads on upwards.
 */
export function OutputText({ output, label, showBefore }: OutputTextProps) {
  const box = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  const shown = useRef({ skipped: 0, height: 0 });
  const asked = useRef(false);
  const [isPending, setPending] = useState(false);
  const { text, skipped } = output;
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const before = shown.current;
    shown.current = { skipped, height: element.scrollHeight };
    if (asked.current && skipped < before.skipped) {
      asked.current = false;
      element.scrollTop = Math.max(0, element.scrollHeight - before.height - element.clientHeight / 2);
      // Its button may be gone; the keys that scroll stay at hand.
      element.focus({ preventScroll: true });
    } else if (follows.current) element.scrollTop = element.scrollHeight;
  }, [text, skipped]);
  if (output.error && !output.loaded) return <Failure error={output.error} />;
  if (!output.loaded) return <Loading label="The output is being read" lines={5} />;
  if (text === '') {
    return (
      <p className="quiet output-empty">
        {output.ended ? 'It printed nothing that was kept.' : 'Nothing printed yet.'}
      </p>
    );
  }
  const press = async () => {
    follows.current = false;
    asked.current = true;
    setPending(true);
    await showBefore();
    setPending(false);
  };
  return (
    <>
      {skipped > 0 && (
        <div className="small quiet output-skipped">
          <span>{bytes(skipped)} before this are not shown.</span>
          {output.hasBefore ? (
            <Button isPending={isPending} onPress={() => void press()}>
              Show the part before
            </Button>
          ) : (
            <span>The download has them.</span>
          )}
        </div>
      )}
      {output.error && <Failure error={output.error} />}
      <pre
        ref={box}
        className="output"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={label}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight < nearEnd;
        }}
      >
        {text}
      </pre>
    </>
  );
}
