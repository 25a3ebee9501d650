import { rejected } from './bundle-rules.ts';

const allowedModes = new Set(['100644', '100755', '120000', '40000']);

// Characters that some file systems leave out of a name.
const invisible = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff\u00ad]/g;

/** True when some file system would take the name for git's own folder. */
export function meansGitFolder(name: string): boolean {
  return name.split(/[\\/]/).some((part) => {
    const plain = part
      .normalize('NFKC')
      .replace(invisible, '')
      .toLowerCase()
      .replace(/:.*$/s, '')
      .replace(/[. ]+$/, '');
    return plain === '.git' || /^git~\d+$/.test(plain);
  });
}

/**
 * Reads a tree object as it is stored, because git's own listing tidies odd modes up, and refuses what a change must not
 * bring: submodules, odd modes, git's own folder in any spelling, names that lead out of the tree.
 */
export function checkRawTree(tree: Buffer, idBytes: number): void {
  let at = 0;
  while (at < tree.length) {
    const space = tree.indexOf(0x20, at);
    const end = tree.indexOf(0, space);
    if (space === -1 || end === -1 || end + idBytes >= tree.length)
      throw rejected('it has a tree that is not readable');
    const mode = tree.toString('latin1', at, space);
    const name = tree.toString('utf8', space + 1, end);
    checkEntry(mode, name);
    at = end + 1 + idBytes;
  }
}

function checkEntry(mode: string, name: string): void {
  const shown = JSON.stringify(name);
  if (mode === '160000') throw rejected(`${shown} is a submodule`);
  if (!allowedModes.has(mode)) throw rejected(`${shown} has the mode ${mode}`);
  if (name === '' || name === '.' || name === '..' || name.includes('/')) {
    throw rejected(`${shown} is no name of a file inside the tree`);
  }
  if (meansGitFolder(name)) throw rejected(`${shown} would be git's own folder`);
  if (name.normalize('NFKC').replace(invisible, '').toLowerCase() === '.gitmodules') {
    throw rejected('it adds submodules (.gitmodules)');
  }
}

/**
 * Refuses a symbolic link that leaves the tree. `..` is allowed at the start only: behind a name it could climb from
 * wherever another link led.
 */
export function checkLink(path: string, target: string): void {
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const climbs = parts.findIndex((part) => part !== '..');
  const up = climbs === -1 ? parts.length : climbs;
  const depth = path.split('/').length - 1;
  const leaves = target === '' || target.startsWith('/') || up > depth || parts.slice(up).includes('..');
  if (leaves)
    throw rejected(`the symbolic link ${JSON.stringify(path)} leads out of the tree (${JSON.stringify(target)})`);
  if (parts.some(meansGitFolder))
    throw rejected(`the symbolic link ${JSON.stringify(path)} leads into git's own folder`);
}
