import {
  type BundleLimits,
  checkPackSize,
  defaultBundleLimits,
  type ParsedBundle,
  parseBundle,
  rejected,
} from './bundle-rules.ts';
import { changesBetween, pathsOf } from './commits.ts';
import { asNovaError, copyObjects, GitFailure, type GitPlace, gitLine, runGit } from './git.ts';
import {
  admitLease,
  checkLease,
  lockMirror,
  type Mirror,
  type MirrorFolder,
  mirrorScratch,
  moveRefs,
  openMirror,
  readRef,
  requireCommit,
  requireTask,
  taskRef,
} from './mirror.ts';
import { scratchPlace } from './scratch.ts';
import { checkLink, checkRawTree } from './tree-rules.ts';

/** Where bundles come from: content by its hash. */
export interface BundleSource {
  get(hash: string): Promise<Uint8Array>;
}

export interface ImportRequest {
  task: string;
  mirror: string;
  base: string;
  bundle: string;
  leaseToken: number;
}

const chainLimit = 20;
const diffBytes = 256 * 1024;

/**
 * Takes the commit of a bundle into the mirror, after everything about it was checked in a repository of its own. A
 * refused or interrupted import leaves the mirror as it was; repeating a finished one is a no-op.
 */
export async function importBundle(
  folder: MirrorFolder,
  blobs: BundleSource,
  input: ImportRequest,
  signal: AbortSignal,
  limits: BundleLimits = defaultBundleLimits,
): Promise<{ commit: string; paths: string[]; diff: string }> {
  requireTask(input.task);
  requireCommit(input.base);
  const mirror = await openMirror(folder, input.mirror);
  await checkLease(mirror, input.task, input.leaseToken);
  const bytes = await blobs.get(input.bundle);
  await using quarantine = await mirrorScratch(folder, mirror);
  const place = scratchPlace(quarantine, [mirror.objects]);
  const bundle = parseBundle(bytes, input.base.length, limits);
  checkPackSize(bundle.pack, input.base.length, limits);
  try {
    await unpack(place, bundle, signal);
    await checkChain(place, bundle.tip, input.base, signal);
    await checkContent(place, bundle.tip, input.base, signal);
  } catch (error) {
    if (error instanceof GitFailure && !/no space left/i.test(error.message)) {
      throw rejected(`git refuses it (${error.stderr.trim().split('\n')[0] ?? ''})`);
    }
    throw asNovaError(error, 'bundle.rejected', 'The bundle could not be checked; the mirror is unchanged.');
  }
  try {
    await publish(mirror, place, input, bundle.tip, signal);
    const changes = await changesBetween(mirror.place, input.base, bundle.tip, signal);
    return {
      commit: bundle.tip,
      paths: pathsOf(changes),
      diff: await unifiedDiff(mirror.place, input.base, bundle.tip, signal),
    };
  } catch (error) {
    throw asNovaError(error, 'internal', `${bundle.tip} could not be taken into the mirror; call again.`);
  }
}

async function unpack(place: GitPlace, bundle: ParsedBundle, signal: AbortSignal): Promise<void> {
  await runGit(place, ['index-pack', '--stdin', '--fix-thin', '--strict'], { stdin: bundle.pack, signal });
  const type = await gitLine(place, ['cat-file', '-t', bundle.tip], { signal });
  if (type !== 'commit') throw rejected(`its tip is a ${type}, not a commit`);
}

async function checkChain(place: GitPlace, tip: string, base: string, signal: AbortSignal): Promise<void> {
  if (tip === base) throw rejected('it changes nothing: its tip is the base');
  const args = ['rev-list', '--first-parent', '--parents', `--max-count=${chainLimit + 1}`, tip];
  const lines = (await gitLine(place, args, { signal })).split('\n').map((line) => line.split(' '));
  for (const [commit, ...parents] of lines.slice(0, chainLimit)) {
    if (parents.length !== 1) {
      throw rejected(
        `its commit ${commit ?? ''} has ${parents.length} parents; a change is a plain line of commits on its base`,
      );
    }
    if (parents[0] === base) return;
  }
  throw rejected(`its base is not ${base}, or lies more than ${chainLimit} commits back`);
}

async function checkContent(place: GitPlace, tip: string, base: string, signal: AbortSignal): Promise<void> {
  // Reading every object that is new also shows that none is missing.
  const listing = await gitLine(place, ['rev-list', '--objects', '--no-object-names', tip, `^${base}`], { signal });
  const check = ['cat-file', '--batch-check=%(objectname) %(objecttype)'];
  const types = await gitLine(place, check, { stdin: `${listing}\n`, signal });
  const trees = types.split('\n').flatMap((line) => (line.endsWith(' tree') ? (line.split(' ')[0] ?? []) : []));
  for (const tree of await batch(place, trees, signal)) checkRawTree(tree, base.length / 2);
  const links = (await changesBetween(place, base, tip, signal)).filter((change) => change.newMode === '120000');
  const targets = await batch(
    place,
    links.map((link) => link.newId),
    signal,
  );
  for (const [index, link] of links.entries()) {
    checkLink(link.path.toString('utf8'), (targets[index] ?? '').toString('utf8'));
  }
}

/** The content of objects, in the order asked for. */
async function batch(place: GitPlace, ids: readonly string[], signal: AbortSignal): Promise<Buffer[]> {
  if (ids.length === 0) return [];
  const { stdout } = await runGit(place, ['cat-file', '--batch'], { stdin: `${ids.join('\n')}\n`, signal });
  const contents: Buffer[] = [];
  for (let at = 0; at < stdout.length; ) {
    const lineEnd = stdout.indexOf(0x0a, at);
    const size = Number(stdout.toString('latin1', at, lineEnd).split(' ')[2]);
    if (lineEnd === -1 || !Number.isInteger(size)) throw rejected('an object it needs is missing');
    contents.push(stdout.subarray(lineEnd + 1, lineEnd + 1 + size));
    at = lineEnd + 1 + size + 1;
  }
  return contents;
}

async function publish(
  mirror: Mirror,
  place: GitPlace,
  input: ImportRequest,
  tip: string,
  signal: AbortSignal,
): Promise<void> {
  using _lock = await lockMirror(mirror, signal);
  await admitLease(mirror, input.task, input.leaseToken);
  await copyObjects(place, mirror.place, [tip, `^${input.base}`], { signal });
  const ref = taskRef(input.task, 'change');
  const old = await readRef(mirror.place, ref, signal);
  if (old !== tip) await moveRefs(mirror.place, [{ ref, to: tip, old }], 'imported', signal);
}

async function unifiedDiff(place: GitPlace, base: string, tip: string, signal: AbortSignal): Promise<string> {
  const args = [
    'diff',
    '--no-ext-diff',
    '--no-textconv',
    '--no-renames',
    '--no-color',
    '--src-prefix=a/',
    '--dst-prefix=b/',
  ];
  const { stdout, stdoutBytes } = await runGit(place, [...args, base, tip], { signal, keepBytes: diffBytes });
  if (stdoutBytes <= diffBytes) return stdout.toString('utf8');
  const cut = stdout.toString('utf8', 0, stdout.lastIndexOf(0x0a) + 1);
  return `${cut}… cut here: the diff has ${stdoutBytes} bytes; see all of it with git diff ${base} ${tip}\n`;
}
