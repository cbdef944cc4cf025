// Rows by their keys with nothing kept of them but a number for each value: some hundred bytes a row, however long it is.
// Knows nothing of tables.

const FIRST_ROWS = 1_024;

export class KeptRows {
  readonly places = new Map<string, number>();
  /** Rows of this key that nothing has met. */
  left = new Uint32Array(FIRST_ROWS);
  readonly #width: number;
  #hashes: Float64Array;
  #met = new Uint8Array(FIRST_ROWS);

  /** `width`: values of a row. */
  constructor(width: number) {
    this.#width = width;
    this.#hashes = new Float64Array(FIRST_ROWS * width);
  }

  find(key: string): number | null {
    return this.places.get(key) ?? null;
  }

  add(key: string, hashOf: (index: number) => number, left: number): number {
    const at = this.places.size;
    if (at === this.left.length) this.#grow();
    this.places.set(key, at);
    this.left[at] = left;
    for (let index = 0; index < this.#width; index += 1)
      this.#hashes[at * this.#width + index] = hashOf(index);
    return at;
  }

  hash(at: number, index: number): number {
    return this.#hashes[at * this.#width + index] ?? 0;
  }

  meet(at: number): void {
    this.#met[at] = 1;
  }

  wasMet(at: number): boolean {
    return this.#met[at] === 1;
  }

  #grow(): void {
    const rows = this.left.length * 2;
    const [left, met, hashes] = [this.left, this.#met, this.#hashes];
    this.left = new Uint32Array(rows);
    this.left.set(left);
    this.#met = new Uint8Array(rows);
    this.#met.set(met);
    this.#hashes = new Float64Array(rows * this.#width);
    this.#hashes.set(hashes);
  }
}
