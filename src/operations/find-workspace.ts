// Finds the workspace folder: the option, the variable, the nearest folder above that has one, else a new one. Never
// looks past the home folder or a git root. A workspace on a network file system is refused: WAL is not safe there.

import fs from "node:fs";
import path from "node:path";
import { shellWord } from "../core/shell-word.ts";
import { type Refusal, refuse } from "./refusal.ts";

export interface FoundWorkspace {
  readonly folder: string;
  /** True: it has no `.stepwell/` yet. */
  readonly isNew: boolean;
  /** By the option or the variable; else it was looked for. */
  readonly isNamed: boolean;
}

export interface WhereToLook {
  /** `--workspace`, or null. */
  readonly option: string | null;
  readonly variable: string | undefined;
  readonly currentFolder: string;
  readonly home: string;
}

export function findWorkspace(where: WhereToLook): FoundWorkspace | Refusal {
  if (where.option === "")
    return refuse(
      "no_such_workspace",
      "--workspace names no folder",
      "is a variable in your command line unset? Leave --workspace out for the folder above this one",
      4,
    );
  const named = where.option ?? (where.variable === "" ? undefined : where.variable) ?? null;
  const folder = named === null ? search(where) : path.resolve(where.currentFolder, named);
  const dot = path.join(folder, ".stepwell");
  if (named !== null && !isFolder(folder))
    return isHidden(folder)
      ? refuse("no_such_workspace", `${folder} is closed to you: permission denied`, CLOSED_HINT, 4)
      : refuse("no_such_workspace", `there is no folder ${folder}`, missingHint(where), 4);
  const network = networkFileSystem(folder);
  if (network !== null)
    return refuse(
      "network_file_system",
      `${folder} lies on ${network}: the record is not safe there`,
      "keep the workspace on a local disk: --workspace DIR, or STEPWELL_WORKSPACE=DIR (data may stay where it is)",
      4,
    );
  const isNew = !isFolder(dot);
  if (isNew && isSomething(dot)) return refuse("workspace_unusable", ...noFolder(dot), 4);
  return { folder, isNew, isNamed: named !== null };
}

/** For what only reads a record. */
export function noWorkspace({ folder, isNamed }: FoundWorkspace, currentFolder: string): Refusal {
  if (!isNamed)
    return refuse(
      "no_workspace",
      `there is no Stepwell workspace at or above ${currentFolder}`,
      "start one: stepwell run pipeline.yml, or stepwell init",
    );
  const inside = path.basename(folder) === ".stepwell" ? path.dirname(folder) : null;
  return refuse(
    "no_workspace",
    `there is no Stepwell workspace in ${folder}`,
    inside === null
      ? "name the folder that holds .stepwell/, or leave --workspace and STEPWELL_WORKSPACE out"
      : `name the folder that holds it: --workspace ${shellWord(inside)}`,
  );
}

/** In the place of a workspace's own folder: what is said of it, and what to do. */
function noFolder(dot: string): [message: string, hint: string] {
  if (!fs.lstatSync(dot).isSymbolicLink())
    return [`${dot} is no folder, and a workspace keeps its runs there`, "move it away"];
  return [
    `${dot} is a link to ${fs.readlinkSync(dot)}, which is not there or no folder`,
    "is its disk mounted? Put the folder back, or remove the link",
  ];
}

function search({ currentFolder, home }: WhereToLook): string {
  const start = path.resolve(currentFolder);
  // HOME may be a link, or end with a slash; the current folder is neither.
  const homes = [path.resolve(home), realPath(home)];
  for (let at = start; ; at = path.dirname(at)) {
    if (isSomething(path.join(at, ".stepwell")) || fs.existsSync(path.join(at, "stepwell.yml")))
      return at;
    if (fs.existsSync(path.join(at, ".git"))) return at;
    if (homes.includes(at) || path.dirname(at) === at) return start;
  }
}

function realPath(folder: string): string {
  try {
    return fs.realpathSync(folder);
  } catch {
    return folder;
  }
}

function missingHint({ option }: WhereToLook): string {
  return option === null
    ? "make it first, or leave STEPWELL_WORKSPACE out, which names it"
    : "make it first, or leave --workspace out";
}

const CLOSED_HINT = "get the right to it and to the folders above it, or leave --workspace out";

/** False too where it may not be looked for. */
function isFolder(at: string): boolean {
  try {
    return fs.statSync(at).isDirectory();
  } catch {
    return false;
  }
}

/** Also a link to nothing: a workspace whose disk is not mounted. */
function isSomething(at: string): boolean {
  try {
    fs.lstatSync(at);
    return true;
  } catch {
    return false;
  }
}

function isHidden(at: string): boolean {
  try {
    fs.statSync(at);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES";
  }
}

/** Magic numbers of statfs(2) on Linux. */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x5346414f, "AFS"],
]);

function networkFileSystem(folder: string): string | null {
  try {
    return NETWORK_TYPES.get(Number(fs.statfsSync(folder).type) >>> 0) ?? null;
  } catch {
    return null;
  }
}
