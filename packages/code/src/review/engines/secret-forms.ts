/** The form of a secret that secretlint has no rule for, or a narrower one. */
interface SecretForm {
  readonly rule: string;
  readonly kind: string;
  readonly pattern: RegExp;
}

/** By the forms that the issuers document; each begins with letters that nothing else begins with. */
export const secretForms: readonly SecretForm[] = [
  { rule: 'google-api-key', kind: 'Google API key', pattern: /(?<![\w-])AIza[\w-]{35}(?![\w-])/g },
  { rule: 'anthropic-key', kind: 'Anthropic API key', pattern: /(?<![\w-])sk-ant-[a-z]{2,8}\d\d-[\w-]{32,}/g },
];

/** Addresses that show how one would write a secret, and hold none. */
const exampleAddress =
  /:\/\/[^/]*(?:[$<{[*]|\b(?:user(?:name)?|login|scott):|:(?:pass(?:word|wd)?|secret|pwd)@|@(?:localhost|127\.0\.0\.1|(?:[\w-]+\.)*example\b|host(?:name)?\b))/i;
const exampleWord = /example|placeholder|dummy|redacted|change[-_]?me|your[-_]|insert[-_]|([a-z0-9])\1{5}|\*{3}|\.{3}/i;
/** Kinds of AWS identifiers that are no keys: of users, roles, groups, policies. */
const awsName = /^(?!AKIA|ASIA)A[A-Z0-9]{3}[A-Z0-9]{16}$/;
const shortestRun = 4;

/** Whether a text with the form of a secret only shows the form, or is a name that happens to have it. */
export function isNoSecret(secret: string): boolean {
  if (exampleAddress.test(secret) || exampleWord.test(secret) || awsName.test(secret)) return true;
  // Names are words; of a thousand random texts as long as a token one has no digit.
  if (/^[A-Za-z_-]+$/.test(secret)) return true;
  // The rule of npm's tokens takes underscores, npm's tokens have none.
  if (/^npm_\w*_/.test(secret)) return true;
  return secret.length >= 16 && /^[\w-]+$/.test(secret) && countedOut(secret) * 2 > secret.length;
}

/** How many characters follow each other as in the alphabet or in counting. */
function countedOut(text: string): number {
  let sum = 0;
  let run = 1;
  for (let at = 1; at <= text.length; at += 1) {
    if (text.charCodeAt(at) === text.charCodeAt(at - 1) + 1) run += 1;
    else {
      if (run >= shortestRun) sum += run;
      run = 1;
    }
  }
  return sum;
}
