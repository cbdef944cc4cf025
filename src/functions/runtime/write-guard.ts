// Keeps what a function step writes in what belongs to the step: the writing functions of node:fs look at the path
// first. A path is judged by where it really leads. Child processes, threads and native code are not seen.

import fs from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";
import { stepWords } from "./end-watch.ts";
import type { StepPlaces } from "./step-places.ts";

type Write = (this: unknown, ...words: unknown[]) => unknown;
type Functions = Record<string, Write | undefined>;

/** Which paths a call changes, by their places among its words, and whether a link there is followed or is what changes. */
interface Rule {
  readonly at: readonly number[];
  readonly followsLinks: boolean;
  /** The call only reads, or changes nothing. */
  readonly isHarmless?: (words: readonly unknown[]) => boolean;
}

const FOLLOWED: Rule = { at: [0], followsLinks: true };
const ITSELF: Rule = { at: [0], followsLinks: false };
const SECOND: Rule = { at: [1], followsLinks: true };
const NEW_LINK: Rule = { at: [1], followsLinks: false };

/** Each with its form `…Sync` and that of node:fs/promises, where it has them. */
const RULES: Readonly<Record<string, Rule>> = {
  writeFile: FOLLOWED,
  appendFile: FOLLOWED,
  createWriteStream: { ...FOLLOWED, isHarmless: ([, options]) => isElsewhere(options) },
  open: { ...FOLLOWED, isHarmless: ([, flags]) => onlyReads(flags) },
  truncate: FOLLOWED,
  chmod: FOLLOWED,
  chown: FOLLOWED,
  utimes: FOLLOWED,
  mkdir: { ...FOLLOWED, isHarmless: ([folder]) => exists(folder) },
  copyFile: SECOND,
  cp: SECOND,
  link: NEW_LINK,
  symlink: NEW_LINK,
  rename: { at: [0, 1], followsLinks: false },
  unlink: ITSELF,
  rm: ITSELF,
  rmdir: ITSELF,
  lchmod: ITSELF,
  lchown: ITSELF,
  lutimes: ITSELF,
  mkdtemp: ITSELF,
  mkdtempDisposable: ITSELF,
};

/** `onRefusal` hears of each refused write: the step fails by it even when its code goes on. */
export function guardWrites(places: StepPlaces, onRefusal: (error: Error) => void): void {
  const refuse = (error: Error): Error => {
    onRefusal(error);
    return error;
  };
  for (const [name, rule] of Object.entries(RULES)) {
    const check = (words: readonly unknown[], called: Write): Error | null => {
      if (rule.isHarmless?.(words)) return null;
      for (const at of rule.at) {
        const file = pathOf(words[at]);
        const outside = file === null ? null : places.outside(file, rule.followsLinks);
        if (outside !== null) return refuse(refusal(outside, places.outputNames, called));
      }
      return null;
    };
    replace(fs, name, (write) => (name === "open" ? telling : throwing)(write, check));
    replace(fs, `${name}Sync`, (write) => throwing(write, check));
    replace(fs.promises, name, (write) => rejecting(write, check));
  }
  module.syncBuiltinESMExports();
}

type Check = (words: readonly unknown[], called: Write) => Error | null;

function replace(owner: object, name: string, guarded: (write: Write) => Write): void {
  const functions = owner as Functions;
  const write = functions[name];
  if (write === undefined) return;
  const { length } = write;
  functions[name] = Object.defineProperties(guarded(write), {
    name: { value: name, configurable: true },
    length: { value: length, configurable: true },
  });
}

function throwing(write: Write, check: Check): Write {
  return function guarded(...words) {
    const error = check(words, guarded);
    if (error !== null) throw error;
    return write.apply(this, words);
  };
}

/** Streams open files by this one, some of them long after who asked: these wait for the answer and catch nothing. */
function telling(write: Write, check: Check): Write {
  return function guarded(...words) {
    const error = check(words, guarded);
    if (error === null) return write.apply(this, words);
    const done = words.at(-1);
    if (typeof done !== "function") throw error;
    process.nextTick(done as Write, error);
  };
}

function rejecting(write: Write, check: Check): Write {
  return function guarded(...words) {
    const error = check(words, guarded);
    return error === null ? write.apply(this, words) : Promise.reject(error);
  };
}

function refusal(file: string, outputs: readonly string[], called: Write): Error {
  const named = outputs.slice(0, 3).map((name) => `outputs.${name}`);
  const places = named.length === 0 ? "an output that the step declares" : named.join(" or ");
  const error = new Error(
    `run of ${stepWords()} writes ${file}, which is not in its outputs\nwrite to ${places}, or to the temporary folder`,
  );
  Error.captureStackTrace(error, called);
  return Object.assign(error, { code: "STEPWELL_WRITE_OUTSIDE" });
}

/** Null: no path, but an open file, or what Node itself refuses. */
function pathOf(word: unknown): string | null {
  if (typeof word === "string") return word;
  if (word instanceof Uint8Array) return Buffer.from(word).toString();
  if (!(word instanceof URL)) return null;
  try {
    return fileURLToPath(word);
  } catch {
    return null;
  }
}

const { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND } = fs.constants;
const WRITING = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;

/** Flags that are left out, or a callback in their place, open for reading. */
function onlyReads(flags: unknown): boolean {
  if (typeof flags === "number") return (flags & WRITING) === 0;
  return typeof flags !== "string" || /^r?s?r?$/.test(flags);
}

/** A stream to a file that is open, or by functions other than Node's. */
function isElsewhere(options: unknown): boolean {
  const { fd, fs: own } = Object(options) as { readonly fd?: unknown; readonly fs?: unknown };
  return (fd ?? null) !== null || (own ?? fs) !== fs;
}

function exists(folder: unknown): boolean {
  return fs.existsSync(folder as fs.PathLike);
}
