import { countOf, type Localisation, repairLocalise, type Suspect, verdictWords } from '@nova/core';
import { Bar } from '../elements/meter.tsx';
import { Panel } from '../elements/panel.tsx';
import { Empty, Failure, Loading } from '../elements/states.tsx';
import { outcomesOf } from './journal.ts';
import { useOutcomes } from './outcome.ts';
import { useTask } from './task-context.ts';

const suspectsShown = 40;

/** Where the bug probably is, and what was tried. */
export function PlanPanel() {
  const { view, records, result } = useTask();
  const localised = outcomesOf(records, repairLocalise.name).at(-1);
  const { data, error } = useOutcomes(repairLocalise, localised ? [localised] : []);
  const localisation: Localisation | null = data?.at(-1) ?? null;
  const suspects = localisation?.suspects ?? result?.suspects ?? [];

  if (error) return <Failure error={error} />;
  if (localised && !data) return <Loading label="The plan is being read" lines={6} />;
  if (suspects.length === 0) {
    return (
      <Empty title={view.request.kind === 'review' ? 'A review needs no plan' : 'No suspects'}>
        <p className="quiet">
          {view.request.kind === 'review'
            ? 'Every rule looks at everything that is reviewed.'
            : view.state === 'finished'
              ? 'No statement could be connected with the failure.'
              : 'The statements that probably cause the failure are ranked in the planning stage.'}
        </p>
      </Empty>
    );
  }
  return (
    <div className="stack">
      <Panel
        title="Suspects"
        aside={
          localisation
            ? `by ${localisation.method.replace('+', ' and ')}, ${countOf(localisation.runs, 'run')}`
            : undefined
        }
        bare
      >
        <SuspectTable suspects={suspects.slice(0, suspectsShown)} />
        {suspects.length > suspectsShown && (
          <p className="small quiet panel-foot">and {suspects.length - suspectsShown} more, less likely</p>
        )}
      </Panel>
      {(localisation?.notes.length ?? 0) > 0 && (
        <Panel title="Notes">
          <ul className="plain-list">
            {localisation?.notes.map((note) => (
              <li key={note} className="break">
                {note}
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {result && result.tried.candidates > 0 && (
        <Panel title="Tried" aside={`${result.tried.candidates} candidates`}>
          <dl className="facts">
            {Object.entries(result.tried.verdicts).map(([verdict, count]) => (
              <div key={verdict} className="fact">
                <dt>{verdictWords(verdict)}</dt>
                <dd>{count}</dd>
              </div>
            ))}
          </dl>
        </Panel>
      )}
    </div>
  );
}

function SuspectTable({ suspects }: { readonly suspects: readonly Suspect[] }) {
  return (
    <table className="table suspects">
      <thead>
        <tr>
          <th scope="col">Place</th>
          <th scope="col" className="number">
            Score
          </th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        {suspects.map((suspect) => (
          <tr key={`${suspect.path}:${suspect.startLine}-${suspect.endLine}`}>
            <td className="break">
              <code>
                {suspect.path}:{suspect.startLine}
                {suspect.endLine > suspect.startLine && `–${suspect.endLine}`}
              </code>
            </td>
            <td className="number">
              <span className="score">
                <Bar share={suspect.score} />
                {suspect.score.toFixed(2)}
              </span>
            </td>
            <td className="quiet">{suspect.reasons.join(', ')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
