// Whether a text was there before: 16 bytes for each text, however long it is, so that a hundred million keys fit into memory.
// Two texts are taken for one with a chance of one in 2^64 for each pair.

import { hash } from "node:crypto";

export class SeenTexts {
  #slots = new BigUint64Array(1 << 12);
  #count = 0;

  /** True: it is new. */
  add(text: string): boolean {
    // 0 stands for an empty slot.
    const key = hash("sha1", text, "buffer").readBigUInt64LE(0) || 1n;
    if (!put(this.#slots, key)) return false;
    this.#count += 1;
    if (this.#count * 2 > this.#slots.length) this.#grow();
    return true;
  }

  #grow(): void {
    const larger = new BigUint64Array(this.#slots.length * 2);
    for (const key of this.#slots) if (key !== 0n) put(larger, key);
    this.#slots = larger;
  }
}

function put(slots: BigUint64Array, key: bigint): boolean {
  const mask = slots.length - 1;
  for (let at = Number(key & 0xffffffffn) & mask; ; at = (at + 1) & mask) {
    if (slots[at] === key) return false;
    if (slots[at] !== 0n) continue;
    slots[at] = key;
    return true;
  }
}
