import { hash, randomUUID } from 'node:crypto';
import type { Ids } from '@nova/core';

const idLength = 8;
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Task ids follow from the submission key: 40 bits of its hash in Crockford's base 32, after `t`. */
export const systemIds: Ids = {
  event: () => randomUUID(),
  task(key) {
    const digest = BigInt(`0x${hash('sha256', key).slice(0, 16)}`);
    const letters = Array.from(
      { length: idLength },
      (_, index) => alphabet[Number((digest >> BigInt(index * 5)) & 31n)],
    );
    return `t${letters.join('')}`;
  },
};
