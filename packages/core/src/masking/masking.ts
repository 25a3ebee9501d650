const replacement = '[masked]';

/**
 * Shapes of credentials that must never be recorded. Each rule replaces the secret and leaves what helps a reader:
 * the name before it, the scheme and host around it.
 */
const rules: readonly { readonly pattern: RegExp; readonly keep: (match: string, groups: string[]) => string }[] = [
  {
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    keep: () => replacement,
  },
  {
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,})\b/g,
    keep: () => replacement,
  },
  { pattern: /\b(?:sk|pk|rk)-(?=[A-Za-z0-9_-]*\d)(?:[a-z]+-)*[A-Za-z0-9_-]{20,}/g, keep: () => replacement },
  { pattern: /\bnpm_[A-Za-z0-9]{30,}\b/g, keep: () => replacement },
  { pattern: /\bxox[abprs]-[A-Za-z0-9-]{10,}/g, keep: () => replacement },
  { pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, keep: () => replacement },
  { pattern: /\bAIza[A-Za-z0-9_-]{35}\b/g, keep: () => replacement },
  { pattern: /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g, keep: () => replacement },
  { pattern: /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{12,}/gi, keep: (_, [scheme]) => `${scheme} ${replacement}` },
  { pattern: /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/:@]+:[^\s/@]+@/gi, keep: (_, [scheme]) => `${scheme}${replacement}@` },
  {
    pattern:
      /\b((?:[A-Za-z0-9_]*[_-])?(?:password|passwd|secret|token|api[_-]?key|access[_-]?key))(\s*[=:]\s*)(["']?)[^\s"',;&]{6,}\3/gi,
    keep: (_, [name, sign, quote]) => `${name}${sign}${quote}${replacement}${quote}`,
  },
];

/** Replaces what looks like a credential in a text. Masking a masked text changes nothing. */
export function maskText(text: string): string {
  let masked = text;
  for (const rule of rules) {
    masked = masked.replace(rule.pattern, (match: string, ...rest: unknown[]) =>
      match.includes(replacement)
        ? match
        : rule.keep(
            match,
            rest.filter((part) => typeof part === 'string'),
          ),
    );
  }
  return masked;
}

/** Masks every string inside a JSON value; keys and shape stay. */
export function maskValue<Value>(value: Value): Value {
  return maskUnknown(value) as Value;
}

function maskUnknown(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return value.map(maskUnknown);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskUnknown(inner)]));
  }
  return value;
}
