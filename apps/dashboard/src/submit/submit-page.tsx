import type { TaskRequest } from '@nova/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type MouseEvent, useEffect, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { Button } from '../elements/button.tsx';
import { Failure } from '../elements/states.tsx';
import { useSession } from '../link/session.ts';
import { checkDraft, type Draft, emptyDraft, type Field } from './draft.ts';
import { ChoiceField, TextInput } from './fields.tsx';
import { WhatHappens } from './what-happens.tsx';

type Errors = Readonly<Partial<Record<Field, string>>>;

/** The form that hands a task to the fleet. The kind is in the address. */
export function SubmitPage() {
  const { client, queries } = useSession();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const [typed, setTyped] = useState(() => emptyDraft(search));
  const [tried, setTried] = useState(false);
  // One key for one form: pressed twice, or again after a line that broke, it is one task.
  const [key] = useState(() => crypto.randomUUID());
  const draft: Draft = { ...typed, kind: search.get('kind') === 'review' ? 'review' : 'fix' };
  const checked = checkDraft(draft);
  const errors: Errors = tried ? (checked.errors ?? {}) : {};
  const set = (field: Field) => (value: string) => setTyped((before) => ({ ...before, [field]: value }));
  const submit = useMutation({
    mutationFn: (request: TaskRequest) => client.submit(request, { key }),
    onSuccess: (task) => {
      void queries.invalidateQueries({ queryKey: ['tasks'] });
      navigate(`/tasks/${task.id}`);
    },
  });
  useEffect(() => {
    document.title = 'New task · Nova';
  }, []);

  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setTried(true);
    if (checked.request) submit.mutate(checked.request);
    else focusFirstError(event.currentTarget, checked.errors);
  };

  return (
    <>
      <div className="page-head">
        <h1>New task</h1>
      </div>
      <div className="submit">
        <form className="form" onSubmit={send} noValidate>
          <KindChoice kind={draft.kind} />
          <TextInput
            name="repository"
            label="Repository"
            hint="Absolute path of a git repository on the machine that Nova runs on. Uncommitted work is copied along."
            code
            value={draft.repository}
            error={errors.repository}
            onChange={set('repository')}
          />
          {draft.kind === 'fix' && (
            <TextInput
              name="testCommand"
              label="Test command"
              hint="Run at the top of the repository; it must show the failure."
              placeholder="npm test"
              code
              value={draft.testCommand}
              error={errors.testCommand}
              onChange={set('testCommand')}
            />
          )}
          {draft.kind === 'review' && (
            <TextInput
              name="since"
              label="Since"
              hint="A commit, branch or tag: only what changed since is reviewed. Empty: everything."
              placeholder="main"
              code
              value={draft.since}
              error={errors.since}
              onChange={set('since')}
            />
          )}
          <div className="field-row">
            <ChoiceField
              name="priority"
              label="Priority"
              options={['low', 'normal', 'high']}
              value={draft.priority}
              onChange={set('priority')}
            />
            <TextInput
              name="instance"
              label="Instance"
              hint="Empty: one is made for this task."
              value={draft.instance}
              error={errors.instance}
              onChange={set('instance')}
            />
            <TextInput
              name="budgetMinutes"
              label="Minutes at most"
              numeric
              value={draft.budgetMinutes}
              error={errors.budgetMinutes}
              onChange={set('budgetMinutes')}
            />
          </div>
          <Limits draft={draft} errors={errors} set={set} />
          {submit.error && <Failure error={submit.error} />}
          <div>
            <Button kind="main" type="submit" isPending={submit.isPending}>
              {submit.isPending ? 'Handing in …' : draft.kind === 'fix' ? 'Hand in the fix' : 'Hand in the review'}
            </Button>
          </div>
        </form>
        <WhatHappens kind={draft.kind} request={checked.request} />
      </div>
    </>
  );
}

/** A link for each kind; a plain press keeps what stands in the form's other fields. */
function KindChoice({ kind }: { readonly kind: TaskRequest['kind'] }) {
  const [, setSearch] = useSearchParams();
  const keep = (event: MouseEvent, next: string) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setSearch({ kind: next }, { replace: true });
  };
  return (
    <div className="field">
      <span className="label" id="kind-label">
        What is to be done
      </span>
      <nav className="choice" aria-labelledby="kind-label">
        <Link to="?kind=fix" aria-current={kind === 'fix'} onClick={(event) => keep(event, 'fix')}>
          Repair a failing test
        </Link>
        <Link to="?kind=review" aria-current={kind === 'review'} onClick={(event) => keep(event, 'review')}>
          Review code
        </Link>
      </nav>
    </div>
  );
}

interface LimitsProps {
  readonly draft: Draft;
  readonly errors: Errors;
  readonly set: (field: Field) => (value: string) => void;
}

function Limits({ draft, errors, set }: LimitsProps) {
  const wrong = errors.budgetRuns !== undefined || errors.testTimeoutSeconds !== undefined;
  return (
    <details className="more" open={wrong || undefined}>
      <summary>Sandbox and limits</summary>
      <div className="field-row">
        <ChoiceField
          name="sandbox"
          label="Sandbox"
          hint="none isolates nothing."
          options={['bubblewrap', 'none']}
          value={draft.sandbox}
          onChange={set('sandbox')}
        />
        {draft.kind === 'fix' && (
          <>
            <TextInput
              name="budgetRuns"
              label="Test runs at most"
              numeric
              value={draft.budgetRuns}
              error={errors.budgetRuns}
              onChange={set('budgetRuns')}
            />
            <TextInput
              name="testTimeoutSeconds"
              label="Seconds for one run"
              numeric
              value={draft.testTimeoutSeconds}
              error={errors.testTimeoutSeconds}
              onChange={set('testTimeoutSeconds')}
            />
          </>
        )}
      </div>
    </details>
  );
}

function focusFirstError(form: HTMLFormElement, errors: Errors): void {
  for (const element of form.elements) {
    if (element instanceof HTMLInputElement && element.name in errors) {
      element.focus();
      return;
    }
  }
}
