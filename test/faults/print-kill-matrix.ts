import { parseArgs } from 'node:util';
import { everyStrike, occasions, strikeAndJudge, undisturbed, type Walls } from './kill-matrix.ts';

const help = `npm run kill-matrix -- [--sandbox bubblewrap|none] [--on OCCASION] [--every N] [--first K]

Kills server, host and runner in turn just before and after every journal entry of a whole fix, and prints a line for
each. OCCASION says what else goes on then: nothing (alone), a pause that was just asked for (pausing; it is resumed
afterwards), a cancellation (cancelling), two more fixes on the same repository (several); all is each of them. A line says how many processes were killed, how often the branch moved, how often the tests ran (counted outside, where
nothing isolates), how many processes were left. --every N takes every Nth place, --first K starts at the Kth.
Exit code 1 when one differs from the undisturbed fix.
`;

const { values } = parseArgs({
  options: {
    sandbox: { type: 'string', default: 'bubblewrap' },
    on: { type: 'string', default: 'all' },
    every: { type: 'string', default: '1' },
    first: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
const every = Number(values.every);
const first = Number(values.first);
const chosen = occasions.filter((occasion) => values.on === 'all' || values.on === occasion);
const known = values.sandbox === 'bubblewrap' || values.sandbox === 'none';
if (values.help || !known || chosen.length === 0 || !(every >= 1) || !(first >= 1)) {
  process.stdout.write(help);
  process.exit(values.help ? 0 : 2);
}

const reference = await undisturbed(values.sandbox as Walls);
const all = chosen.flatMap((occasion) => everyStrike(reference, occasion));
const strikes = all.filter((_, index) => index >= first - 1 && (index - first + 1) % every === 0);
const failures: string[] = [];
for (const [index, at] of strikes.entries()) {
  const { line, faults } = await strikeAndJudge(at, reference);
  process.stdout.write(`${String(index + 1).padStart(3)}/${strikes.length} ${line}\n`);
  failures.push(...faults);
}
process.stdout.write(
  `${failures.map((failure) => `${failure}\n`).join('')}${strikes.length - failures.length} ok, ${failures.length} failed\n`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
