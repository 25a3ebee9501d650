import type { TaskView } from '@nova/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../elements/button.tsx';
import { Modal } from '../elements/modal.tsx';
import { Failure } from '../elements/states.tsx';
import { useSession } from '../link/session.ts';
import { whyNot } from './possible-actions.ts';

interface ConfirmationProps {
  readonly view: TaskView;
  readonly close: () => void;
}

/** Asks before a task is ended. */
export function CancelDialog({ view, close }: ConfirmationProps) {
  const { client } = useSession();
  const [key] = useState(() => crypto.randomUUID());
  const [reason, setReason] = useState('');
  const impossible = whyNot('cancel', view);
  const cancel = useMutation({
    mutationFn: () =>
      client.cancel(view.id, { key, reason: reason.trim() || 'A person asked for it in the dashboard.' }),
    onSuccess: close,
  });
  return (
    <Modal title="Cancel this task?" grave close={close}>
      {impossible !== null && <p>{impossible}</p>}
      {impossible === null && (
        <>
          <p>
            Every process of it is ended, and it cannot be resumed. What was found is kept in its Result, and it can be
            forked.
          </p>
          <div className="field space-above">
            <label htmlFor="why">Reason, if you like</label>
            <input
              id="why"
              className="input"
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </div>
        </>
      )}
      {cancel.error && <Failure error={cancel.error} />}
      <div className="dialog-actions">
        <Button onPress={close}>{impossible === null ? 'Let it go on' : 'Close'}</Button>
        {impossible === null && (
          <Button kind="grave" isPending={cancel.isPending} onPress={() => cancel.mutate()}>
            Cancel the task
          </Button>
        )}
      </div>
    </Modal>
  );
}

/** Asks before a person's checkout is changed. */
export function ApplyDialog({ view, close }: ConfirmationProps) {
  const { client, queries } = useSession();
  const [key] = useState(() => crypto.randomUUID());
  const impossible = whyNot('apply', view);
  const apply = useMutation({
    mutationFn: () => client.apply(view.id, { key }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tasks'] }),
  });
  return (
    <Modal title="Apply the change to your checkout?" grave close={close}>
      {apply.data ? (
        <p role="status">
          Applied ({apply.data.how}); your checkout is at <code>{apply.data.head.slice(0, 10)}</code>.
        </p>
      ) : impossible !== null ? (
        <p>{impossible}</p>
      ) : (
        <p className="break">
          The delivered branch is merged into what is checked out in <code>{view.request.repository}</code>. Where it
          does not fit, nothing is changed.
        </p>
      )}
      {apply.error && <Failure error={apply.error} />}
      <div className="dialog-actions">
        <Button onPress={close}>{impossible === null && !apply.data ? 'Not now' : 'Close'}</Button>
        {impossible === null && !apply.data && (
          <Button kind="main" isPending={apply.isPending} onPress={() => apply.mutate()}>
            Apply
          </Button>
        )}
      </div>
    </Modal>
  );
}
