// Makes names in a folder durable: whoever asks while the disk is busy with that folder shares the sync that comes next.
// Knows no names.

import { codeOf } from "./fault.ts";
import type { FileCalls } from "./file-calls.ts";

export class FolderSyncs {
  readonly #calls: FileCalls;
  readonly #running = new Map<string, Promise<void>>();
  /** Not begun yet: they cover what was done until now. */
  readonly #next = new Map<string, Promise<void>>();

  constructor(calls: FileCalls) {
    this.#calls = calls;
  }

  async sync(folder: string): Promise<void> {
    if (this.#calls.syncs) await this.#shared(folder);
  }

  #shared(folder: string): Promise<void> {
    const next = this.#next.get(folder);
    if (next !== undefined) return next;
    const before = this.#running.get(folder) ?? Promise.resolve();
    const own = before
      .catch(() => {})
      .then(() => {
        this.#next.delete(folder);
        this.#running.set(folder, own);
        return this.#syncNow(folder);
      })
      .finally(() => {
        if (this.#running.get(folder) === own) this.#running.delete(folder);
      });
    this.#next.set(folder, own);
    return own;
  }

  /** Some file systems cannot sync a folder, and need not. */
  async #syncNow(folder: string): Promise<void> {
    const opened = await this.#calls.open(folder, "read");
    try {
      await this.#calls.sync(opened);
    } catch (error) {
      if (codeOf(error) !== "EINVAL") throw error;
    } finally {
      await this.#calls.close(opened);
    }
  }
}
