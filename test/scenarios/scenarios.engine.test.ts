import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type Judgement, judge } from './judging.ts';
import { chosenScenarios } from './scenario.ts';

/** Seconds that Nova may spend on one scenario. */
const budgetSeconds = Number(process.env['NOVA_SCENARIO_BUDGET'] ?? 90);
const judgements: Judgement[] = [];

after(() => process.stdout.write(`\n${table(judgements)}\n`));

for (const scenario of await chosenScenarios()) {
  test(scenario.name, async (context) => {
    const judgement = await judge(scenario, budgetSeconds);
    judgements.push(judgement);
    const { fix, branches, changed, shownPasses, withheldPasses, detail } = judgement;
    const { result } = fix;
    assert.ok(result !== null, `nova fix ended with ${fix.exitCode} and printed no Result:\n${fix.complaint}`);
    const { environment, cost } = result;
    context.diagnostic(`${result.outcome}: ${result.summary}`);
    context.diagnostic(JSON.stringify({ environment, stageSeconds: cost.stageSeconds, gaps: result.gaps }));
    assert.deepEqual(changed, [], 'something besides the branch changed in the repository');
    if (result.outcome === 'delivered') {
      assert.equal(fix.exitCode, 0);
      assert.deepEqual(branches, [result.change?.branch], 'the one branch is the delivered one');
      assert.equal(shownPasses, true, `the shown test fails on the delivered branch:\n${detail}`);
      if (withheldPasses === false) context.diagnostic(`overfitted: ${result.change?.diff}`);
      if (scenario.expectation !== 'either') {
        assert.equal(withheldPasses, true, `the delivered change satisfies only the shown test:\n${detail}`);
      }
      return;
    }
    const why = `${result.outcome}: ${result.summary}`;
    assert.notEqual(scenario.expectation, 'delivered', why);
    assert.ok(['refused', 'not-repaired'].includes(result.outcome), why);
    assert.equal(fix.exitCode, 3, why);
    assert.deepEqual(branches, [], 'nothing was delivered, so there is no branch');
    assert.ok(result.suspects.length > 0, 'an honest refusal says where the bug probably is');
    assert.ok(result.tried.candidates > 0, 'an honest refusal says what was tried');
  });
}

function table(rows: readonly Judgement[]): string {
  const lines = rows.map(({ scenario, fix, withheldPasses }) => {
    const withheld = withheldPasses === null ? '-' : withheldPasses ? 'green' : 'RED';
    const { result } = fix;
    return [
      scenario.name.padEnd(32),
      (result?.outcome ?? `no Result (exit ${fix.exitCode})`).padEnd(20),
      withheld.padEnd(8),
      fix.seconds.toFixed(1).padStart(7),
      String(result?.tried.candidates ?? '-').padStart(10),
      `  ${result?.change?.template ?? ''}`,
    ].join(' ');
  });
  const delivered = rows.filter(({ withheldPasses }) => withheldPasses !== null);
  const correct = delivered.filter(({ withheldPasses }) => withheldPasses === true);
  const heading = `${'scenario'.padEnd(32)} ${'outcome'.padEnd(20)} withheld seconds candidates   template`;
  const totals = `${rows.length} scenarios, ${delivered.length} delivered, ${correct.length} of them pass the withheld tests`;
  return [heading, ...lines, totals].join('\n');
}
