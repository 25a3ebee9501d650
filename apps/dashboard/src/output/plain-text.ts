import { printable } from '@nova/core';

const escapeLetter = String.fromCharCode(27);
/** Colours and cursor movements of a terminal (ECMA-48 control sequences), and operating system commands such as titles. */
const sequences = new RegExp(
  `${escapeLetter}(?:\\[[0-9;:?]*[ -/]*[@-~]|\\][^${escapeLetter}\u0007]*(?:\u0007|${escapeLetter}\\\\))`,
  'g',
);

/** What a terminal would show in the end: without colours, and of a line that was written over only its last state. */
export function plainText(raw: string): string {
  const lines = raw
    .replace(sequences, '')
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.slice(line.replace(/\r+$/, '').lastIndexOf('\r') + 1).replaceAll('\r', ''));
  return printable(lines.join('\n'));
}
