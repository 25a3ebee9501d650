import { createContext, Script } from 'node:vm';

/** How the time that an expression takes grows with the text. */
export type Growth = 'exponential' | 'polynomial';

/** Makes a text with some repetitions of what keeps an expression busy. */
export type Attack = (repetitions: number) => string;

/** In milliseconds of work: what is measured below this is mostly chance. */
const enoughMs = 30;
/** It is stopped then: what it took until then is proof of growth, as the step before was below `enoughMs`. */
const patienceMs = 250;
const longestMs = 5000;
const glance = { repetitions: 200, milliseconds: 20 };
const mostAttacks = 3;
/** What takes exponential time is busy with this many repetitions, and takes this much longer after two more of them. */
const fewRepetitions = 48;
const fewFactor = 1.5;
/** What takes polynomial time would take a second for this many. */
const manyRepetitions = 10_000;
const manyMs = 1000;
/** The least factor by which doubling makes it slower: with less it is no square, with more no power that one meets. */
const doublingFactors = { square: 2.8, power: 80 };
const run = new Script('atStart.lastIndex = 0; (sticky ? atStart : anywhere).test(text)');

/** What a script of its own, which can be stopped, finds as its global variables. */
interface Place {
  readonly anywhere: RegExp;
  readonly atStart: RegExp;
  text: string;
  sticky: boolean;
}

/**
 * Tries an expression with texts that grow until the growth of the time is plain, which takes tens of milliseconds of work
 * and no second. Null when no text makes it grow to where it harms.
 */
export function measureGrowth(expression: RegExp, attacks: readonly Attack[]): Growth | null {
  if (attacks.length === 0) return null;
  const place: Place = {
    anywhere: expression,
    atStart: new RegExp(expression, `${expression.flags}y`),
    text: '',
    sticky: false,
  };
  createContext(place);
  for (const attack of mostPromising(place, attacks)) {
    const growth = withFew(place, attack) ?? withMany(place, attack);
    if (growth !== null) return growth;
  }
  return null;
}

/** Those that take longest for the same number of repetitions; a few that have to be stopped are enough. */
function mostPromising(place: Place, attacks: readonly Attack[]): Attack[] {
  const seen = new Set<string>();
  const glances: { attack: Attack; milliseconds: number }[] = [];
  let stopped = 0;
  for (const attack of attacks) {
    const text = attack(glance.repetitions);
    if (seen.has(text)) continue;
    seen.add(text);
    const milliseconds = measure(place, text, glance.milliseconds);
    glances.push({ attack, milliseconds });
    if (milliseconds >= glance.milliseconds / 2) stopped += 1;
    if (stopped >= mostAttacks) break;
  }
  return glances
    .sort((a, b) => b.milliseconds - a.milliseconds)
    .slice(0, mostAttacks)
    .map(({ attack }) => attack);
}

function withFew(place: Place, attack: Attack): Growth | null {
  let before = 0;
  for (let repetitions = 8; repetitions <= fewRepetitions; repetitions += 2) {
    const milliseconds = measure(place, attack(repetitions), patienceMs);
    if (milliseconds >= enoughMs) return milliseconds >= before * fewFactor ? 'exponential' : 'polynomial';
    before = milliseconds;
  }
  return null;
}

/** What any text takes that is tried at each of its places says nothing of backtracking: one place has to take too long, too. */
function withMany(place: Place, attack: Attack): Growth | null {
  const anywhere = doubled(place, attack, false);
  if (anywhere === null) return null;
  if (anywhere.factor >= doublingFactors.power) return 'exponential';
  const expected = anywhere.milliseconds * (manyRepetitions / anywhere.repetitions) ** Math.log2(anywhere.factor);
  return expected >= manyMs && doubled(place, attack, true) !== null ? 'polynomial' : null;
}

/** Where doubling has made it slower than a line grows, and by which factor; null if that does not happen. */
function doubled(place: Place, attack: Attack, sticky: boolean) {
  let before = 0;
  for (let repetitions = 125; repetitions <= 2 * manyRepetitions; repetitions *= 2) {
    const milliseconds = measure(place, attack(repetitions), patienceMs, sticky);
    // Nothing below a hundredth of a millisecond is a measure of anything.
    const factor = milliseconds / Math.max(before, 0.01);
    if (milliseconds >= enoughMs && factor >= doublingFactors.square) return { repetitions, milliseconds, factor };
    before = milliseconds;
  }
  return null;
}

/** In milliseconds of this process's work: a busy machine takes longer than the work does, and is then given more time. */
function measure(place: Place, text: string, patience: number, sticky = false): number {
  place.sticky = sticky;
  // Its first rounds are interpreted, and would look slower than what comes after them.
  place.text = '';
  for (let round = 0; round < 2; round += 1) run.runInContext(place);
  place.text = text;
  for (let timeout = patience; ; timeout *= 4) {
    const begun = process.cpuUsage();
    let stopped = false;
    try {
      run.runInContext(place, { timeout });
    } catch {
      stopped = true;
    }
    const milliseconds = process.cpuUsage(begun).user / 1000;
    if (!stopped || milliseconds >= patience / 2 || timeout > longestMs) return milliseconds;
  }
}
