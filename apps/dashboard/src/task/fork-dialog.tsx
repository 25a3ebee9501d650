import type { TaskView } from '@nova/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../elements/button.tsx';
import { Modal } from '../elements/modal.tsx';
import { Failure } from '../elements/states.tsx';
import { useSession } from '../link/session.ts';
import { nameOf } from './call-id.ts';
import { whyNot } from './possible-actions.ts';

interface ForkDialogProps {
  readonly view: TaskView;
  /** The call that was chosen already, if one was. */
  readonly at: string | null;
  readonly close: () => void;
  readonly made: (task: string) => void;
}

/** Asks up to which call a new task takes over what this one did. */
export function ForkDialog({ view, at, close, made }: ForkDialogProps) {
  const { client } = useSession();
  const [key] = useState(() => crypto.randomUUID());
  const finished = view.calls.filter((call) => call.state === 'finished');
  const [callId, setCallId] = useState(at ?? finished.at(-1)?.callId ?? '');
  const impossible = whyNot('fork', view);
  const fork = useMutation({
    mutationFn: () => client.fork(view.id, { key: `${key}-${callId}`, callId }),
    onSuccess: (task) => made(task.id),
  });
  return (
    <Modal title="Fork this task" close={close}>
      {impossible !== null && <p>{impossible}</p>}
      {impossible === null && (
        <>
          <p>
            A new task takes over every outcome up to and including the call you choose, and works on from there. This
            one stays as it is.
          </p>
          <div className="field space-above">
            <label htmlFor="fork-call">Take over up to</label>
            <select id="fork-call" className="input" value={callId} onChange={(event) => setCallId(event.target.value)}>
              {finished.map((call) => {
                const { stage, attempt } = nameOf(call.callId);
                return (
                  <option key={call.callId} value={call.callId}>
                    {attempt > 1 ? `${stage} ${attempt}` : stage}: {call.intent}
                  </option>
                );
              })}
            </select>
          </div>
        </>
      )}
      {fork.error && <Failure error={fork.error} />}
      <div className="dialog-actions">
        <Button onPress={close}>Close</Button>
        {impossible === null && (
          <Button kind="main" isPending={fork.isPending} onPress={() => fork.mutate()}>
            Fork
          </Button>
        )}
      </div>
    </Modal>
  );
}
