// Looks names up in a listing while it streams by, if it is sorted by the bytes of its names; says so when it is not.

import type { StoredFile } from "../ports/storage.ts";

/** The listing is in another order: look each name up by itself. */
export class UnsortedError extends Error {}

export class Sorted {
  readonly #items: AsyncIterator<StoredFile>;
  readonly #nameOf: (file: StoredFile) => string;
  #head: StoredFile | null = null;
  #last: Buffer | null = null;
  #started = false;

  constructor(items: AsyncIterable<StoredFile>, nameOf: (file: StoredFile) => string) {
    this.#items = items[Symbol.asyncIterator]();
    this.#nameOf = nameOf;
  }

  async isEmpty(): Promise<boolean> {
    await this.#start();
    return this.#head === null;
  }

  /** The file of that name; names must be asked for in ascending order. */
  async find(name: string): Promise<StoredFile | null> {
    await this.#start();
    const wanted = Buffer.from(name);
    for (let head = this.#head; head !== null; head = this.#head) {
      const order = Buffer.compare(Buffer.from(this.#nameOf(head)), wanted);
      if (order === 0) return head;
      if (order > 0) return null;
      await this.#advance();
    }
    return null;
  }

  async *all(): AsyncGenerator<StoredFile> {
    await this.#start();
    for (let head = this.#head; head !== null; head = this.#head) {
      yield head;
      await this.#advance();
    }
  }

  /** Throws where the rest is not sorted. */
  async toTheEnd(): Promise<void> {
    while (this.#head !== null) await this.#advance();
  }

  async #start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    await this.#advance();
  }

  async #advance(): Promise<void> {
    const next = await this.#items.next();
    if (next.done === true) {
      this.#head = null;
      return;
    }
    const name = Buffer.from(this.#nameOf(next.value));
    if (this.#last !== null && Buffer.compare(this.#last, name) >= 0) throw new UnsortedError();
    this.#last = name;
    this.#head = next.value;
  }
}
