// Reads lines of a requirements file: follows `-r` and `-c`, keeps options of indexes, refuses what has no fixed content.
// Knows pip's file syntax, not packages.

import fs from "node:fs";
import path from "node:path";
import { readBytes } from "../ports/read-file.ts";
import { utf8Text } from "../ports/utf8-text.ts";
import { addressSecretIn } from "../spec/address-secret.ts";
import { own } from "../spec/own-keys.ts";
import { portableOption, separateOptions } from "./requirement-options.ts";

export type Requirements =
  | {
      readonly ok: true;
      readonly requirements: readonly string[];
      readonly constraints: readonly string[];
      readonly options: readonly string[];
      /** Package → the hashes that it must have, where the file says them. */
      readonly hashes: Readonly<Record<string, readonly string[]>>;
    }
  | { readonly ok: false; readonly message: string; readonly hint: string };

interface Found {
  readonly requirements: string[];
  readonly constraints: string[];
  readonly options: string[];
  readonly hashes: Record<string, readonly string[]>;
  /** Requirements without one. */
  readonly unhashed: string[];
  /** `--require-hashes` is somewhere among the lines. */
  asksForHashes: boolean;
  /** What was read, and as what: the same file may be both requirements and constraints. */
  readonly files: Set<string>;
  /** Files that are not read from the disk: path → text. */
  readonly kept: Readonly<Record<string, string>>;
  /** Folder of the first file. */
  readonly top: string | null;
}

class Unusable extends Error {
  readonly hint: string;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint =
      hint ??
      "List packages with versions; a project of your own is `environment: {project: .}` with a uv.lock.";
  }
}

/** Reads `lines`; relative files are below `base` (null: there is no folder), or as `kept` has their text by path. */
export function readRequirements(
  lines: readonly string[],
  base: string | null,
  kept: Readonly<Record<string, string>> = {},
): Requirements {
  const lists = { requirements: [], constraints: [], options: [], hashes: {} };
  const asked = { unhashed: [], asksForHashes: false };
  const found: Found = { ...lists, ...asked, files: new Set(), kept, top: base };
  try {
    collect(lines, base, found, "requirements");
    refuseUnhashed(found);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    return { ok: false, message: error.message, hint: error.hint };
  }
  const { requirements, constraints, options, hashes } = found;
  return { ok: true, requirements, constraints, options, hashes };
}

const INDEX_OPTION =
  /^(?:-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host|--no-index|--pre|--prefer-binary|--no-binary|--only-binary)\b/;

function collect(
  lines: readonly string[],
  base: string | null,
  found: Found,
  into: "requirements" | "constraints",
): void {
  for (const line of joined(lines).flatMap(separateOptions)) {
    const file = /^(-r|--requirement|-c|--constraint)[\s=]*(.+)$/.exec(line);
    if (file) {
      const kind = file[1] === "-c" || file[1] === "--constraint" ? "constraints" : into;
      include(file[2] ?? "", base, found, kind);
    } else if (INDEX_OPTION.test(line)) found.options.push(portableOption(line, base, found.top));
    else if (line === "--require-hashes") found.asksForHashes = true;
    else if (/^(?:-e|--editable)\b/.test(line) || LOCAL.test(line) || isLocalSource(line))
      throw new Unusable(
        `The requirement \`${line}\` is a folder or file of this machine.`,
        LOCAL_HINT,
      );
    else if (CONDA.test(line)) throw asForConda(line);
    else if (hasVariable(line)) throw new Unusable(variableIn(line), VARIABLE_HINT);
    else if (line.startsWith("-")) throw new Unusable(`The option \`${line}\` is not supported.`);
    else {
      const plain = withoutHashes(line, found);
      found[into].push(plain);
      const isHashed = plain !== line || /#sha\d+=/.test(line);
      if (!isHashed && into === "requirements") found.unhashed.push(line);
    }
  }
}

/** Every lock has hashes, which are always required; the option says that they must be those of the file. */
function refuseUnhashed({ asksForHashes, unhashed: [first] }: Found): void {
  if (!asksForHashes || first === undefined) return;
  throw new Unusable(
    `The requirements say --require-hashes, and \`${first}\` has no hash.`,
    "Add the hashes that `pip hash FILE` or `uv pip compile --generate-hashes` prints, or leave the option out: the lock that is made has hashes all the same.",
  );
}

/** `${NAME}` outside of an address: there uv puts in its value, which no record ever has. */
function hasVariable(line: string): boolean {
  return /\$\{\w+\}/.test(line.replace(/\S*:\/\/\S*/g, ""));
}

function variableIn(line: string): string {
  return `The requirement \`${line}\` takes something from a variable of the shell.`;
}

const VARIABLE_HINT =
  "Write its value: what an environment holds may not depend on who starts a run. Only an address may have variables, for a user name or a token.";

