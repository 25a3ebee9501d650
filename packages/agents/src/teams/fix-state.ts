import { Annotation } from '@langchain/langgraph';

/** Ids and hashes only: what they name is in the blobs, so a lost state costs nothing but a walk through the journal. */
export const FixState = Annotation.Root({
  attempt: Annotation<number>,
  captured: Annotation<string | null>,
  prepared: Annotation<string | null>,
  measured: Annotation<string | null>,
  localised: Annotation<string | null>,
  searched: Annotation<string | null>,
  alternatives: Annotation<string | null>,
  changed: Annotation<string | null>,
  reviewed: Annotation<string | null>,
  judged: Annotation<string | null>,
  ending: Annotation<string | null>,
});
export type FixStateValue = typeof FixState.State;

export const emptyFixState: FixStateValue = {
  attempt: 1,
  captured: null,
  prepared: null,
  measured: null,
  localised: null,
  searched: null,
  alternatives: null,
  changed: null,
  reviewed: null,
  judged: null,
  ending: null,
};
