import type { CallView } from '@nova/core';
import { bytes } from '../elements/amounts.ts';
import { Panel } from '../elements/panel.tsx';
import { OutputText } from '../output/output-text.tsx';
import { useOutput } from '../output/use-output.ts';

/** What one call prints, as it grows. */
export function OutputTail({ task, call }: { readonly task: string; readonly call: CallView }) {
  const output = useOutput(task, call.callId);
  const size = output.size > 0 ? bytes(output.size) : '';
  return (
    <Panel title={call.intent} aside={output.ended ? size : `${size} running`.trim()} bare>
      <OutputText output={output} label={`Output of: ${call.intent}`} />
    </Panel>
  );
}
