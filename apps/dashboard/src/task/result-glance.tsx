import { countOf, type Result } from '@nova/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Panel } from '../elements/panel.tsx';
import { Prose } from '../elements/prose.tsx';
import { duration } from '../elements/time.ts';

const failuresShown = 4;
const gapsShown = 4;

/** What came of an ended task, each part with the way to all of it. */
export function ResultGlance({ result }: { readonly result: Result }) {
  const { baseline, change, gate, review, cost, suspects, gaps, tried } = result;
  const at = `/tasks/${result.task}`;
  const failed = gate.filter((check) => !check.passed);
  const blocking = review.filter(({ severity }) => severity === 'error').length;
  // A task that ended before its review says nothing of it; "no findings" would be a verdict.
  const wasReviewed = result.examined !== null || review.length > 0 || gate.length > 0;
  return (
    <Panel title="Result" aside={result.kind === 'fix' ? `evidence: ${result.evidence}` : undefined}>
      <dl className="glance">
        {baseline && (
          <Part name="Was wrong" to={`${at}/tests`}>
            {baseline.counted
              ? `${baseline.failing.length} of ${countOf(baseline.total, 'test')} failing`
              : 'the command failed'}
            <ul>
              {baseline.failing.slice(0, failuresShown).map(({ id }) => (
                <li key={id} className="small quiet break">
                  {id}
                </li>
              ))}
            </ul>
          </Part>
        )}
        {change && (
          <Part name="Change" to={`${at}/change`}>
            {change.paths.join(', ')}
            <span className="small quiet break">
              branch <code>{change.branch}</code>
            </span>
          </Part>
        )}
        {!change && suspects[0] && (
          <Part name="Probably" to={`${at}/plan`}>
            <code>
              {suspects[0].path}:{suspects[0].startLine}
            </code>
          </Part>
        )}
        {tried.candidates > 0 && (
          <Part name="Tried" to={`${at}/plan`}>
            {countOf(tried.candidates, 'candidate')}
          </Part>
        )}
        {wasReviewed && (
          <Part name="Review" to={`${at}/review`}>
            {review.length === 0 ? 'no findings' : `${countOf(review.length, 'finding')}, ${blocking} of them errors`}
          </Part>
        )}
        {gate.length > 0 && (
          <Part name="Gate" to={`${at}/gate`}>
            {failed.length === 0
              ? `${countOf(gate.length, 'check')} passed`
              : `${failed.length} of ${countOf(gate.length, 'check')} failed`}
          </Part>
        )}
        <Part name="Cost" to={`${at}/cost`}>
          {duration(cost.seconds * 1000)}, {countOf(cost.runs, 'test run')}, {countOf(cost.attempts, 'attempt')}
        </Part>
      </dl>
      {gaps.length > 0 && (
        <ul className="glance-gaps small quiet">
          {gaps.slice(0, gapsShown).map((gap) => (
            <li key={gap} className="break">
              <Prose>{gap}</Prose>
            </li>
          ))}
          {gaps.length > gapsShown && <li>and {gaps.length - gapsShown} more under Cost</li>}
        </ul>
      )}
    </Panel>
  );
}

function Part({ name, to, children }: { readonly name: string; readonly to: string; readonly children: ReactNode }) {
  return (
    <div className="fact">
      <dt>
        <Link to={to}>{name}</Link>
      </dt>
      <dd className="break">{children}</dd>
    </div>
  );
}
