import type { LanguageModule } from '../language.ts';
import { proposeRepairs } from './propose.ts';
import { statementRanges } from './statements.ts';
import { parseJavaScript, parsesAsJavaScript } from './syntax.ts';

/** JavaScript: scripts, modules and JSX. */
export function createJavaScriptLanguage(): LanguageModule {
  return ecmaScriptLanguage('javascript', ['.js', '.mjs', '.cjs', '.jsx']);
}

/** What JavaScript and TypeScript share: one parser, one set of templates. */
export function ecmaScriptLanguage(id: 'javascript' | 'typescript', extensions: readonly string[]): LanguageModule {
  return {
    id,
    extensions,
    async parses(path, text) {
      return parsesAsJavaScript(path, text);
    },
    async statements(path, text) {
      const tree = parseJavaScript(path, text);
      return tree ? statementRanges(tree) : [];
    },
    async propose(request) {
      return proposeRepairs(request);
    },
  };
}
