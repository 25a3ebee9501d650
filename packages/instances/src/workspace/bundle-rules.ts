import { inflateSync } from 'node:zlib';
import { NovaError } from '@nova/core';

/** What a bundle may hold at most. */
export interface BundleLimits {
  readonly bytes: number;
  readonly objects: number;
  /** One object, unpacked. */
  readonly objectBytes: number;
  /** All objects, unpacked. */
  readonly unpackedBytes: number;
}

export const defaultBundleLimits: BundleLimits = {
  bytes: 128 * 1024 * 1024,
  objects: 50_000,
  objectBytes: 64 * 1024 * 1024,
  unpackedBytes: 512 * 1024 * 1024,
};

/** The refusal of a bundle, with its reason. */
export function rejected(reason: string): NovaError {
  return new NovaError(
    'bundle.rejected',
    `The work that left the sandbox was refused: ${reason}. The mirror is unchanged. Start the attempt again; if it repeats, look at what ran in the sandbox.`,
    { details: { reason } },
  );
}

export interface ParsedBundle {
  readonly tip: string;
  readonly pack: Buffer;
}

/** Reads a bundle's header as strictly as possible: one ref, no capability but the hash in use, then a pack. */
export function parseBundle(bytes: Uint8Array, idLength: number, limits: BundleLimits): ParsedBundle {
  if (bytes.length > limits.bytes) throw rejected(`it has ${bytes.length} bytes, more than ${limits.bytes}`);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.subarray(0, 64 * 1024).indexOf('\n\n');
  if (end === -1) throw rejected('it is no git bundle');
  const [signature, ...lines] = buffer.toString('utf8', 0, end).split('\n');
  if (signature !== '# v2 git bundle' && signature !== '# v3 git bundle') throw rejected('it is no git bundle');
  const id = `[0-9a-f]{${idLength}}`;
  const tips: string[] = [];
  for (const line of lines) {
    if (new RegExp(`^-${id}( .*)?$`).test(line)) continue;
    if (line === `@object-format=${idLength === 64 ? 'sha256' : 'sha1'}` && signature === '# v3 git bundle') continue;
    const tip = new RegExp(`^(${id}) [^ ]+$`).exec(line)?.[1];
    if (tip === undefined) throw rejected(`its header has a line that does not belong there (${line.slice(0, 80)})`);
    tips.push(tip);
  }
  const [tip] = tips;
  if (tip === undefined || tips.length > 1) throw rejected(`it has ${tips.length} tips instead of one`);
  return { tip, pack: buffer.subarray(end + 2) };
}

/**
 * Walks a pack as Documentation/gitformat-pack describes it and refuses one that would unpack to more than the limits,
 * before git allocates a byte for it.
 */
export function checkPackSize(pack: Buffer, idLength: number, limits: BundleLimits): void {
  if (pack.length < 12 + idLength / 2 || pack.toString('latin1', 0, 4) !== 'PACK') throw rejected('it holds no pack');
  const version = pack.readUInt32BE(4);
  const count = pack.readUInt32BE(8);
  if (version !== 2 && version !== 3) throw rejected(`its pack has the unknown version ${version}`);
  if (count > limits.objects) throw rejected(`it has ${count} objects, more than ${limits.objects}`);
  let at = 12;
  let total = 0;
  for (let index = 0; index < count; index += 1) {
    const header = objectHeader(pack, at, idLength);
    if (header.size > limits.objectBytes) throw rejected(`an object unpacks to more than ${limits.objectBytes} bytes`);
    const { data, used } = inflate(pack.subarray(header.dataAt), header.size);
    const size = header.delta ? Math.max(header.size, deltaResultSize(data)) : header.size;
    if (size > limits.objectBytes) throw rejected(`an object unpacks to more than ${limits.objectBytes} bytes`);
    total += size;
    if (total > limits.unpackedBytes) throw rejected(`it unpacks to more than ${limits.unpackedBytes} bytes`);
    at = header.dataAt + used;
  }
  if (at !== pack.length - idLength / 2) throw rejected('its pack is cut off or has something behind its end');
}

function objectHeader(pack: Buffer, start: number, idLength: number): { size: number; delta: boolean; dataAt: number } {
  let at = start;
  let byte = byteAt(pack, at++);
  const type = (byte >> 4) & 7;
  let size = byte & 15;
  for (let factor = 16; byte & 128; factor *= 128) {
    byte = byteAt(pack, at++);
    size += (byte & 127) * factor;
    if (!Number.isSafeInteger(size)) throw rejected('its pack is not readable');
  }
  if (type === 6) while (byteAt(pack, at++) & 128);
  else if (type === 7) at += idLength / 2;
  else if (type < 1 || type > 4) throw rejected(`its pack has an object of the unknown type ${type}`);
  return { size, delta: type === 6 || type === 7, dataAt: at };
}

function byteAt(pack: Buffer, at: number): number {
  const byte = pack[at];
  if (byte === undefined) throw rejected('its pack is cut off');
  return byte;
}

function inflate(bytes: Buffer, size: number): { data: Buffer; used: number } {
  try {
    const options = { maxOutputLength: Math.max(size, 1), info: true } as const;
    const { buffer, engine } = inflateSync(bytes, options) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    if (buffer.length !== size) throw rejected('an object has another size than its header says');
    return { data: buffer, used: engine.bytesWritten };
  } catch (error) {
    if (error instanceof NovaError) throw error;
    throw rejected('its pack is not readable');
  }
}

function deltaResultSize(delta: Buffer): number {
  let at = 0;
  const size = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = byteAt(delta, at++);
      value += (byte & 127) * factor;
      if (!(byte & 128)) return value;
      if (!Number.isSafeInteger(value)) throw rejected('its pack is not readable');
    }
  };
  size();
  return size();
}
