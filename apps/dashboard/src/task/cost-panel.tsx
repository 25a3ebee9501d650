import { countOf, type Result, type TaskView } from '@nova/core';
import { Bar } from '../elements/meter.tsx';
import { Panel } from '../elements/panel.tsx';
import { duration, useNow } from '../elements/time.ts';
import { useTask } from './task-context.ts';

/** What the task cost so far, stage by stage, and what it was not able to do or enforce. */
export function CostPanel() {
  const { view, result } = useTask();
  return (
    <div className="stack">
      <div className="pair">
        <StageTimes view={view} />
        {result ? <Spent result={result} /> : <Allowed view={view} />}
      </div>
      {result && result.gaps.length > 0 && (
        <Panel title="Not done or not enforced">
          <ul className="plain-list">
            {result.gaps.map((gap) => (
              <li key={gap} className="break">
                {gap}
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </div>
  );
}

function StageTimes({ view }: { readonly view: TaskView }) {
  const now = useNow(view.state === 'running');
  const end = view.finishedAt === null ? now : Date.parse(view.finishedAt);
  const rows = view.stages.map(({ stage, attempt, startedAt, finishedAt }) => ({
    name: attempt > 1 ? `${stage} ${attempt}` : stage,
    span: Math.max(0, (finishedAt === null ? end : Date.parse(finishedAt)) - Date.parse(startedAt)),
  }));
  const longest = Math.max(1, ...rows.map(({ span }) => span));
  const total = rows.reduce((sum, { span }) => sum + span, 0);
  return (
    <Panel title="Time by stage" aside={duration(total)}>
      {rows.length === 0 && <p className="quiet">No stage has begun.</p>}
      <ul className="bars">
        {rows.map(({ name, span }) => (
          <li key={name}>
            <span>{name}</span>
            <Bar share={span / longest} />
            <span className="number small">{duration(span)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Spent({ result: { cost, environment, isolation, evidence, base } }: { readonly result: Result }) {
  return (
    <Panel title="Spent">
      <dl className="facts">
        <Fact name="Working time">{duration(cost.seconds * 1000)}</Fact>
        <Fact name="Test runs">{cost.runs}</Fact>
        <Fact name="Attempts">{cost.attempts}</Fact>
        <Fact name="Model tokens">{cost.modelTokens === 0 ? 'none' : cost.modelTokens}</Fact>
        <Fact name="Evidence">{evidence}</Fact>
        {base && (
          <Fact name="Base">
            {base.headName ?? 'detached HEAD'} at <code>{base.head.slice(0, 10)}</code>
            {base.dirty && ', with uncommitted work'}
          </Fact>
        )}
        {environment && (
          <Fact name="Environment">
            {environment.source === 'none'
              ? 'no dependencies'
              : `${environment.kinds.join(', ')} from ${environment.source}`}
          </Fact>
        )}
        {isolation && (
          <Fact name="Sandbox">
            {isolation.driver}, network {isolation.network}, memory {isolation.memory}
          </Fact>
        )}
      </dl>
    </Panel>
  );
}

function Allowed({ view: { request } }: { readonly view: TaskView }) {
  return (
    <Panel title="Allowed">
      <dl className="facts">
        <Fact name="Wall time">{duration(request.budgetSeconds * 1000)}</Fact>
        {request.kind === 'fix' && <Fact name="Test runs">{countOf(request.budgetRuns, 'run')}</Fact>}
        <Fact name="Sandbox">{request.sandbox}</Fact>
      </dl>
    </Panel>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
