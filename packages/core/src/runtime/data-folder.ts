import { NovaError } from '../errors/nova-error.ts';

/** Names inside the data folder; pure strings, so that every part and every front end agrees on them. */
export interface DataFolder {
  readonly root: string;
  readonly ledger: string;
  readonly blobs: string;
  readonly mirrors: string;
  readonly instances: string;
  readonly environments: string;
  readonly logs: string;
  /** What a request over TCP must know; readable by its owner only. */
  readonly token: string;
  /** Unix sockets and pid files; short, because a socket's path may have at most 107 bytes. */
  readonly run: string;
  readonly serverSocket: string;
  readonly hostSocket: string;
  /** Where a server that listens on TCP says so, while it runs. */
  readonly serverInfo: string;
}

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly userId: number;
  readonly temporary: string;
}

/** True below the folders in which the kernel shows files of its own making: nothing can be kept there. */
export function isKernelFolder(path: string): boolean {
  return /^\/+(?:proc|sys|dev)(?:\/|$)/.test(path) && !/^\/+dev\/+shm\/+./.test(path);
}

/**
 * `NOVA_HOME`, else the XDG data folder, else `~/.local/share/nova`. Throws `folder.unusable` when that is relative or a
 * folder of the kernel's.
 */
export function dataFolder(surroundings: Surroundings): DataFolder {
  const { env, home } = surroundings;
  const shared = env['XDG_DATA_HOME'] ?? '';
  // The XDG specification: a relative path there is to be ignored.
  const root = env['NOVA_HOME'] || `${shared.startsWith('/') ? shared : `${home}/.local/share`}/nova`;
  if (!root.startsWith('/')) {
    throw new NovaError(
      'folder.unusable',
      `NOVA_HOME is ${root}, which is another folder wherever a command is run. Nothing was made. Name it from the root: NOVA_HOME=/…`,
    );
  }
  if (isKernelFolder(root)) {
    throw new NovaError(
      'folder.unusable',
      `The data folder ${root} cannot be used: the kernel shows files of its own there and keeps none. Nothing was made. Name a folder of yours on a disk in NOVA_HOME.`,
    );
  }
  const inside = `${root}/run`;
  const run =
    inside.length < 60 ? inside : `${surroundings.temporary}/nova-${surroundings.userId}-${fingerprint(root)}`;
  return {
    root,
    ledger: `${root}/ledger.sqlite`,
    blobs: `${root}/blobs`,
    mirrors: `${root}/mirrors`,
    instances: `${root}/instances`,
    environments: `${root}/environments`,
    logs: `${root}/logs`,
    token: `${root}/token`,
    run,
    serverSocket: `${run}/server.sock`,
    hostSocket: `${run}/host.sock`,
    serverInfo: `${run}/server.json`,
  };
}

/** FNV-1a, 64 bit: names a folder; protects nothing. */
function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return hash.toString(16).padStart(16, '0');
}
