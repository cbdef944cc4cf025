// Makes names in a folder durable, or all of a file system: whoever asks while the disk is busy with that shares the sync
// that comes next. Knows no names.

import { codeOf } from "./fault.ts";
import type { FileCalls } from "./file-calls.ts";
import { FileSystemSync } from "./sync-file-system.ts";

export class FolderSyncs {
  readonly #calls: FileCalls;
  readonly #fileSystem = new FileSystemSync();
  readonly #running = new Map<string, Promise<void>>();
  /** Not begun yet: they cover what was done until now. */
  readonly #next = new Map<string, Promise<void>>();

  constructor(calls: FileCalls) {
    this.#calls = calls;
  }

  async sync(folder: string): Promise<void> {
    if (this.#calls.syncs) await this.#shared(folder, () => this.#syncNow(folder));
  }

  isSyncAllCheap(): Promise<boolean> {
    return this.#fileSystem.isCheap();
  }

  /** All that was written to the file system of that number, on which the folder lies. */
  async syncAll(device: number, folder: string): Promise<void> {
    await this.#shared(`device ${device}`, () => this.#fileSystem.sync(folder));
  }

  close(): void {
    this.#fileSystem.close();
  }

  #shared(what: string, syncNow: () => Promise<void>): Promise<void> {
    const next = this.#next.get(what);
    if (next !== undefined) return next;
    const before = this.#running.get(what) ?? Promise.resolve();
    const own = before
      .catch(() => {})
      .then(() => {
        this.#next.delete(what);
        this.#running.set(what, own);
        return syncNow();
      })
      .finally(() => {
        if (this.#running.get(what) === own) this.#running.delete(what);
      });
    this.#next.set(what, own);
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
