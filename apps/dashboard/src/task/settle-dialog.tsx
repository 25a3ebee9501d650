import type { TaskView } from '@nova/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../elements/button.tsx';
import { Modal } from '../elements/modal.tsx';
import { Failure } from '../elements/states.tsx';
import { useSession } from '../link/session.ts';

interface SettleDialogProps {
  readonly view: TaskView;
  readonly callId: string;
  readonly close: () => void;
}

/** Asks what became of a call whose outcome nobody recorded, and that must not happen twice. */
export function SettleDialog({ view, callId, close }: SettleDialogProps) {
  const { client } = useSession();
  const [keys] = useState(() => ({ done: crypto.randomUUID(), again: crypto.randomUUID() }));
  const intent = view.calls.find((call) => call.callId === callId)?.intent ?? callId;
  const settle = useMutation({
    mutationFn: (how: 'done' | 'again') => client.resume(view.id, { key: keys[how], settle: { callId, how } }),
    onSuccess: close,
  });
  return (
    <Modal title="Did it happen?" grave close={close}>
      <p className="break">
        “{intent}” was begun, and Nova was interrupted before its outcome was recorded. Look whether it happened, then
        say so; the task goes on from there.
      </p>
      <p className="small faint break">
        <code>{callId}</code>
      </p>
      {settle.error && <Failure error={settle.error} />}
      <div className="dialog-actions">
        <Button onPress={close}>Leave it paused</Button>
        <Button isPending={settle.isPending} onPress={() => settle.mutate('again')}>
          It did not: do it
        </Button>
        <Button kind="main" isPending={settle.isPending} onPress={() => settle.mutate('done')}>
          It happened
        </Button>
      </div>
    </Modal>
  );
}
