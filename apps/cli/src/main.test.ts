import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { errorCodes } from '@nova/core';
import { exitCodeOf } from './exit-codes.ts';

const entry = fileURLToPath(new URL('main.ts', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'nova-cli-'));

function nova(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NOVA_HOME: home };
  const ran = spawnSync(process.execPath, [entry, ...args], { encoding: 'utf8', env });
  return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

describe('the command line', () => {
  after(() => rmSync(home, { recursive: true, force: true }));

  it('explains every command with an example, and the exit codes', () => {
    const help = nova('--help');
    assert.equal(help.code, 0);
    const commands = [...help.stdout.matchAll(/^ {2}([a-z]+) \[options\]/gm)].flatMap(([, name]) => name ?? []);
    assert.deepEqual(commands.sort(), ['apply', 'diff', 'doctor', 'fix', 'resume', 'show', 'tasks']);
    for (const command of commands) assert.match(nova(command, '--help').stdout, /Examples:\n {2}nova /, command);
    for (const code of [0, 2, 3, 4, 5, 130]) assert.match(nova('fix', '--help').stdout, new RegExp(`^  ${code} `, 'm'));
  });

  it('ends with 2 on wrong usage and says how it is right', () => {
    for (const args of [
      ['fix'],
      ['fix', '--test', 'true', '--sandbox', 'paper'],
      ['fix', '--test', 'true', '--budget', 'soon'],
      ['show'],
      ['unheard-of'],
      ['resume', 't', '--settle', 'done'],
      ['diff', 't', '--alternative', '0'],
    ]) {
      const ran = nova(...args);
      assert.equal(ran.code, 2, args.join(' '));
      assert.match(ran.stderr, /error:/);
      assert.equal(ran.stdout, '');
    }
  });

  it('gives every error code one of the documented exit codes', () => {
    for (const code of errorCodes) assert.ok([1, 2, 3, 4, 5, 130].includes(exitCodeOf[code]), code);
  });

  it('holds this machine against minimum and recommended sizes', () => {
    const ran = nova('doctor', '--json');
    const { checks, ready } = JSON.parse(ran.stdout) as { checks: { name: string; state: string }[]; ready: boolean };
    assert.equal(ran.code, ready ? 0 : 5);
    assert.equal(
      ready,
      checks.every((check) => check.state !== 'missing'),
    );
    for (const name of ['memory', 'free disk', 'npm', 'git', 'bubblewrap']) {
      assert.ok(
        checks.some((check) => check.name === name),
        name,
      );
    }
  });
});
