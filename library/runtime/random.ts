// Numbers that look random and are the same for the same seed, on every machine. Pure.

import { createHash } from "node:crypto";

/** Numbers from 0 to below 1. */
export function randomNumbers(...seed: readonly (string | number)[]): () => number {
  const bytes = createHash("sha256").update(JSON.stringify(seed)).digest();
  let [a, b, c, counter] = [0, 4, 8, 12].map((at) => bytes.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  // sfc32 by Chris Doty-Humphrey.
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
}

/** A number from 0 to below 1 that belongs to a text. */
export function hashedNumber(seed: number, text: string): number {
  const bytes = createHash("sha256").update(`${seed}\0${text}`).digest();
  return bytes.readUIntBE(0, 6) / 2 ** 48;
}
