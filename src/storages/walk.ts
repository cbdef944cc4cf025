// Lists what a folder holds, with what is needed to recognise each file again. Synchronous, one stat a file. Decides what
// a link means; reads no bytes.

import {
  existsSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname, isAbsolute, join, normalize, relative, resolve, sep } from "node:path";
import { ContentProblem } from "./content-problem.ts";
import { sortByBytes } from "./folder-id.ts";

export interface ListedFile {
  readonly type: "file";
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
  readonly device: number;
  readonly inode: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly links: number;
  readonly mode: number;
}

export type Listed =
  | ListedFile
  /** `target`: as it must be written to lead to the same entry wherever the folder lies. */
  | { readonly type: "link"; readonly path: string; readonly target: string }
  | { readonly type: "folder"; readonly path: string };

export interface WalkRules {
  /** A link that leads out of the folder: "refuse" it, or take what it leads to for the entry ("follow"). */
  readonly outside: "refuse" | "follow";
  /** What to do about a link that is refused. */
  readonly insteadOfLink?: string;
  /** Where it lay when its links were made: those that lead there stay inside. */
  readonly before?: string;
  /** Says whether an entry counts; folders come with a trailing `/`. */
  readonly takes?: (path: string) => boolean;
  /** Called before a folder's entries are asked about (nested ignore files). */
  readonly enters?: (path: string, names: readonly string[]) => void;
  /** Folders without entries are left out. */
  readonly dropsEmptyFolders?: boolean;
  /** Gives up when more than so many entries are seen. */
  readonly limit?: number;
}

/** Entries in tree order, names in byte order; null when there are more than the limit. */
export function walk(root: string, rules: WalkRules): Listed[] | null {
  const entries: Listed[] = [];
  const context: Context = { root, rules, entries, real: null, above: [] };
  return walkFolder(context, root, "") ? entries : null;
}

export function listFile(path: string, stats: Stats): ListedFile {
  return {
    type: "file",
    path,
    size: stats.size,
    executable: (stats.mode & 0o111) !== 0,
    device: stats.dev,
    inode: stats.ino,
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
    links: stats.nlink,
    mode: stats.mode,
  };
}

interface Context {
  readonly root: string;
  readonly rules: WalkRules;
  readonly entries: Listed[];
  /** Resolved root, looked up when the first link is met. */
  real: string | null;
  /** Resolved folders that followed links led to: a link back to one of them would never end. */
  readonly above: string[];
}

/** False when the limit is reached. */
function walkFolder(context: Context, folder: string, prefix: string): boolean {
  const names = readdirSync(folder);
  const { rules, entries } = context;
  if (rules.limit !== undefined && entries.length + names.length > rules.limit) return false;
  if (names.length > 1) sortByBytes(names, (name) => name);
  rules.enters?.(prefix, names);
  const before = entries.length;
  for (const name of names) {
    const path = prefix + name;
    if (name.includes("\ufffd")) {
      if (!takesUnreadable(context, folder, name, path)) continue;
      refuseName(folder, name);
    }
    const full = `${folder}/${name}`;
    const stats = lstatSync(full);
    if (stats.isSymbolicLink()) {
      if (rules.takes && !rules.takes(path)) continue;
      if (!walkLink(context, full, path)) return false;
    } else if (!walkEntry(context, full, path, stats)) return false;
  }
  const isEmpty = entries.length === before && prefix !== "";
  if (isEmpty && !rules.dropsEmptyFolders)
    entries.push({ type: "folder", path: prefix.slice(0, -1) });
  return true;
}

/** Whether a name that is not UTF-8 counts; the listing alone says what it is, its path cannot be spelt. */
function takesUnreadable(context: Context, folder: string, name: string, path: string): boolean {
  const { takes } = context.rules;
  if (!takes) return true;
  const entry = readdirSync(folder, { withFileTypes: true }).find((one) => one.name === name);
  return takes(entry?.isDirectory() ? `${path}/` : path);
}

function walkEntry(context: Context, full: string, path: string, stats: Stats): boolean {
  const { takes } = context.rules;
  if (stats.isDirectory()) {
    if (takes && !takes(`${path}/`)) return true;
    return walkFolder(context, full, `${path}/`);
  }
  if (takes && !takes(path)) return true;
  if (!stats.isFile()) {
    const hint = "sockets, pipes and devices have no content; leave it out of the folder";
    throw new ContentProblem("special_file", `${full} is not a file, folder or link`, hint);
  }
  context.entries.push(listFile(path, stats));
  return true;
}

function walkLink(context: Context, full: string, path: string): boolean {
  context.real ??= realpathSync(context.root);
  const { target, real } = goalOf(context, full);
  const isInside = real === context.real || real.startsWith(context.real + sep);
  const isDangling = isInside ? false : statSync(full, { throwIfNoEntry: false }) === undefined;
  if (isInside || (isDangling && context.rules.outside === "follow")) {
    const lasting = isInside ? lastingTarget(path, target, relative(context.real, real)) : target;
    context.entries.push({ type: "link", path, target: lasting });
    return true;
  }
  if (context.rules.outside === "refuse") {
    const hint = context.rules.insteadOfLink ?? "replace the link by a copy of what it leads to";
    const message = `the link ${full} leads out of its folder, to ${target}`;
    throw new ContentProblem("link_leaves_folder", message, hint);
  }
  // The content that a reader sees behind the link counts, not the link.
  if (context.above.includes(real) || context.real.startsWith(real + sep))
    throw new ContentProblem("wrong_kind", `the link ${full} leads to a folder that it lies in`);
  context.above.push(real);
  const isWalked = walkEntry(context, real, path, statSync(full));
  context.above.pop();
  return isWalked;
}

function goalOf({ root, rules }: Context, full: string): { target: string; real: string } {
  const target = readlinkSync(full);
  const { before } = rules;
  if (before !== undefined && target.startsWith(before + sep)) {
    const now = root + target.slice(before.length);
    if (existsSync(now)) return { target: now, real: realpathSync(now) };
  }
  return { target, real: realTarget(full, target) };
}

/** `inside`: what the link leads to, below the root. A whole path, or one that leaves the root on its way, means this place only. */
function lastingTarget(path: string, target: string, inside: string): string {
  const leaves = isAbsolute(target) || normalize(join(dirname(path), target)).startsWith("..");
  return leaves ? relative(dirname(path), inside) || "." : target;
}

/** Where a link ends; for one that leads nowhere, where it would. */
function realTarget(full: string, target: string): string {
  try {
    return realpathSync(full);
  } catch {
    let folder = resolve(full, "..");
    try {
      folder = realpathSync(folder);
    } catch {
      // Keeps the path as written.
    }
    return resolve(folder, target);
  }
}

function refuseName(folder: string, name: string): never {
  throw new ContentProblem(
    "unreadable",
    `${folder} holds a file whose name is not valid UTF-8: ${JSON.stringify(name)}`,
    "rename the file",
  );
}
