import type { Finding } from '@nova/core';
import { literal } from '../changes/preview.ts';
import type { LanguageModule } from '../languages/language.ts';
import { languageFor } from '../languages/language-for.ts';
import { git } from '../workspace/git.ts';
import { fileRole } from '../workspace/project-files.ts';
import { changedLines } from './diff-lines.ts';
import { lineRules } from './line-rules.ts';

interface ReviewRequest {
  readonly base: string;
  readonly commit: string;
  /** Paths that the change was meant for; a change elsewhere is an error. Empty: no path was named. */
  readonly paths: readonly string[];
}

const mostChangedLines = 60;

/** Findings of the deterministic review rules on the difference of two commits, in order of path and line. */
export async function reviewChange(
  request: ReviewRequest,
  folder: string,
  languages: readonly LanguageModule[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const report = (finding: Finding) => findings.push(finding);
  const names = await git(folder, ['diff', '--name-status', '--no-renames', '-z', request.base, request.commit]);
  const words = names.toString('utf8').split('\0').filter(Boolean);
  let changed = 0;
  for (let index = 0; index + 1 < words.length; index += 2) {
    const [status = '', path = ''] = words.slice(index, index + 2);
    const expected = request.paths.length === 0 || request.paths.includes(path);
    if (!expected)
      report(
        finding(
          'change.unexpected-file',
          'error',
          'maintainability',
          path,
          1,
          'The change touches a file that the repair was not meant for.',
        ),
      );
    const role = fileRole(path);
    if (role === 'test')
      report(
        finding(
          'change.test',
          'error',
          'tests',
          path,
          1,
          'The change edits a test; a repair must leave the tests that judge it alone.',
        ),
      );
    if (role === 'configuration')
      report(
        finding(
          'change.configuration',
          'error',
          'tests',
          path,
          1,
          'The change edits configuration, which can decide what the test command does.',
        ),
      );
    if (role === 'foreign')
      report(
        finding(
          'change.foreign',
          'error',
          'maintainability',
          path,
          1,
          'The change edits a file that other people or a tool wrote.',
        ),
      );
    if (status === 'D') {
      report(finding('change.deleted-file', 'error', 'maintainability', path, 1, 'The change deletes a file.'));
      continue;
    }
    const text = (await git(folder, ['show', `${request.commit}:${path}`])).toString('utf8');
    const language = languageFor(path, languages);
    if (language && !(await language.parses(path, text))) {
      report(finding('change.syntax', 'error', 'correctness', path, 1, 'The file does not parse after the change.'));
    }
    const diff = await git(folder, [
      'diff',
      '--unified=0',
      '--no-color',
      '--no-ext-diff',
      '--no-textconv',
      '--no-renames',
      request.base,
      request.commit,
      '--',
      ...literal([path]),
    ]);
    const lines = changedLines(diff.toString('utf8'));
    changed += lines.added.length + lines.removed.length;
    for (const rule of lineRules) for (const found of rule(path, lines)) report(found);
  }
  if (changed > mostChangedLines) {
    report(
      finding(
        'change.large',
        'warning',
        'maintainability',
        request.paths[0] ?? '.',
        1,
        `The change touches ${changed} lines; a repair of one fault is rarely that large.`,
      ),
    );
  }
  return findings.sort(
    (a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) || a.line - b.line || (a.rule < b.rule ? -1 : 1),
  );
}

function finding(
  rule: string,
  severity: Finding['severity'],
  category: Finding['category'],
  path: string,
  line: number,
  message: string,
): Finding {
  return { rule, severity, category, path, line, message };
}
