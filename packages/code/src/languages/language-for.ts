import type { LanguageModule } from './language.ts';

/** The language of a path by its extension; null when no module knows it. */
export function languageFor(path: string, languages: readonly LanguageModule[]): LanguageModule | null {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return languages.find((language) => language.extensions.some((extension) => name.endsWith(extension))) ?? null;
}