/** `numpy=1.2`, `numpy=1.2=py311_0`. */
const CONDA = /^(\w[\w.-]*(?:\[[^\]]*\])?)\s*=\s*([\w.*+!-]+)/;

function asForConda(line: string): Unusable {
  const [, name = "", version = ""] = CONDA.exec(line) ?? [];
  const newest = version.endsWith("*") ? "" : `, or ${name}==${version}.* for the newest of these`;
  return new Unusable(
    `The requirement \`${line}\` is written as for conda.`,
    `For pip write ${name}==${version}${newest}.`,
  );
}

/** `./pkg`, `libs/pkg`, `file:…`, `x-1.0-py3-none-any.whl`. */
const LOCAL =
  /^(?:\.{1,2}$|file:|[^\s@:;]*\/|[^\s@:]+\.(?:whl|zip|tgz|tar\.(?:gz|bz2|xz))(?:[\s[]|$))/;
const LOCAL_HINT =
  "A project of your own is `environment: {project: .}` with a uv.lock. A wheel: put its folder into the file, `--find-links ./wheels`, and name the package as any other.";

/** `name @ file:///folder`: nothing says what is in it. An archive is told by its hash. */
function isLocalSource(line: string): boolean {
  const place = /^[\w.-]+(?:\[[^\]]*\])?\s*@\s*(\S+)/.exec(line)?.[1];
  if (place === undefined || /^(?!file:)\w[\w+.-]*:/.test(place)) return false;
  return !(place.startsWith("file:///") && /\.(?:whl|zip|tar\.gz)(?:#|$)/.test(place));
}

/** Remembers the hashes that the line asks for. */
function withoutHashes(line: string, found: Found): string {
  const asked = [...line.matchAll(/\s--hash[=\s]\s*(\S+)/g)].map((each) => each[1] ?? "");
  const hashes = asked.filter((hash) => /^sha256:[0-9a-f]+$/i.test(hash));
  if (asked.length > 0 && hashes.length === 0)
    throw new Unusable(
      `The requirement \`${line}\` has no hash that can be held to: locks are of sha256.`,
      "Write the hashes that `pip hash FILE` or `uv pip compile --generate-hashes` prints.",
    );
  const name = /^[\w.-]+/
    .exec(line)?.[0]
    .toLowerCase()
    .replace(/[-_.]+/g, "-");
  if (hashes.length > 0 && name !== undefined)
    found.hashes[name] = [...new Set([...(own(found.hashes, name) ?? []), ...hashes])].sort();
  return line.replace(/\s+--hash[=\s]\s*\S+/g, "");
}

function include(
  name: string,
  base: string | null,
  found: Found,
  into: Parameters<typeof collect>[3],
): void {
  // `file:` as conda's own guide writes it, and pip reads it.
  const plain = name
    .trim()
    .replace(/^(["'])(.*)\1$/, "$2")
    .replace(/^file:(?:\/\/(?=\/))?/, "");
  if (/^https?:\/\//.test(plain)) {
    found[into].push(`${into === "constraints" ? "-c" : "-r"} ${plain}`);
    return;
  }
  if (hasVariable(plain)) throw new Unusable(variableIn(`-r ${plain}`), VARIABLE_HINT);
  if (base === null)
    throw new Unusable(
      `The packages are no file of their own, so nobody knows where ${plain} lies.`,
      "Write them into a file (`conda_file: conda.yml`, `requirements: requirements.txt`): paths in it are relative to it.",
    );
  const file = path.resolve(base, plain);
  const known = own(found.kept, file);
  if (known === undefined && !fs.existsSync(file))
    throw new Unusable(
      `The requirements name a file that does not exist: ${plain}.`,
      "Paths are relative to the file that names them.",
    );
  const reading = `${into} ${file}`;
  if (found.files.has(reading)) return;
  found.files.add(reading);
  const text = known ?? textOf(file, plain);
  // Of the file that the definition names it is seen when the definition is read.
  const secret = addressSecretIn(text, plain);
  if (secret !== null) throw new Unusable(`${secret.message}.`, secret.hint);
  collect(text.split("\n"), path.dirname(file), found, into);
}

function textOf(file: string, named: string): string {
  const what = `The requirements name a file that cannot be read: ${named}`;
  let bytes: Buffer;
  try {
    bytes = readBytes(file);
  } catch (error) {
    throw new Unusable(`${what}: ${(error as Error).message}.`);
  }
  const read = utf8Text(bytes, file);
  if (!read.ok) throw new Unusable(`${what}: ${read.reason}.`, read.hint ?? undefined);
  return read.text;
}

/** Without comments and empty lines; continued lines as one. A line that is a comment goes on in no other. */
function joined(lines: readonly string[]): string[] {
  return lines
    .join("\n")
    .replaceAll("\r\n", "\n")
    .replace(/^\uFEFF/, "")
    .replace(/^[ \t]*#.*$/gm, "#")
    .replace(/\\\n/g, " ")
    .split("\n")
    .map((line) => line.replace(/(?:^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}
