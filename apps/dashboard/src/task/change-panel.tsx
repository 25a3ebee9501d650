import { bundleImport, type Result } from '@nova/core';
import { useSearchParams } from 'react-router';
import { DiffView } from '../diff/diff-view.tsx';
import { useWide } from '../diff/wide.ts';
import { Prose } from '../elements/prose.tsx';
import { Empty, Failure, Loading } from '../elements/states.tsx';
import { outcomesOf } from './journal.ts';
import { useOutcomes } from './outcome.ts';
import { useTask } from './task-context.ts';

interface Shown {
  readonly name: string;
  readonly explanation: string;
  readonly diff: string;
}

/** The change, or another repair that passes the tests as well (`?alternative=1`), side by side or unified. */
export function ChangePanel() {
  const { view, records, result } = useTask();
  const [search, setSearch] = useSearchParams();
  const wide = useWide();
  const chosen = search.get('layout');
  const layout = chosen === 'split' || chosen === 'unified' ? chosen : wide ? 'split' : 'unified';
  const committed = outcomesOf(records, bundleImport.name).at(-1);
  const { data, error } = useOutcomes(bundleImport, committed && !result?.change ? [committed] : []);
  const all = changesOf(result, data?.at(-1)?.diff ?? null);
  const at = Math.min(Number(search.get('alternative')) || 0, all.length - 1);
  const shown = all[at];
  const set = (name: string, value: string) =>
    setSearch(
      (before) => {
        before.set(name, value);
        return before;
      },
      { replace: true },
    );

  if (error) return <Failure error={error} />;
  if (!shown) {
    if (committed && !data && !result) return <Loading label="The change is being read" lines={8} />;
    return (
      <Empty title={view.request.kind === 'review' ? 'A review changes nothing' : 'No change'}>
        <p className="quiet">
          {view.request.kind === 'review'
            ? 'What it found is under Review.'
            : view.state === 'finished'
              ? 'The task ended without a change that passes the tests. The plan says where the bug probably is.'
              : 'The change is shown here as soon as one that passes the tests is committed.'}
        </p>
      </Empty>
    );
  }
  return (
    <>
      <div className="diff-bar">
        <p className="break">
          <Prose>{shown.explanation}</Prose>
          {result?.change && at === 0 && (
            <span className="small quiet">
              {' '}
              branch <code>{result.change.branch}</code> at <code>{result.change.commit.slice(0, 10)}</code>, by{' '}
              {result.change.template}
            </span>
          )}
        </p>
        <div className="diff-tools">
          {all.length > 1 && (
            <select
              className="input"
              aria-label="Which change"
              value={at}
              onChange={(event) => set('alternative', event.target.value)}
            >
              {all.map(({ name }, index) => (
                <option key={name} value={index}>
                  {name}
                </option>
              ))}
            </select>
          )}
          <div className="choice">
            {(['split', 'unified'] as const).map((one) => (
              <button key={one} type="button" aria-pressed={layout === one} onClick={() => set('layout', one)}>
                {one}
              </button>
            ))}
          </div>
        </div>
      </div>
      <DiffView diff={shown.diff} layout={layout} />
    </>
  );
}

function changesOf(result: Result | null, committed: string | null): readonly Shown[] {
  const change = result?.change ?? null;
  const first: Shown[] =
    change !== null
      ? [{ name: 'Delivered change', explanation: change.explanation, diff: change.diff }]
      : committed !== null
        ? [{ name: 'Committed change', explanation: 'Committed, and judged before it is delivered.', diff: committed }]
        : [];
  const others = (result?.alternatives ?? []).map(({ candidate, diff }, index) => ({
    name: `Alternative ${index + 1}`,
    explanation: candidate.explanation,
    diff,
  }));
  return [...first, ...others];
}
