// Which places a step may read without declaring them: what belongs to the machine, to its programs and to the attempt
// itself. One list for whoever watches. Knows nothing of how reads are seen.

import fs from "node:fs";
import path from "node:path";

/** What there is of Stepwell around the attempts. */
export interface WatchPlaces {
  /** Folder of the `sitecustomize.py` that goes on PYTHONPATH. */
  readonly hookFolder: string;
  /** Folder that holds `.stepwell/`: what lies in it is never taken for temporary. */
  readonly workspaceFolder: string;
  /** Where environments are made. */
  readonly cacheFolder: string;
}

/** Beginnings of paths. `wanted` wins over `unwanted`. */
export interface WatchRules {
  readonly wanted: readonly string[];
  readonly unwanted: readonly string[];
}

const SYSTEM =
  "/usr /bin /sbin /lib /lib32 /lib64 /libx32 /etc /proc /sys /dev /run /boot /var /nix /snap /System /Library /Applications /opt/homebrew /private/etc /private/var".split(
    " ",
  );
const TEMPORARY = ["/tmp", "/var/tmp", "/private/tmp"];
/** Hidden folders of the home folder are settings of programs, except where data are downloaded to. */
const DOWNLOADS = [".cache/huggingface", ".cache/torch", ".cache/kagglehub", ".keras"];

export function watchRules(
  { workspaceFolder, cacheFolder }: WatchPlaces,
  variables: Readonly<Record<string, string | undefined>>,
): WatchRules {
  const home = variables.HOME ?? "";
  const temporary = variables.TMPDIR === undefined ? TEMPORARY : [...TEMPORARY, variables.TMPDIR];
  const downloads = home === "" ? [] : DOWNLOADS.map((name) => path.join(home, name));
  return {
    wanted: [workspaceFolder, ...downloads].map(asFolder),
    unwanted: [
      ...[...SYSTEM, ...temporary, cacheFolder].map(asFolder),
      ...(home === "" ? [] : [path.join(home, ".")]).map((folder) => `${asFolder(folder)}.`),
    ],
  };
}

export function asFolder(folder: string): string {
  return folder.endsWith("/") ? folder : `${folder}/`;
}

export function isOfSystem(file: string): boolean {
  return SYSTEM.some((folder) => file.startsWith(asFolder(folder)));
}

/** Is this a place that a step may read without a word? */
export function isUnwanted(file: string, { wanted, unwanted }: WatchRules): boolean {
  const lies = (start: string): boolean => file.startsWith(start);
  return !wanted.some(lies) && unwanted.some(lies);
}

/** Is a path one of these, or inside of one? Both may be written with links in them. A step may have ten thousand inputs. */
export function within(places: readonly string[]): (file: string) => boolean {
  const known = new Set(places.map((place) => (place.endsWith("/") ? place.slice(0, -1) : place)));
  return (file) => {
    for (let end = file.length; end >= 0; end = end === 0 ? -1 : file.lastIndexOf("/", end - 1))
      if (known.has(file.slice(0, end))) return true;
    return false;
  };
}

/** The paths themselves and what they lead to. */
export function withTargets(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap((one) => [one, realPath(one)]))];
}

export function realPath(file: string): string {
  try {
    return fs.realpathSync.native(file);
  } catch {
    return file;
  }
}
