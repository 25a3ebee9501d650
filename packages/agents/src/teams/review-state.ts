import { Annotation } from '@langchain/langgraph';

/** Ids and hashes only, as in the state of a fix. */
export const ReviewState = Annotation.Root({
  attempt: Annotation<number>,
  captured: Annotation<string | null>,
  prepared: Annotation<string | null>,
  /** Why the dependencies are not there; the review goes on without them. */
  unprepared: Annotation<string | null>,
  examined: Annotation<string | null>,
  ending: Annotation<string | null>,
});
export type ReviewStateValue = typeof ReviewState.State;

export const emptyReviewState: ReviewStateValue = {
  attempt: 1,
  captured: null,
  prepared: null,
  unprepared: null,
  examined: null,
  ending: null,
};
