import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { differingRanges, parseDiff, sideBySide } from './parse-diff.ts';

/** What git itself prints for two versions of a file. */
function gitDiff(before: string, after: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'nova-diff-'));
  try {
    writeFileSync(join(folder, 'a'), before);
    writeFileSync(join(folder, 'b'), after);
    execFileSync('git', ['diff', '--no-index', '--unified=2', 'a', 'b'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return '';
  } catch (thrown) {
    // It ends with 1 when there are differences.
    return String((thrown as { stdout: Buffer }).stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const lineText = fc.constantFrom('', 'a', 'b', '-- a', '++ b', '@@ -1 +1 @@', 'diff --git', ' c', '\\ d');

describe('a diff', () => {
  it('is read as git wrote it, whatever the lines begin with', () => {
    fc.assert(
      fc.property(fc.array(lineText, { maxLength: 12 }), fc.array(lineText, { maxLength: 12 }), (before, after) => {
        const text = gitDiff(before.join('\n'), after.join('\n'));
        const hunks = parseDiff(text).flatMap((file) => file.hunks);
        for (const { lines } of hunks) {
          for (const line of lines) {
            if (line.before !== null) assert.equal(line.text, before[line.before - 1] ?? '');
            if (line.after !== null) assert.equal(line.text, after[line.after - 1] ?? '');
          }
        }
        const changes = (kind: string) =>
          hunks.flatMap((hunk) => hunk.lines).filter((line) => line.kind === kind).length;
        const printed = (sign: string) =>
          text
            .split('\n')
            .filter(
              (line, index, all) => line.startsWith(sign) && index > all.findIndex((one) => one.startsWith('@@ ')),
            ).length;
        assert.equal(changes('added'), text === '' ? 0 : printed('+'));
        assert.equal(changes('removed'), text === '' ? 0 : printed('-'));
      }),
      { numRuns: 40 },
    );
  });

  it('knows new, removed, renamed and binary files', () => {
    const text = [
      'diff --git a/new.ts b/new.ts',
      'new file mode 100644',
      '--- /dev/null',
      '+++ b/new.ts',
      '@@ -0,0 +1 @@',
      '+one',
      '\\ No newline at end of file',
      'diff --git a/old name.ts b/old name.ts',
      'deleted file mode 100644',
      '--- a/old name.ts',
      '+++ /dev/null',
      '@@ -1 +0,0 @@',
      '-one',
      'diff --git a/from.ts b/to.ts',
      'similarity index 100%',
      'rename from from.ts',
      'rename to to.ts',
      'diff --git a/p.png b/p.png',
      'Binary files a/p.png and b/p.png differ',
      '',
    ].join('\n');
    assert.deepEqual(
      parseDiff(text).map(({ path, formerPath, kind, added, removed }) => [kind, path, formerPath, added, removed]),
      [
        ['added', 'new.ts', null, 1, 0],
        ['removed', 'old name.ts', null, 0, 1],
        ['renamed', 'to.ts', 'from.ts', 0, 0],
        ['binary', 'p.png', null, 0, 0],
      ],
    );
    assert.equal(parseDiff(text)[0]?.hunks[0]?.lines[0]?.unended, true);
  });

  it('puts what was changed side by side', () => {
    const [file] = parseDiff('diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,3 +1,4 @@\n x\n-a\n+b\n+c\n y\n');
    const pairs = sideBySide(file?.hunks[0]?.lines ?? []);
    assert.deepEqual(
      pairs.map(({ before, after }) => [before?.text ?? null, after?.text ?? null]),
      [
        ['x', 'x'],
        ['a', 'b'],
        [null, 'c'],
        ['y', 'y'],
      ],
    );
  });

  it('finds where two lines differ', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const ranges = differingRanges(before, after);
        const without = (text: string, [start, end]: [number, number]) => text.slice(0, start) + text.slice(end);
        assert.equal(without(before, ranges.before), without(after, ranges.after));
      }),
    );
  });
});
