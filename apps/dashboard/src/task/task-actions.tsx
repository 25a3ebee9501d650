import type { TaskView } from '@nova/core';
import { useMutation } from '@tanstack/react-query';
import { useId, useRef, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { Failure } from '../elements/states.tsx';
import { useSession } from '../link/session.ts';
import { useShortcut } from '../shell/shortcuts.ts';
import { ApplyDialog, CancelDialog } from './confirmations.tsx';
import { ForkDialog } from './fork-dialog.tsx';
import { type CallRecords, openQuestion } from './journal.ts';
import { type Action, actions, whyNot } from './possible-actions.ts';
import { SettleDialog } from './settle-dialog.tsx';

interface TaskActionsProps {
  readonly view: TaskView;
  readonly records: CallRecords;
}

const names: Readonly<Record<Action, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel',
  apply: 'Apply',
  fork: 'Fork',
};

/**
 * What a person can do with the task. What makes no sense stays in its place, can be reached, and says why not. A question
 * that is asked first has an address (`?ask=cancel`).
 */
export function TaskActions({ view, records }: TaskActionsProps) {
  const { client } = useSession();
  const navigate = useNavigate();
  const [search, setSearch] = useSearchParams();
  const [said, setSaid] = useState<string | null>(null);
  const asked = search.get('ask');
  const ask = (question: string | null, at?: string) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        after.delete('ask');
        after.delete('at');
        if (question !== null) after.set('ask', question);
        if (at !== undefined) after.set('at', at);
        return after;
      },
      { replace: question === null },
    );
  const close = () => ask(null);
  const question = openQuestion(records, view.reason);

  // One key for one intent: a press that failed on its way is repeated under the same key.
  const key = useRef(crypto.randomUUID());
  const move = useMutation({
    mutationFn: (action: 'pause' | 'resume') => {
      const options = { key: `${action}-${key.current}` };
      return action === 'pause'
        ? client.pause(view.id, { ...options, reason: 'A person asked for it in the dashboard.' })
        : client.resume(view.id, { ...options, settle: null });
    },
    onSuccess: () => {
      key.current = crypto.randomUUID();
    },
  });

  function press(action: Action): void {
    const reason = whyNot(action, view);
    setSaid(reason === null ? null : `${names[action]}: ${reason}`);
    if (reason !== null) return;
    if (action === 'pause' || (action === 'resume' && question === null)) move.mutate(action);
    else ask(action === 'resume' ? 'settle' : action);
  }

  useShortcut('p', 'Pause or resume the task', () =>
    press(view.state === 'paused' || view.state === 'pausing' ? 'resume' : 'pause'),
  );

  return (
    <div className="task-actions">
      <fieldset className="action-row" aria-label="Actions">
        {actions.map((action) => (
          <ActionButton key={action} action={action} reason={whyNot(action, view)} press={press} />
        ))}
      </fieldset>
      <p className="small quiet" role="status">
        {said ?? (move.isPending ? 'Asking the server …' : '')}
      </p>
      {move.error && <Failure error={move.error} again={() => move.mutate(move.variables)} />}
      {asked === 'cancel' && <CancelDialog view={view} close={close} />}
      {asked === 'apply' && <ApplyDialog view={view} close={close} />}
      {asked === 'settle' && question !== null && <SettleDialog view={view} callId={question} close={close} />}
      {asked === 'fork' && (
        <ForkDialog view={view} at={search.get('at')} close={close} made={(id) => navigate(`/tasks/${id}`)} />
      )}
    </div>
  );
}

interface ActionButtonProps {
  readonly action: Action;
  readonly reason: string | null;
  readonly press: (action: Action) => void;
}

function ActionButton({ action, reason, press }: ActionButtonProps) {
  const id = useId();
  const main = action === 'resume' || action === 'apply';
  const kind = reason !== null ? 'usual' : action === 'cancel' ? 'grave' : main ? 'main' : 'usual';
  return (
    <>
      <button
        type="button"
        className="button"
        data-kind={kind}
        aria-disabled={reason !== null}
        aria-describedby={reason === null ? undefined : id}
        title={reason ?? undefined}
        onClick={() => press(action)}
      >
        {names[action]}
      </button>
      {reason !== null && (
        <span id={id} className="hidden-text">
          {reason}
        </span>
      )}
    </>
  );
}
