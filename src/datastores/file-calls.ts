// Calls of the operating system for files. It answers most of them from memory at once, and a turn through another thread
// costs many times the call; so they are made directly as long as they are quick. A slow disk or a network is asked from
// other threads, so that nobody waits for it. Knows no paths of storages.

import fs from "node:fs";
import { promisify } from "node:util";

/** Longer than this in the mean, and others would wait too long. */
const QUICK_MS = 1;
/** How many calls the mean is of, about. */
const MEAN_OF = 16;
/** Calls from other threads before it is tried again. */
const AFTER_SLOW = 1000;
/** Of so many quick calls one lets the rest of the program go on. */
const IN_A_ROW = 64;
/** More than this takes its time wherever it lies. */
const SMALL_BYTES = 64 * 1024;

/** Whether the next call may be made directly. `now`: a clock in milliseconds. */
export class Quickness {
  readonly #now: () => number;
  #meanMs = 0;
  #slowLeft = 0;
  #inARow = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  async call<T>(direct: () => T, elsewhere: () => Promise<T>): Promise<T> {
    if (this.#slowLeft > 0) {
      this.#slowLeft -= 1;
      return elsewhere();
    }
    this.#inARow += 1;
    if (this.#inARow > IN_A_ROW) {
      this.#inARow = 0;
      return elsewhere();
    }
    const began = this.#now();
    try {
      return direct();
    } finally {
      this.#took(this.#now() - began);
    }
  }

  #took(ms: number): void {
    this.#meanMs += (ms - this.#meanMs) / MEAN_OF;
    if (this.#meanMs <= QUICK_MS) return;
    this.#meanMs = 0;
    this.#slowLeft = AFTER_SLOW;
  }
}

/** A pipe that took the place of a file keeps nobody waiting. */
const READ = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK;
const FLAGS = { read: READ, make: "wx", change: "r+" } as const;

const openLater = promisify(fs.open);
const closeLater = promisify(fs.close);
const statOpenLater = promisify(fs.fstat);
const syncLater = promisify(fs.fsync);
const syncDataLater = promisify(fs.fdatasync);

function readLater(file: number, into: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(file, into, 0, into.byteLength, position, (error, count) =>
      error === null ? resolve(count) : reject(error),
    );
  });
}

function writeLater(file: number, bytes: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(file, bytes, 0, bytes.byteLength, position, (error, count) =>
      error === null ? resolve(count) : reject(error),
    );
  });
}

/** One for each storage: two may lie on different disks. */
export class FileCalls {
  readonly #quickness = new Quickness(() => performance.now());
  /** False: nothing waits for the disk. */
  readonly syncs: boolean;

  constructor(syncs = true) {
    this.syncs = syncs;
  }

  stat(at: string): Promise<fs.Stats> {
    return this.#quickness.call(
      () => fs.statSync(at),
      () => fs.promises.stat(at),
    );
  }

  realpath(at: string): Promise<string> {
    return this.#quickness.call(
      () => fs.realpathSync.native(at),
      () => fs.promises.realpath(at),
    );
  }

  open(at: string, what: keyof typeof FLAGS): Promise<number> {
    const flags = FLAGS[what];
    return this.#quickness.call(
      () => fs.openSync(at, flags),
      () => openLater(at, flags, 0o666),
    );
  }

  statOpen(file: number): Promise<fs.Stats> {
    return this.#quickness.call(
      () => fs.fstatSync(file),
      () => statOpenLater(file),
    );
  }

  async read(file: number, into: Buffer, position: number): Promise<number> {
    if (into.byteLength > SMALL_BYTES) return readLater(file, into, position);
    return this.#quickness.call(
      () => fs.readSync(file, into, 0, into.byteLength, position),
      () => readLater(file, into, position),
    );
  }

  /** All of it. */
  async write(file: number, bytes: Uint8Array, position: number): Promise<void> {
    const isSmall = bytes.byteLength <= SMALL_BYTES;
    for (let done = 0; done < bytes.byteLength; ) {
      const rest = bytes.subarray(done);
      const at = position + done;
      done += isSmall
        ? await this.#quickness.call(
            () => fs.writeSync(file, rest, 0, rest.byteLength, at),
            () => writeLater(file, rest, at),
          )
        : await writeLater(file, rest, at);
    }
  }

  /** To a name that is free. */
  async copy(from: string, to: string, sizeBytes: number): Promise<void> {
    const how = fs.constants.COPYFILE_EXCL | fs.constants.COPYFILE_FICLONE;
    if (sizeBytes > SMALL_BYTES) return fs.promises.copyFile(from, to, how);
    return this.#quickness.call(
      () => fs.copyFileSync(from, to, how),
      () => fs.promises.copyFile(from, to, how),
    );
  }

  makeFolder(at: string): Promise<void> {
    return this.#quickness.call(
      () => fs.mkdirSync(at),
      () => fs.promises.mkdir(at),
    );
  }

  rename(from: string, to: string): Promise<void> {
    return this.#quickness.call(
      () => fs.renameSync(from, to),
      () => fs.promises.rename(from, to),
    );
  }

  close(file: number): Promise<void> {
    return this.#quickness.call(
      () => fs.closeSync(file),
      () => closeLater(file),
    );
  }

  /** Waits for the disk. */
  async syncData(file: number): Promise<void> {
    if (this.syncs) await syncDataLater(file);
  }

  /** Waits for the disk. */
  sync(file: number): Promise<void> {
    return syncLater(file);
  }
}
