/** What one test executed, as keys of program elements. */
export interface Spectrum {
  readonly failed: boolean;
  readonly elements: Iterable<string>;
}

/**
 * Suspiciousness of every element that a failing test executed, in 0..1: e_f / √((e_f + n_f) · (e_f + e_p)), where e_f
 * and e_p count failing and passing tests that executed it and n_f failing ones that did not. The Ochiai coefficient
 * as in Abreu, Zoeteweij, van Gemund: "On the Accuracy of Spectrum-based Fault Localization", TAIC PART 2007.
 */
export function ochiai(spectra: readonly Spectrum[]): Map<string, number> {
  const failing = new Map<string, number>();
  const passing = new Map<string, number>();
  let failures = 0;
  for (const { failed, elements } of spectra) {
    if (failed) failures++;
    const counts = failed ? failing : passing;
    for (const element of new Set(elements)) counts.set(element, (counts.get(element) ?? 0) + 1);
  }
  const scores = new Map<string, number>();
  for (const [element, count] of failing) {
    scores.set(element, count / Math.sqrt(failures * (count + (passing.get(element) ?? 0))));
  }
  return scores;
}
