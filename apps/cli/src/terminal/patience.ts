import { styleText } from 'node:util';

const patienceMs = 1_000;
const eraseLine = '\r\u001b[2K';

/** Waits for something that is usually quick, and says on a terminal what it waits for when it takes longer than a second. */
export async function patiently<Value>(what: string, waited: Promise<Value>): Promise<Value> {
  const stream = process.stderr;
  if (!stream.isTTY) return waited;
  let said = false;
  const timer = setTimeout(() => {
    said = true;
    stream.write(`${eraseLine}${styleText('dim', `${what} …`, { stream })}`);
  }, patienceMs);
  try {
    return await waited;
  } finally {
    clearTimeout(timer);
    if (said) stream.write(eraseLine);
  }
}
