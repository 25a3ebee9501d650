import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { columnsOf } from '../terminal/columns.ts';
import { HeldTask } from '../testing/held-task.ts';
import { Terminal } from '../testing/terminal.ts';

const escapeLetter = '\u001b';
const enter = `${escapeLetter}[?1049h`;
const leave = `${escapeLetter}[?25h${escapeLetter}[?1049l`;
const wrapped = 100;

/** Keys are echoed again and lines are read again. */
function isPutBack(shown: string): boolean {
  return / icanon/.test(shown) && / echo /.test(shown);
}

describe('on a terminal', () => {
  let held: HeldTask;
  let task: string;

  before(async () => {
    held = new HeldTask();
    const ran = await held.run('fix', ...held.request, '--detach', '--json');
    task = (JSON.parse(ran.stdout) as { id: string }).id;
    await held.begun(1);
  });

  after(() => held[Symbol.dispose]());

  it('nova top lives, fits, and gives the screen back on q', async () => {
    using terminal = new Terminal(held.place.home, 'top');
    await terminal.shows(new RegExp(`${task} .*environment`));
    const other = await held.run('fix', ...held.request, '--detach', '--json');
    const { id } = JSON.parse(other.stdout) as { id: string };
    await terminal.shows(new RegExp(id));
    assert.equal((await held.run('cancel', id)).code, 0);
    await terminal.shows(new RegExp(`${id} .*cancelled`));
    terminal.press('q');
    const shown = await terminal.ended;
    assert.match(shown, /code 0/);
    assert.ok(isPutBack(shown), shown);
    const picture = shown.slice(shown.indexOf(enter), shown.indexOf(leave));
    assert.ok(picture.length > 0);
    const lines = picture
      .replaceAll(`${escapeLetter}[H`, '\n')
      .split(/[\r\n]+/)
      .map(stripVTControlCharacters);
    assert.ok(
      lines.every((line) => columnsOf(line) < wrapped),
      lines.join('\n'),
    );
  });

  it('nova top gives the screen back when it is ended from outside', async () => {
    using terminal = new Terminal(held.place.home, 'top');
    await terminal.shows(new RegExp(task));
    const top = held.place.processes().all.find(({ command }) => /main\.ts top/.test(command));
    assert.ok(top);
    process.kill(top.pid, 'SIGTERM');
    const shown = await terminal.ended;
    assert.match(shown, /code 143/);
    assert.ok(shown.includes(leave));
    assert.ok(isPutBack(shown), shown);
  });

  it('nova replay --step goes on with Enter, and ends with q and Ctrl-C', async () => {
    for (const [key, code] of [
      ['q', 0],
      ['\u0003', 130],
    ] as const) {
      using terminal = new Terminal(held.place.home, `replay ${task} --step`);
      await terminal.shows(/1\/intake\/workspace\.capture\/1/);
      assert.doesNotMatch(terminal.shown, /environment\.prepare/);
      terminal.press('\r');
      await terminal.shows(/environment\.prepare/);
      terminal.press(key);
      const shown = await terminal.ended;
      assert.match(shown, new RegExp(`code ${code}\\b`));
      assert.doesNotMatch(shown, /tests\.run/);
      assert.ok(isPutBack(shown), shown);
    }
  });

  it('has colours, and none where NO_COLOR says so', async () => {
    const shown = (env: Readonly<Record<string, string>>) => new Terminal(held.place.home, 'tasks', env).ended;
    assert.ok((await shown({})).includes(escapeLetter));
    assert.ok(!(await shown({ NO_COLOR: '1' })).includes(escapeLetter));
    assert.ok(!(await held.run('tasks')).stdout.includes(escapeLetter));
    const ran = await held.run('replay', task, '--step');
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /--step needs a terminal/);
  });
});
