import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { errorCodes } from '@nova/core';
import { exitCodeOf, exitCodes, exitCodeWords } from './exit-codes.ts';

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
    const built = 'apply cancel diff doctor down fix fork logs pause replay resume review show tasks top up watch';
    assert.deepEqual(commands.sort(), built.split(' '));
    for (const command of commands) {
      const { stdout } = nova(command, '--help');
      assert.match(stdout, new RegExp(`Examples:\\n {2}nova ${command}\\b`), command);
      assert.match(stdout, /[Ee]xit code|Ends as `nova fix`/, command);
      assert.match(stdout, / --json |"json"/, command);
    }
    const fixHelp = nova('fix', '--help').stdout;
    for (const [code, meaning] of exitCodeWords) {
      for (const text of [help.stdout, fixHelp])
        assert.ok(text.includes(`\n  ${String(code).padEnd(5)}${meaning}\n`), text);
    }
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
      ['review', '--fail-on', 'anything'],
      ['review', '--format', 'xml'],
      ['tasks', '--limit', 'many'],
      ['tasks', '--state', 'asleep'],
      ['replay', 't', '--step', '--speed', '2'],
      ['replay', 't', '--speed', '0'],
      ['fork', 't'],
      ['up', '--port', '70000'],
      ['fix', '--test', 'true', '--priority', 'urgent'],
      ['fix', '--test', 'true', '--instance', 'Not A Name'],
    ]) {
      const ran = nova(...args);
      assert.equal(ran.code, 2, args.join(' '));
      assert.match(ran.stderr, /error:/);
      assert.equal(ran.stdout, '');
    }
  });

  it('gives whoever asked for JSON the error as JSON, too', () => {
    for (const args of [
      ['fix', '--test', 'true', '--json'],
      ['review', '--format', 'json'],
    ]) {
      const ran = nova(...args, '--repo', join(home, 'nowhere'));
      assert.equal(ran.code, 3);
      const { error } = JSON.parse(ran.stdout) as { error: { code: string } };
      assert.equal(error.code, 'repository.missing');
      assert.match(ran.stderr, /^repository\.missing: There is no folder /);
    }
  });

  it('gives every error code one of the documented exit codes', () => {
    const documented: readonly number[] = exitCodeWords.map(([code]) => code);
    assert.deepEqual([...documented], Object.values(exitCodes));
    for (const code of errorCodes) assert.ok(documented.includes(exitCodeOf[code]), code);
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8').replace(/\s+/g, ' ');
    const words = exitCodeWords.map((pair) => pair.join(' ')).join(' · ');
    assert.ok(readme.includes(`Exit codes: ${words}.`), `The README does not say: ${words}`);
  });

  it('ends with 5 where its data folder cannot be, and leaves nothing there', () => {
    const link = join(home, 'link');
    const file = join(home, 'file');
    const taken = join(home, 'taken');
    symlinkSync('/proc', link);
    writeFileSync(file, '');
    mkdirSync(join(taken, 'ledger.sqlite'), { recursive: true });
    const folders = [
      '/proc',
      '/proc/none',
      '/sys/none/deep',
      '/dev/none',
      '/dev/null',
      link,
      `${link}/none`,
      file,
      taken,
    ];
    for (const folder of folders) {
      for (const command of [['tasks'], ['doctor']]) {
        if (command[0] === 'doctor' && !/^\/(?:proc|sys|dev)\b/.test(folder)) continue;
        // It once tried for ever; the limit only ends such a try.
        const ran = spawnSync(fileURLToPath(new URL('../../../bin/nova', import.meta.url)), command, {
          encoding: 'utf8',
          env: { ...process.env, NOVA_HOME: folder },
          timeout: 60_000,
        });
        assert.equal(ran.status, 5, `${folder}: ${ran.stderr}`);
        assert.match(ran.stderr, /^folder\.unusable: The (?:data folder|ledger) .* NOVA_HOME/, folder);
      }
    }
    for (const folder of ['/sys/none', '/dev/none']) assert.equal(existsSync(folder), false);
    assert.equal(readdirSync(join(taken, 'ledger.sqlite')).length, 0);
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
