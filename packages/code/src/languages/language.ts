import type { Suspect, TestCase, TextEdit } from '@nova/core';

/** One possible repair of one place, before candidates of all places are ranked against each other. */
export interface Proposal {
  readonly template: string;
  /** How often this template is the right one, 0..1, given that the place is; idiomatic and small scores higher. */
  readonly prior: number;
  readonly edits: readonly TextEdit[];
  /** One sentence for a person: what is wrong here and what the edit does. */
  readonly explanation: string;
  /** Index into the request's suspects. */
  readonly suspect: number;
}

export interface ProposeRequest {
  readonly path: string;
  readonly text: string;
  /** Suspects in this file, in order of score. */
  readonly suspects: readonly Suspect[];
  /** The failing tests with their messages: expected and actual values are ingredients. */
  readonly failing: readonly TestCase[];
  /** Text of the failing test files, by path. */
  readonly testSources: ReadonlyMap<string, string>;
}

/** Lines (1-based, inclusive) of one statement; of a compound statement only its head. */
export interface StatementRange {
  readonly startLine: number;
  readonly endLine: number;
  /** True when it stands in no function: it runs when its file is loaded, whatever is tested. */
  readonly atLoad: boolean;
}

/** The smallest range that holds a line; null when none does. */
export function innermostRange(ranges: readonly StatementRange[], line: number): StatementRange | null {
  let best: StatementRange | null = null;
  for (const range of ranges) {
    if (range.startLine > line || range.endLine < line) continue;
    if (!best || range.endLine - range.startLine < best.endLine - best.startLine) best = range;
  }
  return best;
}

/** What Nova must know about a language to repair it. A language is one folder with one of these. */
export interface LanguageModule {
  readonly id: 'javascript' | 'typescript' | 'python';
  /** With the dot, lower case. */
  readonly extensions: readonly string[];
  /** True when the text is free of syntax errors. */
  parses(path: string, text: string): Promise<boolean>;
  /** The innermost statements, for turning covered lines into suspects; what does nothing, a docstring for one, is left out. */
  statements(path: string, text: string): Promise<StatementRange[]>;
  propose(request: ProposeRequest): Promise<Proposal[]>;
}
