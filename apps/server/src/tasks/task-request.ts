import { type EventData, eventData, maskValue, type TaskRequest, type TaskView, taskRequestSchema } from '@nova/core';
import { type Blobs, getJson, hashJson, type Ledger, putJson, taskStream } from '@nova/messaging';

type Submitted = EventData<'nova.task.submitted'>;

/**
 * What a submission records of a request. The ledger masks what looks like a secret, and a test command may need one: then the
 * request as it was given is kept beside the ledger, where only this data folder's owner reads it.
 */
export async function submittedRequest(
  blobs: Blobs,
  request: TaskRequest,
): Promise<Pick<Submitted, 'request' | 'sealed'>> {
  const isMasked = hashJson(maskValue(request)) !== hashJson(request);
  return { request, sealed: isMasked ? await putJson(blobs, request) : null };
}

/** The request as it was given, to work by; what a view shows of it may be masked. */
export async function givenRequest(
  { ledger, blobs }: { readonly ledger: Ledger; readonly blobs: Blobs },
  view: Pick<TaskView, 'id' | 'request'>,
): Promise<TaskRequest> {
  const [first] = await ledger.read(taskStream(view.id), { limit: 1 });
  const sealed = first && eventData(first, 'nova.task.submitted')?.sealed;
  return sealed ? getJson(blobs, sealed, taskRequestSchema) : view.request;
}
