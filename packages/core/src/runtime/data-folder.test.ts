import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dataFolder } from './data-folder.ts';

const at = (env: Record<string, string>) => dataFolder({ env, home: '/home/p', userId: 7, temporary: '/tmp' });

describe('the data folder', () => {
  it('is NOVA_HOME, else in the XDG data folder, else in the home folder', () => {
    assert.equal(at({ NOVA_HOME: '/n', XDG_DATA_HOME: '/x' }).root, '/n');
    assert.equal(at({ XDG_DATA_HOME: '/x' }).root, '/x/nova');
    assert.equal(at({ XDG_DATA_HOME: 'relative' }).root, '/home/p/.local/share/nova');
    assert.equal(at({ NOVA_HOME: '' }).root, '/home/p/.local/share/nova');
  });

  it('is the same wherever a command is run', () => {
    for (const root of ['relative', './x', '../x', '~/x'])
      assert.throws(() => at({ NOVA_HOME: root }), { code: 'folder.unusable' }, root);
  });

  it("is none of the kernel's own folders", () => {
    for (const root of ['/proc', '/proc/1/x', '/sys/x', '/dev/x', '//dev', '/dev/shm'])
      assert.throws(() => at({ NOVA_HOME: root }), { code: 'folder.unusable' }, root);
    for (const root of ['/process', '/home/dev/x', '/dev/shm/nova']) assert.equal(at({ NOVA_HOME: root }).root, root);
  });

  it('keeps sockets short enough for the kernel, apart for each folder, however deep it lies', () => {
    const [one, two] = ['a', 'b'].map((name) => at({ NOVA_HOME: `/${'deep/'.repeat(40)}${name}` }));
    assert.ok(one && two);
    assert.ok(one.serverSocket.length <= 107 && one.hostSocket.length <= 107);
    assert.notEqual(one.run, two.run);
    assert.equal(at({ NOVA_HOME: '/n' }).run, '/n/run');
  });
});
