import { ecmaScriptLanguage } from '../javascript/javascript.ts';
import type { LanguageModule } from '../language.ts';

/**
 * TypeScript: JavaScript's templates on a tree that also holds types. What differs: types are erased before a test
 * runs, so a template never edits one (the walk takes no identifier from a type position), a declaration file is never
 * suspected, and a candidate need not type-check to be judged by the tests; the project's own type check is part
 * of the test command or it is not asked for.
 */
export function createTypeScriptLanguage(): LanguageModule {
  return ecmaScriptLanguage('typescript', ['.ts', '.mts', '.cts', '.tsx']);
}
