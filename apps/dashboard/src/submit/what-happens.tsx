import type { TaskRequest } from '@nova/core';
import { commandLine } from './command-line.ts';

const steps: Readonly<Record<TaskRequest['kind'], readonly string[]>> = {
  fix: [
    'The repository is copied as it stands, uncommitted work included. Yours is not touched.',
    'The tests run twice, to know what fails before anything is changed.',
    'Statements are ranked by how probably they cause the failure; candidate repairs are tried in sandboxes.',
    'Another agent reviews the change, and a gate judges it in a sandbox that the writer never touched.',
    'You get one new branch, or the reasons why there is none. Nothing is merged until you apply it.',
  ],
  review: [
    'The repository is copied as it stands, uncommitted work included. Yours is not touched.',
    'Every rule looks at what is to be reviewed, in a sandbox without a network.',
    'You get findings with severity, place and reason. Nothing is changed.',
  ],
};

/** What a task of this kind does, and the same from a terminal. */
export function WhatHappens({
  kind,
  request,
}: {
  readonly kind: TaskRequest['kind'];
  readonly request: TaskRequest | null;
}) {
  return (
    <aside className="what-happens small" aria-label="What happens">
      <h2>What happens</h2>
      <ol>
        {steps[kind].map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {request !== null && (
        <>
          <h2>The same in a terminal</h2>
          <code className="break">{commandLine(request)}</code>
        </>
      )}
    </aside>
  );
}
