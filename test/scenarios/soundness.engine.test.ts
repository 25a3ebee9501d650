import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { shell } from './command.ts';
import { personsEnvironment } from './judging.ts';
import { addWithheld, cloneForJudging, correct, makeRepository, removeFolder } from './repository.ts';
import { chosenScenarios, type Scenario } from './scenario.ts';

for (const scenario of await chosenScenarios()) {
  test(`${scenario.name}: fails as published, passes when corrected`, async () => {
    const root = await mkdtemp(join(tmpdir(), 'nova-scenario-'));
    try {
      await makeRepository(scenario, join(root, 'repository'));
      const judged = join(root, 'judged');
      await cloneForJudging(scenario, join(root, 'repository'), 'HEAD', judged);
      const asPublished = await shown(scenario, judged);
      assert.notEqual(asPublished.code, 0, 'the shown test passes on the published version');
      await correct(scenario, judged, join(root, 'corrected'));
      const corrected = await shown(scenario, judged);
      assert.equal(
        corrected.code,
        0,
        `the shown test fails on the correction:\n${corrected.stdout}${corrected.stderr}`,
      );
      await addWithheld(scenario, judged);
      const withheld = await judge(scenario, judged);
      assert.equal(
        withheld.code,
        0,
        `the withheld test fails on the correction:\n${withheld.stdout}${withheld.stderr}`,
      );
    } finally {
      await removeFolder(root);
    }
  });
}

function shown(scenario: Scenario, folder: string) {
  return shell(scenario.testCommand, { cwd: folder, env: personsEnvironment(folder), seconds: 300 });
}

function judge(scenario: Scenario, folder: string) {
  return shell(scenario.withheldCommand, { cwd: folder, env: personsEnvironment(folder), seconds: 300 });
}
