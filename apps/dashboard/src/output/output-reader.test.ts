import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NovaError } from '@nova/core';
import { mostBytes, OutputReader, windowBytes } from './output-reader.ts';

/** An output that is `pieces.length` requests old when it has ended. */
function printing(...states: readonly ({ readonly text: string; readonly ended: boolean } | NovaError)[]) {
  const asked: number[] = [];
  return {
    asked,
    output: async (_task: string, _call: string, { offset = 0, length = 0 } = {}) => {
      const state = states[Math.min(asked.length, states.length - 1)];
      asked.push(offset);
      if (state === undefined || state instanceof NovaError) throw state;
      const bytes = new TextEncoder().encode(state.text);
      return { bytes: bytes.subarray(offset, offset + length), size: bytes.length, ended: state.ended };
    },
  };
}

async function read(client: ReturnType<typeof printing>) {
  const reader = new OutputReader(client, 't', 'c');
  await reader.read(new AbortController().signal);
  return reader.snapshot.get();
}

describe('the reader of a call that prints', () => {
  it('asks by offset for what is new, and joins letters that were cut', async () => {
    const client = printing({ text: 'one\n', ended: false }, { text: 'one\ntwö\n', ended: true });
    const { text, ended, skipped } = await read(client);
    assert.deepEqual({ text, ended, skipped }, { text: 'one\ntwö\n', ended: true, skipped: 0 });
    assert.deepEqual(client.asked, [0, 4]);
  });

  it('waits for a server that went away', async () => {
    const away = new NovaError('mesh.unreachable', 'gone');
    const client = printing({ text: 'one\n', ended: false }, away, { text: 'one\ntwo\n', ended: true });
    assert.equal((await read(client)).text, 'one\ntwo\n');
  });

  it('says what the server refuses, and stops', async () => {
    const { error } = await read(printing(new NovaError('task.unknown', 'no such call')));
    assert.equal(error?.code, 'task.unknown');
  });

  it('holds a window of an endless output, and says what it left out', async () => {
    const text = `${'x'.repeat(3 * windowBytes)}the end`;
    const read_ = await read(printing({ text, ended: true }));
    assert.ok(read_.text.endsWith('the end'));
    assert.ok(read_.text.length <= windowBytes);
    assert.equal(read_.skipped + read_.text.length, text.length);
  });

  it('brings the parts before, letter by letter, until it holds as much as it may', async () => {
    // Three bytes a letter, so that parts begin and end inside of one.
    const text = `the beginning ${'€'.repeat(windowBytes)} the end`;
    const size = new TextEncoder().encode(text).length;
    const reader = new OutputReader(printing({ text, ended: true }), 't', 'c');
    await reader.read(new AbortController().signal);
    assert.ok(reader.snapshot.get().hasBefore);
    for (let part = 2; reader.snapshot.get().hasBefore; part += 1) {
      await reader.readBefore();
      const shown = reader.snapshot.get();
      assert.equal(shown.skipped, Math.max(0, size - part * windowBytes));
      assert.ok(text.endsWith(shown.text) && !shown.text.includes('\ufffd'));
    }
    assert.equal(reader.snapshot.get().text, text);

    const endless = new OutputReader(printing({ text: 'x'.repeat(2 * mostBytes), ended: true }), 't', 'c');
    await endless.read(new AbortController().signal);
    while (endless.snapshot.get().hasBefore) await endless.readBefore();
    await endless.readBefore();
    const { text: held, skipped } = endless.snapshot.get();
    assert.deepEqual([held.length, skipped], [mostBytes, mostBytes]);
  });

  it('says when the part before cannot be had, and keeps what it shows', async () => {
    const text = 'x'.repeat(3 * windowBytes);
    const client = printing({ text, ended: true }, { text, ended: true }, new NovaError('mesh.unreachable', 'gone'));
    const reader = new OutputReader(client, 't', 'c');
    await reader.read(new AbortController().signal);
    await reader.readBefore();
    const { error, text: kept, hasBefore } = reader.snapshot.get();
    assert.deepEqual([error?.code, kept.length, hasBefore], ['mesh.unreachable', windowBytes, true]);
  });

  it('begins anew when less was kept than was printed', async () => {
    const client = printing({ text: 'a much longer output', ended: false }, { text: 'head … tail', ended: true });
    const kept = await read(client);
    assert.equal(kept.text, 'head … tail');
  });
});
