import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkDraft, type Draft, emptyDraft } from './draft.ts';

const draft = (change: Partial<Draft> = {}): Draft => ({
  ...emptyDraft(new URLSearchParams('repository=/home/ada/app&test=npm test')),
  ...change,
});

describe('the form for a task', () => {
  it('makes a request for a fix', () => {
    const { request } = checkDraft(draft({ budgetMinutes: '2', priority: 'high' }));
    assert.equal(request?.kind, 'fix');
    assert.equal(request?.budgetSeconds, 120);
    assert.equal(request?.priority, 'high');
    assert.equal(request?.instance, null);
  });

  it('makes a request for a review', () => {
    const { request } = checkDraft(draft({ kind: 'review', since: ' main ', testCommand: '' }));
    assert.equal(request?.kind === 'review' && request.since, 'main');
  });

  it('says of each field what is wrong with it', () => {
    const { errors } = checkDraft(
      draft({
        repository: 'code/app',
        testCommand: '  ',
        instance: 'Big Name',
        budgetMinutes: '0',
        budgetRuns: 'many',
      }),
    );
    assert.deepEqual(Object.keys(errors ?? {}).sort(), [
      'budgetMinutes',
      'budgetRuns',
      'instance',
      'repository',
      'testCommand',
    ]);
    assert.deepEqual(
      [errors?.budgetMinutes, errors?.budgetRuns, errors?.testCommand, errors?.instance],
      [
        'It must be more than 0.',
        'It must be a number.',
        'The test command is empty; name one that shows the failure.',
        'An instance has a short name of lower-case letters, digits and dashes.',
      ],
    );
  });

  it('takes its first fields from the address, and leaves nonsense out', () => {
    assert.equal(emptyDraft(new URLSearchParams('kind=review&since=v1')).kind, 'review');
    assert.equal(emptyDraft(new URLSearchParams('kind=nonsense')).kind, 'fix');
  });
});
