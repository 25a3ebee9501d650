import { useEffect, useRef } from 'react';
import { bytes } from '../elements/amounts.ts';
import { Failure, Loading } from '../elements/states.tsx';
import type { OutputSnapshot } from './output-reader.ts';

/** So near to the end of the text, in pixels, somebody follows it. */
const nearEnd = 40;

/** The text of an output. It stays at its end while it grows, unless somebody scrolled away from there. */
export function OutputText({ output, label }: { readonly output: OutputSnapshot; readonly label: string }) {
  const box = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  const { text } = output;
  useEffect(() => {
    const element = box.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, [text]);
  if (output.error && !output.loaded) return <Failure error={output.error} />;
  if (!output.loaded) return <Loading label="The output is being read" lines={5} />;
  if (text === '') {
    return (
      <p className="quiet output-empty">
        {output.ended ? 'It printed nothing that was kept.' : 'Nothing printed yet.'}
      </p>
    );
  }
  return (
    <>
      {output.skipped > 0 && (
        <p className="small quiet output-skipped">{bytes(output.skipped)} before this are not shown.</p>
      )}
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
