// The folder that an archive is unpacked into, and what may land there. Every name is checked here, for every format; knows
// none of them.

import fs from "node:fs";
import path from "node:path";
import { foldedName, nameProblem, shownName } from "../../src/transfers/entry-names.ts";
import { StepFailure } from "../runtime/program.ts";

export interface LandingLimits {
  readonly archiveBytes: number;
  readonly maxBytes: number;
  readonly maxFiles: number;
  readonly maxRatio: number;
  /** Parts of each path that are left out. */
  readonly strip: number;
}

/** Below this nobody calls it a bomb: a file of zeros may well shrink a thousandfold. */
const ALWAYS_FINE_BYTES = 100_000_000;
const NAMES = { ignoresCase: false, maxPartBytes: 255, maxPathBytes: 4000 };

export class Landing {
  readonly #folder: string;
  readonly #limits: LandingLimits;
  /** By the name that all file systems tell apart: the name as it is written, and what it is. */
  readonly #taken = new Map<
    string,
    { readonly name: string; readonly kind: "file" | "folder" | "link" }
  >();
  readonly #links: { readonly name: string; readonly target: string }[] = [];
  files = 0;
  bytes = 0;

  constructor(folder: string, limits: LandingLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** The name below the folder, or null: nothing is left of it. Throws for one that may not be. */
  #admit(written: string, kind: "file" | "folder" | "link"): string | null {
    const bare = kind === "folder" ? written.replace(/\/+$/, "") : written;
    const trimmed = bare.replace(/^(\.\/)+/, "");
    if (trimmed === "" || trimmed === ".") return null;
    const problem = nameProblem(trimmed, NAMES);
    if (problem !== null) throw refused(`the name ${shownName(written)} ${problem}`);
    const name = trimmed.split("/").slice(this.#limits.strip).join("/");
    if (name === "") return null;
    const parts = name.split("/");
    for (let depth = 1; depth < parts.length; depth += 1)
      this.#take(parts.slice(0, depth).join("/"), "folder");
    this.#take(name, kind);
    return name;
  }

  #take(name: string, kind: "file" | "folder" | "link"): void {
    const key = foldedName(name);
    const other = this.#taken.get(key);
    if (other === undefined) {
      if (this.#taken.size >= this.#limits.maxFiles)
        throw refused(
          `the archive has more than ${this.#limits.maxFiles} files and folders`,
          "if that is right, raise max_files",
        );
      this.#taken.set(key, { name, kind });
      return;
    }
    if (other.kind === "folder" && kind === "folder" && other.name === name) return;
    if (other.name !== name)
      throw refused(
        `${shownName(other.name)} and ${shownName(name)} differ only in case, and are one file on many disks`,
      );
    throw refused(
      other.kind === kind
        ? `the archive has ${shownName(name)} twice`
        : `${shownName(name)} is a ${other.kind} and a ${kind} at once`,
    );
  }

  folder(written: string): void {
    const name = this.#admit(written, "folder");
    if (name !== null) fs.mkdirSync(path.join(this.#folder, name), { recursive: true });
  }

  /** Opens a file to write; null: it is left out. */
  file(written: string, isExecutable: boolean): LandingFile | null {
    const name = this.#admit(written, "file");
    if (name === null) return null;
    this.files += 1;
    const at = path.join(this.#folder, name);
    fs.mkdirSync(path.dirname(at), { recursive: true });
    const handle = fs.openSync(at, "wx", isExecutable ? 0o755 : 0o644);
    return {
      write: (bytes) => {
        this.#count(bytes.length, written);
        for (let from = 0; from < bytes.length; ) from += fs.writeSync(handle, bytes, from);
      },
      close: () => fs.closeSync(handle),
    };
  }

  /** A second name of a file that is there. */
  copy(written: string, of: string): void {
    const source = of
      .replace(/^(\.\/)+/, "")
      .split("/")
      .slice(this.#limits.strip)
      .join("/");
    const known = this.#taken.get(foldedName(source));
    if (known?.name !== source || known.kind !== "file")
      throw refused(
        `${shownName(written)} is a hard link to ${shownName(of)}, which is no file before it`,
      );
    const name = this.#admit(written, "file");
    if (name === null) return;
    const from = path.join(this.#folder, source);
    this.#count(fs.statSync(from).size, written);
    this.files += 1;
    const at = path.join(this.#folder, name);
    fs.mkdirSync(path.dirname(at), { recursive: true });
    fs.copyFileSync(from, at, fs.constants.COPYFILE_EXCL);
  }

  /** Made at the end: nothing is ever written through a link. */
  link(written: string, target: string): void {
    const name = this.#admit(written, "link");
    if (name === null) return;
    const lands = path.posix.normalize(path.posix.join(path.posix.dirname(name), target));
    if (
      target === "" ||
      target.startsWith("/") ||
      target.includes("\0") ||
      /^\.\.(\/|$)/.test(lands)
    )
      throw refused(
        `${shownName(written)} is a link that points out of the archive: ${shownName(target)}`,
      );
    this.#links.push({ name, target });
  }

  other(written: string, what: string): never {
    throw refused(`${shownName(written)} is ${what}`);
  }

  finish(): void {
    for (const { name, target } of this.#links) {
      const at = path.join(this.#folder, name);
      fs.mkdirSync(path.dirname(at), { recursive: true });
      fs.symlinkSync(target, at);
    }
    const root = fs.realpathSync(this.#folder);
    for (const { name, target } of this.#links) {
      const real = realPathOf(path.join(this.#folder, name));
      if (real === null || (real !== root && !real.startsWith(root + path.sep)))
        throw refused(
          `${shownName(name)} is a link that leads to nothing in the archive: ${shownName(target)}`,
        );
    }
  }

  #count(bytes: number, name: string): void {
    this.bytes += bytes;
    const { maxBytes, maxRatio, archiveBytes } = this.#limits;
    if (this.bytes > maxBytes)
      throw refused(
        `the archive holds more than ${maxBytes} bytes (stopped in ${shownName(name)})`,
        "if that is right, raise max_size",
      );
    if (this.bytes > Math.max(ALWAYS_FINE_BYTES, archiveBytes * maxRatio))
      throw refused(
        `the archive holds more than ${maxRatio} times its own size (stopped in ${shownName(name)})`,
        "if that is right, raise max_ratio",
      );
  }
}

export interface LandingFile {
  write(bytes: Uint8Array): void;
  close(): void;
}

export function refused(
  message: string,
  hint = "nothing of it was kept; look at the archive, and pack it again without that",
): StepFailure {
  return new StepFailure(message, hint);
}

function realPathOf(at: string): string | null {
  try {
    return fs.realpathSync(at);
  } catch {
    return null;
  }
}
