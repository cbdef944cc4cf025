// Where the files of a folder storage lie on disk: refuses every link that leads out of the root, and makes the folders
// that a new file needs. Knows paths and links, no contents.

import { lstat, mkdir } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import type { StorageError } from "../ports/storage.ts";
import { fileProblem } from "./errno-problem.ts";
import { codeOf, type Faults, saying } from "./fault.ts";
import type { FileCalls } from "./file-calls.ts";
import { shareWithGroup } from "./group-folder.ts";

const GONE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

const FILE_ON_THE_WAY = "part of the path is a file here, not a folder";

export class FilePlace {
  readonly root: string;
  readonly calls: FileCalls;
  readonly #fault: Faults;

  constructor(root: string, calls: FileCalls, fault: Faults) {
    this.root = root;
    this.calls = calls;
    this.#fault = fault;
  }

  /** The entry at `path` with all links followed; null when there is none. */
  async existing(path: string): Promise<string | null> {
    const root = await this.realRoot();
    const real = await this.#real(join(this.root, path), path);
    if (real !== null) this.#holdInside(root, real, path);
    return real;
  }

  /** Where a file of that path is to be written. Its folder is there, and inside of the root. */
  async target(path: string): Promise<string> {
    const root = await this.realRoot();
    const at = join(this.root, path);
    const folder = await this.#folder(root, dirname(at), path);
    return join(folder, at.slice(dirname(at).length + 1));
  }

  /** The root without links in it; `no_such_place` when there is none. */
  async realRoot(): Promise<string> {
    const real = await this.#real(this.root, "");
    if (real !== null) return real;
    const says = "there is no such folder. Make it, or correct the path of the datastore";
    throw this.#fault("no_such_place", "", says);
  }

  /** An error of the file system as a problem of this storage. */
  problem(error: unknown, path: string, doing: string): StorageError {
    const code = codeOf(error);
    const says = code === "ENOTDIR" ? FILE_ON_THE_WAY : `cannot ${doing}: ${saying(error)}`;
    return this.#fault(fileProblem(code), path, says, { cause: error });
  }

  async #folder(root: string, folder: string, path: string): Promise<string> {
    const real = await this.#real(folder, path);
    if (real !== null) {
      this.#holdInside(root, real, path);
      return real;
    }
    if (await isLink(folder))
      throw this.#fault("bad_path", path, "a folder on the way is a link to nothing");
    const made = join(
      await this.#folder(root, dirname(folder), path),
      folder.slice(dirname(folder).length + 1),
    );
    try {
      await mkdir(made, { recursive: true });
      await shareWithGroup(made);
    } catch (error) {
      if (codeOf(error) === "EEXIST" || codeOf(error) === "ENOTDIR")
        throw this.#fault("bad_path", path, FILE_ON_THE_WAY);
      throw this.problem(error, path, "make its folder");
    }
    return made;
  }

  async #real(at: string, path: string): Promise<string | null> {
    try {
      return await this.calls.realpath(at);
    } catch (error) {
      if (GONE.has(codeOf(error))) return null;
      throw this.problem(error, path, "look it up");
    }
  }

  #holdInside(root: string, real: string, path: string): void {
    if (real === root || real.startsWith(root === sep ? sep : root + sep)) return;
    const says = `it lies behind a link that points out of ${this.root}, and is not followed`;
    throw this.#fault("bad_path", path, says);
  }
}

async function isLink(at: string): Promise<boolean> {
  try {
    return (await lstat(at)).isSymbolicLink();
  } catch {
    return false;
  }
}
