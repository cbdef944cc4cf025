// How many different values there are and which are frequent, in bounded memory: exact while there are few of them, then
// HyperLogLog (0.8 % off, mostly) and Misra-Gries (no frequent value is missed; counts are lower bounds). Pure.

import { hashText } from "./hash-text.ts";

const REGISTER_BITS = 14;
const REGISTERS = 1 << REGISTER_BITS;
/** Of 53 bits, what the choice of the register leaves. */
const RANK_BITS = 53 - REGISTER_BITS;
const MOST_LETTERS = 64;

export class ValueCounts {
  readonly #most: number;
  readonly #counts = new Map<string, number>();
  #registers: Uint8Array | null = null;
  /** What each count may be short of. */
  #missed = 0;

  /** `most`: values that are told apart. */
  constructor(most: number) {
    this.#most = most;
  }

  add(text: string): void {
    const key = keyOf(text);
    const count = this.#counts.get(key);
    if (this.#registers !== null) this.#register(key);
    if (count !== undefined) {
      this.#counts.set(key, count + 1);
      return;
    }
    if (this.#counts.size < this.#most) {
      this.#counts.set(key, 1);
      return;
    }
    this.#overflow(key);
  }

  get isExact(): boolean {
    return this.#registers === null;
  }

  distinct(): number {
    if (this.#registers === null) return this.#counts.size;
    let sum = 0;
    let zeros = 0;
    for (const register of this.#registers) {
      sum += 2 ** -register;
      if (register === 0) zeros += 1;
    }
    const raw = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum;
    const isSmall = raw <= 2.5 * REGISTERS && zeros > 0;
    return Math.round(isSmall ? REGISTERS * Math.log(REGISTERS / zeros) : raw);
  }

  /** The most frequent first; values that came once are no answer unless there are few. */
  top(count: number): readonly { readonly value: string; readonly count: number }[] {
    return [...this.#counts]
      .filter(([, times]) => this.isExact || times > this.#missed)
      .sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))
      .slice(0, count)
      .map(([value, times]) => ({ value, count: times }));
  }

  /** Counts of all values; null where they are not all known. */
  all(): ReadonlyMap<string, number> | null {
    return this.isExact ? this.#counts : null;
  }

  #overflow(key: string): void {
    if (this.#registers === null) {
      this.#registers = new Uint8Array(REGISTERS);
      for (const known of this.#counts.keys()) this.#register(known);
      this.#register(key);
    }
    this.#missed += 1;
    for (const [known, times] of this.#counts)
      if (times === 1) this.#counts.delete(known);
      else this.#counts.set(known, times - 1);
  }

  #register(key: string): void {
    const hash = hashText(key);
    const index = hash % REGISTERS;
    const rest = Math.floor(hash / REGISTERS);
    const rank = rest === 0 ? RANK_BITS + 1 : RANK_BITS - Math.floor(Math.log2(rest));
    const registers = this.#registers as Uint8Array;
    if (rank > (registers[index] ?? 0)) registers[index] = rank;
  }
}

/** Long texts are told apart by what they begin with and by all of it. */
function keyOf(text: string): string {
  if (text.length <= MOST_LETTERS) return text;
  return `${text.slice(0, MOST_LETTERS - 16)}… (${hashText(text).toString(36)})`;
}
