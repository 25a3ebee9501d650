import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';

/** Reads `{ folder, paths }`, prints the secrets of each file without showing them. A process of its own: see `secrets.ts`. */
const { folder, paths } = JSON.parse(readFileSync(0, 'utf8')) as { folder: string; paths: string[] };
const id = '@secretlint/secretlint-rule-preset-recommend';
const found: unknown[] = [];
for (const path of paths) {
  const content = readFileSync(join(folder, path), 'utf8');
  const extension = path.slice(path.lastIndexOf('.'));
  const { messages } = await lintSource({
    source: { filePath: path, content, contentType: 'text', ext: extension },
    options: { config: { rules: [{ id, rule: creator }] }, maskSecrets: true },
  });
  for (const { ruleId, messageId, message, loc } of messages) found.push({ path, ruleId, messageId, message, loc });
}
process.stdout.write(JSON.stringify(found));
