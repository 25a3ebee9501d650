import { outputFileAddress } from '@nova/client';
import type { CallView } from '@nova/core';
import { bytes } from '../elements/amounts.ts';
import { Panel } from '../elements/panel.tsx';
import { OutputText } from '../output/output-text.tsx';
import { useOutput } from '../output/use-output.ts';

/** What one call prints, as it grows. */
export function OutputTail({ task, call }: { readonly task: string; readonly call: CallView }) {
  const [output, showBefore] = useOutput(task, call.callId);
  const size = output.size > 0 ? bytes(output.size) : '';
  return (
    <Panel title={call.intent} aside={output.ended ? size : `${size} running`.trim()} bare>
      <OutputText output={output} label={`Output of: ${call.intent}`} showBefore={showBefore} />
      {output.size > 0 && (
        <p className="small output-foot">
          <a href={outputFileAddress(task, call.callId)} download>
            {output.ended ? `Download all of it (${size})` : 'Download what there is so far'}
          </a>
        </p>
      )}
    </Panel>
  );
}
