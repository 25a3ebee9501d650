import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { isNoSecret, secretForms } from './secret-forms.ts';

/** Reads `{ folder, paths, seconds }`, prints the secrets of each file without showing them. A process of its own: see `secrets.ts`. */
const { folder, paths, seconds } = JSON.parse(readFileSync(0, 'utf8')) as {
  folder: string;
  paths: string[];
  seconds: number;
};
const deadline = performance.now() + seconds * 1000;
const preset = {
  id: '@secretlint/secretlint-rule-preset-recommend',
  rule: creator,
  // Off by default, because the same switch looks for account numbers, which are no secrets.
  rules: [
    {
      id: '@secretlint/secretlint-rule-aws',
      options: { enableIDScanRule: true },
      allowMessageIds: ['AWSAccountID'],
    },
  ],
};
const found: unknown[] = [];
let unread = 0;
for (const path of paths) {
  if (performance.now() > deadline) {
    unread += 1;
    continue;
  }
  const content = readFileSync(join(folder, path), 'utf8');
  const { messages } = await lintSource({
    source: { filePath: path, content, contentType: 'text', ext: path.slice(path.lastIndexOf('.')) },
    // It is not masked in here, so that it can be looked at, and does not leave this process.
    options: { config: { rules: [preset] }, maskSecrets: false },
  });
  for (const { ruleId, messageId, message, loc, range } of messages) {
    const [, kind = '', secret = ''] = /^([^:]*)(?:: ?([\s\S]*))?$/.exec(message) ?? [];
    if (isNoSecret(secret) || isNoSecret(content.slice(range[0], range[1]))) continue;
    const rule = `secretlint/${ruleId.replace(/^@secretlint\/secretlint-rule-/, '')}/${messageId}`;
    found.push({ path, rule, kind: kind.replace(/[(*][\s\S]*$/, '').trim(), ...loc });
  }
  for (const { rule, kind, pattern } of secretForms) {
    for (const { 0: secret, index } of content.matchAll(pattern)) {
      if (isNoSecret(secret)) continue;
      const before = content.slice(0, index).split('\n');
      const [line, column] = [before.length, before.at(-1)?.length ?? 0];
      found.push({
        path,
        rule: `secret/${rule}`,
        kind: `found ${kind}`,
        start: { line, column },
        end: { line, column: column + secret.length },
      });
    }
  }
  // secretlint notes what it does for whoever profiles it, and never forgets.
  performance.clearMarks();
}
process.stdout.write(JSON.stringify({ found, unread }));
