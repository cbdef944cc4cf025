// What belongs to a step: the paths that it may write. Knows what the step was started with, and no function that writes.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Ports } from "./read-arguments.ts";

/** Taken before anything replaces them. */
const { lstatSync, readlinkSync, realpathSync } = fs;

interface Output {
  readonly path: string;
  readonly isFolder: boolean;
}

/** Caches that packages keep beside themselves, wherever the project's packages are installed. */
const PACKAGE_CACHE = /[\\/]node_modules[\\/](?:.+[\\/])?\.cache(?:[\\/]|$)/;
const DEVICES = /^\/(?:dev|proc\/self\/fd)\//;

export class StepPlaces {
  readonly outputNames: readonly string[];
  readonly #outputs: readonly Output[];
  readonly #others: readonly string[];
  #isReal = false;
  #folders: readonly string[] = [];
  #files: readonly string[] = [];
  /** Folders that are there, and where they lead: most writes go to few of them. */
  readonly #leadsTo = new Map<string, string>();

  constructor({ outputs }: Ports, words: readonly string[]) {
    this.outputNames = Object.keys(outputs);
    this.#outputs = Object.entries(outputs).flatMap(([name, { type }]) => {
      const start = `outputs.${name}=`;
      const given = words.findLast((word) => word.startsWith(start))?.slice(start.length);
      if (given === undefined || given === "") return [];
      return [{ path: path.resolve(given), isFolder: !type.endsWith("_file") }];
    });
    const { STEPWELL_METRICS, STEPWELL_CHECKPOINT_DIR, XDG_CACHE_HOME } = process.env;
    this.#others = [
      process.cwd(),
      os.tmpdir(),
      ...[userCache(), STEPWELL_METRICS, STEPWELL_CHECKPOINT_DIR, XDG_CACHE_HOME].filter(
        (place) => place !== undefined && place !== "",
      ),
    ] as string[];
  }

  /** Null: it belongs to the step. Else where the path leads. */
  outside(given: string, followsLinks: boolean): string | null {
    const wanted = path.resolve(given);
    if (DEVICES.test(wanted)) return null;
    const real = this.#realPath(wanted, followsLinks);
    // Such a call makes, moves or removes links.
    if (!followsLinks || this.#leadsTo.size > MOST_FOLDERS) this.#leadsTo.clear();
    return this.#has(real) ? null : real;
  }

  #has(real: string): boolean {
    if (!this.#isReal) this.#findReal();
    return (
      this.#folders.some((folder) => isIn(real, folder)) ||
      // A file that is written whole is first written under a longer name beside it.
      this.#files.some((file) => real === file || real.startsWith(`${file}.`)) ||
      PACKAGE_CACHE.test(real) ||
      DEVICES.test(real)
    );
  }

  /** Only for who writes: most of the time of a start would go here. */
  #findReal(): void {
    this.#isReal = true;
    const folders = this.#outputs.filter((output) => output.isFolder).map(({ path }) => path);
    const files = this.#outputs.filter((output) => !output.isFolder).map(({ path }) => path);
    this.#folders = [...folders, ...this.#others].map((folder) => this.#realPath(folder, true));
    // Replacing a link changes the link, writing to it what it leads to.
    this.#files = files.flatMap((file) => [
      this.#realPath(file, true),
      this.#realPath(file, false),
    ]);
  }

  /** With the links of the part that exists followed; the last one only where that is what a call does. */
  #realPath(file: string, followsLinks: boolean, links = 0): string {
    const parent = path.dirname(file);
    if (parent === file) return file;
    const folder = this.#realFolder(parent, links);
    const here = path.join(folder, path.basename(file));
    const target = followsLinks && links < MOST_LINKS ? linkAt(here) : null;
    return target === null ? here : this.#realPath(path.resolve(folder, target), true, links + 1);
  }

  #realFolder(folder: string, links: number): string {
    const known = this.#leadsTo.get(folder);
    if (known !== undefined) return known;
    try {
      const real = realpathSync.native(folder);
      this.#leadsTo.set(folder, real);
      return real;
    } catch {
      return this.#realPath(folder, true, links);
    }
  }
}

function isIn(file: string, folder: string): boolean {
  return file === folder || file.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);
}

/** As many as Linux follows. */
const MOST_LINKS = 40;
const MOST_FOLDERS = 1000;

/** Null: no link, or nothing that can be looked at. */
function linkAt(file: string): string | null {
  try {
    return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(file) : null;
  } catch {
    return null;
  }
}

/** Undefined for a user whom the machine does not know and whose HOME is not set. */
function userCache(): string | undefined {
  try {
    return path.join(os.homedir(), ".cache");
  } catch {
    return undefined;
  }
}
