import { Badge } from '../elements/badge.tsx';
import { Panel } from '../elements/panel.tsx';
import { Empty } from '../elements/states.tsx';
import { useTask } from './task-context.ts';

/** Every check of the gate with its detail. */
export function GatePanel() {
  const { view, result } = useTask();
  const stage = view.stages.findLast(({ stage: name }) => name === 'gate');
  if (!result || result.gate.length === 0) {
    return (
      <Empty title={view.request.kind === 'review' ? 'A review has no gate' : 'The gate has not judged'}>
        <p className="quiet">
          {stage?.summary ??
            (view.state === 'finished'
              ? 'The task ended before a change reached it.'
              : 'It judges in a sandbox that the writer never touched: red on the base, green on the branch, nothing else broken.')}
        </p>
      </Empty>
    );
  }
  const failed = result.gate.filter((check) => !check.passed).length;
  return (
    <Panel title="Gate" aside={failed === 0 ? `${result.gate.length} checks passed` : `${failed} checks failed`} bare>
      <ul className="checks">
        {result.gate.map((check) => (
          <li key={check.name} className="check">
            <Badge tone={check.passed ? 'good' : 'bad'}>{check.passed ? 'passed' : 'failed'}</Badge>
            <span>
              {check.name}
              <span className="small quiet break check-detail">{check.detail}</span>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
