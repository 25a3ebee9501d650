import { refusedField, type TaskRequest, taskRequestSchema } from '@nova/core';

/** What stands in the form's fields, as a person typed it. */
export interface Draft {
  readonly kind: TaskRequest['kind'];
  readonly repository: string;
  readonly testCommand: string;
  readonly since: string;
  readonly priority: string;
  readonly instance: string;
  readonly sandbox: string;
  readonly budgetMinutes: string;
  readonly budgetRuns: string;
  readonly testTimeoutSeconds: string;
}

export type Field = keyof Draft;

/** The form before anybody typed; an address may bring the first fields. */
export function emptyDraft(search: URLSearchParams): Draft {
  return {
    kind: search.get('kind') === 'review' ? 'review' : 'fix',
    repository: search.get('repository') ?? '',
    testCommand: search.get('test') ?? '',
    since: search.get('since') ?? '',
    priority: 'normal',
    instance: '',
    sandbox: 'bubblewrap',
    budgetMinutes: '15',
    budgetRuns: '1500',
    testTimeoutSeconds: '120',
  };
}

/** A request that the fleet takes, or what is wrong with each field, in words. */
export type Checked =
  | { readonly request: TaskRequest; readonly errors: null }
  | { readonly request: null; readonly errors: Readonly<Partial<Record<Field, string>>> };

/** Checks a draft with the schemas that the server uses, and with what an empty field means to a person. */
export function checkDraft(draft: Draft): Checked {
  const parsed = taskRequestSchema.safeParse({
    kind: draft.kind,
    repository: draft.repository.trim(),
    priority: draft.priority,
    instance: draft.instance.trim() || null,
    sandbox: draft.sandbox,
    budgetSeconds: Number(draft.budgetMinutes) * 60,
    ...(draft.kind === 'fix'
      ? {
          testCommand: draft.testCommand,
          budgetRuns: Number(draft.budgetRuns),
          testTimeoutSeconds: Number(draft.testTimeoutSeconds),
        }
      : { since: draft.since.trim() || null }),
  });
  const errors: Partial<Record<Field, string>> = {};
  for (const issue of parsed.error?.issues ?? []) {
    const field = fieldOf(String(issue.path[0] ?? ''), draft);
    errors[field] ??= refusedField(issue);
  }
  const repository = draft.repository.trim();
  if (repository === '') errors.repository = 'Name the folder of a git repository on the machine that Nova runs on.';
  else if (!repository.startsWith('/')) errors.repository = 'The path is absolute: it begins with a slash.';
  return parsed.success && Object.keys(errors).length === 0
    ? { request: parsed.data, errors: null }
    : { request: null, errors };
}

/** The field of the form in which a property of the request is typed. */
function fieldOf(property: string, draft: Draft): Field {
  if (property === 'budgetSeconds') return 'budgetMinutes';
  return property in draft ? (property as Field) : 'repository';
}
