import { countOf, type TestCase, type TestReport, testsRun } from '@nova/core';
import { Badge, type Tone } from '../elements/badge.tsx';
import { Panel } from '../elements/panel.tsx';
import { Empty, Failure, Loading } from '../elements/states.tsx';
import { duration } from '../elements/time.ts';
import { outcomesOf } from './journal.ts';
import { useOutcomes } from './outcome.ts';
import { useTask } from './task-context.ts';
import { type ComparedTest, compareTests } from './test-comparison.ts';

/** The tests on the base beside the tests on the change. */
export function TestsPanel() {
  const { view, records } = useTask();
  const base = outcomesOf(records, testsRun.name, 'environment').at(0);
  const change = outcomesOf(records, testsRun.name, 'testing').at(-1);
  const hashes = [base, change].filter((hash) => hash !== undefined);
  const { data, error } = useOutcomes(testsRun, hashes);
  if (error) return <Failure error={error} />;
  if (hashes.length > 0 && !data) return <Loading label="The test reports are being read" lines={8} />;
  const before = base === undefined ? null : (data?.at(0) ?? null);
  const after = change === undefined ? null : (data?.at(-1) ?? null);
  if (before === null && after === null) {
    return (
      <Empty title={view.request.kind === 'review' ? 'A review runs no tests' : 'No test has run yet'}>
        {view.request.kind === 'fix' && (
          <p className="quiet">The tests run on the base first, to know what fails before anything is changed.</p>
        )}
      </Empty>
    );
  }
  const compared = compareTests(before, after);
  return (
    <div className="stack">
      <div className="pair">
        {before && <ReportFacts title="On the base" report={before} />}
        {after && <ReportFacts title="On the change" report={after} />}
      </div>
      {compared.length > 0 && (
        <Panel title="Tests" aside={countOf(compared.length, 'test')} bare>
          <table className="table tests">
            <thead>
              <tr>
                <th scope="col">Test</th>
                <th scope="col">Base</th>
                <th scope="col">Change</th>
                <th scope="col" className="number">
                  Time
                </th>
              </tr>
            </thead>
            <tbody>
              {compared.map((test) => (
                <TestRow key={test.id} test={test} />
              ))}
            </tbody>
          </table>
        </Panel>
      )}
    </div>
  );
}

function ReportFacts({ title, report }: { readonly title: string; readonly report: TestReport }) {
  const count = (status: TestCase['status']) => report.tests.filter((test) => test.status === status).length;
  const end = report.timedOut
    ? 'timed out'
    : report.signal !== null
      ? `ended by ${report.signal}`
      : `exit code ${report.exitCode}`;
  return (
    <Panel title={title} aside={duration(report.durationMs)}>
      {report.counted ? (
        <p>
          <strong>{count('passed')}</strong> passed, <strong>{count('failed')}</strong> failed
          {count('skipped') > 0 && `, ${count('skipped')} skipped`}{' '}
          <span className="small quiet">
            {report.runner}, {end}
          </span>
        </p>
      ) : (
        <>
          <p>The command reports no tests: {end}.</p>
          <pre className="output short">{report.outputTail}</pre>
        </>
      )}
    </Panel>
  );
}

const tones: Readonly<Record<TestCase['status'], Tone>> = { passed: 'good', failed: 'bad', skipped: 'still' };

function Status({ test }: { readonly test: TestCase | null }) {
  return test === null ? (
    <span className="faint">not run</span>
  ) : (
    <Badge tone={tones[test.status]}>{test.status}</Badge>
  );
}

function TestRow({ test }: { readonly test: ComparedTest }) {
  const failure = test.after?.failure ?? test.before?.failure;
  const time = test.after ?? test.before;
  return (
    <tr>
      <td className="break">
        {test.name}
        {test.file !== null && <code className="faint test-file">{test.file}</code>}
        {failure && (
          <details className="more">
            <summary className="small">{test.after?.failure ? 'How it fails' : 'How it failed on the base'}</summary>
            <pre className="output short">{`${failure.message}\n${failure.stack}`.trim()}</pre>
          </details>
        )}
      </td>
      <td>
        <Status test={test.before} />
      </td>
      <td>
        <Status test={test.after} />
      </td>
      <td className="number quiet">{time ? duration(time.durationMs) : ''}</td>
    </tr>
  );
}
