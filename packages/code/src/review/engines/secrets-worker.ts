import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';

/** Reads `{ folder, paths }`, prints the secrets of each file without showing them. A process of its own: see `secrets.ts`. */
const { folder, paths } = JSON.parse(readFileSync(0, 'utf8')) as { folder: string; paths: string[] };
const id = '@secretlint/secretlint-rule-preset-recommend';
/** Addresses that show how one would write a secret, and hold none. */
const placeholder =
  /:\/\/[^/]*(?:[$<{[*]|\b(?:user(?:name)?|login|scott):|:(?:pass(?:word|wd)?|secret|pwd)@|@(?:localhost|127\.0\.0\.1|(?:[\w-]+\.)*example\b|host(?:name)?\b))/i;
const found: unknown[] = [];
for (const path of paths) {
  const content = readFileSync(join(folder, path), 'utf8');
  const extension = path.slice(path.lastIndexOf('.'));
  const { messages } = await lintSource({
    source: { filePath: path, content, contentType: 'text', ext: extension },
    options: { config: { rules: [{ id, rule: creator }] }, maskSecrets: true },
  });
  for (const { ruleId, messageId, message, loc, range } of messages) {
    if (placeholder.test(content.slice(range[0], range[1]))) continue;
    found.push({ path, ruleId, messageId, message, loc });
  }
}
process.stdout.write(JSON.stringify(found));
