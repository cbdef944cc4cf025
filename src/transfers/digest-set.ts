// A set of 128-bit digests in a few bytes each: a million arrived files must not cost a million strings.

import { hash } from "node:crypto";

export interface DigestSet {
  readonly size: number;
  /** False: it was there already. */
  add(text: string): boolean;
  has(text: string): boolean;
  /** As `add`, by what `digestOf` gave. */
  addDigest(hex: string): boolean;
}

const WORDS = 4;

/** 32 hex digits. */
export function digestOf(text: string): string {
  return hash("sha256", text).slice(0, WORDS * 8);
}

export function createDigestSet(): DigestSet {
  let slots = 1 << 10;
  let table = new Uint32Array(slots * WORDS);
  let size = 0;

  /** Where it is, or the free place where it belongs. */
  function find(words: Uint32Array): { readonly at: number; readonly there: boolean } {
    for (let slot = (words[0] as number) % slots; ; slot = (slot + 1) % slots) {
      const at = slot * WORDS;
      const row = table.subarray(at, at + WORDS);
      if (row.every((word) => word === 0)) return { at, there: false };
      if (row.every((word, index) => word === words[index])) return { at, there: true };
    }
  }

  function grow(): void {
    const old = table;
    slots *= 2;
    table = new Uint32Array(slots * WORDS);
    for (let at = 0; at < old.length; at += WORDS) {
      const row = old.subarray(at, at + WORDS);
      if (row.some((word) => word !== 0)) table.set(row, find(row).at);
    }
  }

  function addWords(words: Uint32Array): boolean {
    const place = find(words);
    if (place.there) return false;
    table.set(words, place.at);
    size += 1;
    if (size * 2 > slots) grow();
    return true;
  }

  return {
    get size() {
      return size;
    },
    add: (text) => addWords(wordsOf(digestOf(text))),
    addDigest: (hex) => addWords(wordsOf(hex)),
    has: (text) => find(wordsOf(digestOf(text))).there,
  };
}

function wordsOf(hex: string): Uint32Array {
  const words = new Uint32Array(WORDS);
  for (let index = 0; index < WORDS; index += 1)
    words[index] = Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16);
  return words;
}
