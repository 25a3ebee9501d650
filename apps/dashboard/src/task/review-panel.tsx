import {
  changeReview,
  codeReview,
  countOf,
  type Examined,
  type Finding,
  findingSchema,
  severitySchema,
} from '@nova/core';
import { useSearchParams } from 'react-router';
import { z } from 'zod';
import { Badge, type Tone } from '../elements/badge.tsx';
import { Panel } from '../elements/panel.tsx';
import { Prose } from '../elements/prose.tsx';
import { Empty, Failure, Loading } from '../elements/states.tsx';
import { outcomesOf } from './journal.ts';
import { useOutcomes } from './outcome.ts';
import { useTask } from './task-context.ts';

const findingsShown = 300;
const tones: Readonly<Record<Finding['severity'], Tone>> = { error: 'bad', warning: 'waiting', info: 'still' };
const levels = [...severitySchema.options].reverse();

/** What the tools of both kinds of review have in their outcome. */
const found = z.object({ findings: z.array(findingSchema) });

/** What the reviewer found, file by file; the address says from which severity on (`?level=warning`). */
export function ReviewPanel() {
  const { view, records, result } = useTask();
  const [search, setSearch] = useSearchParams();
  const tool = view.request.kind === 'review' ? codeReview.name : changeReview.name;
  const reviewed = outcomesOf(records, tool).at(-1);
  const { data, error } = useOutcomes({ name: tool, output: found }, reviewed && !result ? [reviewed] : []);
  const findings = result?.review ?? data?.at(-1)?.findings ?? null;
  if (error) return <Failure error={error} />;
  if (reviewed && findings === null) return <Loading label="The review is being read" lines={5} />;
  if (findings === null || (findings.length === 0 && !reviewed)) {
    return (
      <Empty title="Not reviewed">
        <p className="quiet">
          {view.state === 'finished'
            ? 'The task ended before its review.'
            : 'Another agent in a sandbox of its own reads what was made, and says here what it found.'}
        </p>
      </Empty>
    );
  }
  const examined = result?.examined ?? null;
  if (findings.length === 0) {
    return (
      <div className="stack">
        <Empty title="No findings" />
        {examined && <ExaminedPanel examined={examined} />}
      </div>
    );
  }
  const level = severitySchema.catch('info').parse(search.get('level'));
  const wanted = findings.filter(({ severity }) => levels.indexOf(severity) <= levels.indexOf(level));
  const shown = wanted.slice(0, findingsShown);
  const paths = [...new Set(shown.map(({ path }) => path))];
  return (
    <div className="stack">
      <fieldset className="choice" aria-label="Lowest severity shown">
        {levels.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === level}
            onClick={() => setSearch(one === 'info' ? {} : { level: one }, { replace: true })}
          >
            {one === 'info' ? 'all' : one}{' '}
            {findings.filter(({ severity }) => one === 'info' || severity === one).length}
          </button>
        ))}
      </fieldset>
      {shown.length === 0 && <Empty title="Nothing this severe" />}
      {paths.map((path) => (
        <Panel key={path} title={path} bare>
          <ul className="findings">
            {shown
              .filter((finding) => finding.path === path)
              .map((finding) => (
                <FindingLine
                  key={`${finding.rule}:${finding.line}:${finding.column}:${finding.message}`}
                  finding={finding}
                />
              ))}
          </ul>
        </Panel>
      ))}
      {wanted.length > shown.length && (
        <p className="small quiet">
          {wanted.length - shown.length} more; <code>nova show {view.id}</code> lists all.
        </p>
      )}
      {examined && <ExaminedPanel examined={examined} />}
    </div>
  );
}

function ExaminedPanel({ examined: { files, lines, since, engines, skipped } }: { readonly examined: Examined }) {
  return (
    <Panel title="Looked at" aside={`${countOf(files, 'file')}, ${countOf(lines, 'line')}`}>
      <dl className="facts">
        {since && (
          <div className="fact">
            <dt>since</dt>
            <dd>
              {since.ref} at <code>{since.commit.slice(0, 10)}</code>
            </dd>
          </div>
        )}
        {engines.map((engine) => (
          <div key={engine.name} className="fact">
            <dt>
              {engine.name} {engine.version}
            </dt>
            <dd>
              {countOf(engine.files, 'file')}, {countOf(engine.findings, 'finding')}, {engine.seconds.toFixed(1)} s
            </dd>
          </div>
        ))}
        {skipped.map(({ reason, files: count, examples }) => (
          <div key={reason} className="fact">
            <dt>passed over</dt>
            <dd>
              {countOf(count, 'file')}: {reason} ({examples.join(', ')})
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

/** What an analyser names comes from outside: only an address of the web becomes a link. */
function isWebAddress(address: string | undefined): boolean {
  return address !== undefined && /^https?:\/\//.test(address);
}

function FindingLine({ finding }: { readonly finding: Finding }) {
  return (
    <li className="finding">
      <span className="number faint">{finding.line}</span>
      <Badge tone={tones[finding.severity]}>{finding.severity}</Badge>
      <span className="break">
        <Prose>{finding.message}</Prose>{' '}
        <span className="small faint">
          {finding.category}{' '}
          {isWebAddress(finding.help) ? (
            <a href={finding.help} rel="noreferrer" target="_blank">
              <code>{finding.rule}</code>
            </a>
          ) : (
            <code>{finding.rule}</code>
          )}
          {finding.also && finding.also.length > 0 && ` and ${finding.also.join(', ')}`}
        </span>
        {finding.evidence !== undefined && <code className="evidence">{finding.evidence}</code>}
        {finding.fix && (
          <span className="small quiet finding-fix">
            <Prose>{finding.fix.description}</Prose>
          </span>
        )}
      </span>
    </li>
  );
}
