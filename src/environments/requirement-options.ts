// Options of a requirements file that uv takes as words of its own and not from a file: wheels in a folder beside the file,
// hosts that are trusted, versions before a release. Knows both spellings, not what is installed.

import path from "node:path";
import { fileURLToPath } from "node:url";

const LINKS = /^(?:-f|--find-links)[\s=]*(.+)$/;

/** `--no-index -f "./my wheels"` as lines of their own, without quotes; a line that names a package as it is. */
export function separateOptions(line: string): readonly string[] {
  if (!line.startsWith("-")) return [line];
  const words = line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const options: string[] = [];
  for (const word of words.map((each) => each.replace(/(["'])(.*?)\1/g, "$2"))) {
    if (word.startsWith("-")) options.push(word);
    else options.push(`${options.pop()} ${word}`);
  }
  return options;
}

/** A folder of links as it stands in a lock for git: relative to the requirements file `top`, wherever it was named. */
export function portableOption(option: string, folder: string | null, top: string | null): string {
  const place = LINKS.exec(option)?.[1]?.trim();
  if (place === undefined || !isRelative(place) || folder === null || top === null) return option;
  return `--find-links ./${path.relative(top, path.resolve(folder, place))}`;
}

/** Whether it names a folder of links below that of its file. */
export function isRelativeLink(option: string): boolean {
  const place = LINKS.exec(option)?.[1]?.trim();
  return place !== undefined && isRelative(place);
}

/** The words for uv, and the lines that are left for its file. Relative folders are below `folder`. */
export function splitOptions(
  lines: readonly string[],
  folder: string | null,
): { readonly words: readonly string[]; readonly rest: readonly string[] } {
  const words: string[] = [];
  const rest: string[] = [];
  for (const line of lines) {
    const place = LINKS.exec(line)?.[1]?.trim();
    const host = /^--trusted-host[\s=]+(\S+)$/.exec(line)?.[1];
    if (line === "--pre") words.push("--prerelease", "allow");
    else if (host !== undefined) words.push("--allow-insecure-host", host);
    else if (place !== undefined && isRelative(place) && folder !== null)
      words.push("--find-links", path.resolve(folder, place));
    else if (line !== "--prefer-binary") rest.push(line);
  }
  return { words, rest };
}

/** The folders of this machine among the places of links. */
export function linkFolders(lines: readonly string[], folder: string | null): readonly string[] {
  return lines.flatMap((line) => {
    const place = LINKS.exec(line)?.[1]?.trim();
    if (place === undefined) return [];
    const isUrl = place.startsWith("file:///") && URL.canParse(place);
    if (isUrl && !/%(?:2f|(?![0-9a-f]{2}))/i.test(place)) return [fileURLToPath(place)];
    if (!isRelative(place)) return path.isAbsolute(place) ? [place] : [];
    return folder === null ? [] : [path.resolve(folder, place)];
  });
}

function isRelative(place: string): boolean {
  return !path.isAbsolute(place) && !/^\w[\w+.-]*:/.test(place) && !place.startsWith("$");
}
