// Which files a download is to bring, from its inputs: addresses, what they must hash to, and names below the output. Pure.

import path from "node:path";
import { foldedName, nameProblem, shownName } from "../../src/transfers/entry-names.ts";
import { StepFailure } from "../runtime/program.ts";

export interface Wanted {
  readonly url: URL;
  /** In small letters; null: whatever arrives. */
  readonly sha256: string | null;
  /** Below the output. */
  readonly name: string;
}

interface Texts {
  /** Addresses, and as many checksums or none, with blanks between. */
  readonly urls: string;
  readonly sha256: string;
  /** Lines `URL [SHA256] [NAME]`. */
  readonly list: string;
}

const NAMES = { ignoresCase: false, maxPartBytes: 255, maxPathBytes: 4000 };

export function wantedFiles({ urls, sha256, list }: Texts): readonly Wanted[] {
  const [addresses, sums] = [words(urls), words(sha256)];
  if (sums.length > 0 && sums.length !== addresses.length)
    throw new StepFailure(
      `there are ${addresses.length} addresses and ${sums.length} checksums`,
      "give a checksum for each address, in the same order, or use list",
    );
  const wanted = [
    ...addresses.map((url, index) => oneWanted([url, ...(sums[index] ? [sums[index]] : [])])),
    ...list
      .split("\n")
      .map((line) => line.replace(/(^|\s)#.*$/, ""))
      .filter((line) => line.trim() !== "")
      .map((line) => oneWanted(words(line))),
  ];
  if (wanted.length === 0)
    throw new StepFailure("nothing says what to download", "set urls, or list");
  const seen = new Map<string, Wanted>();
  for (const one of wanted) {
    const other = seen.get(foldedName(one.name));
    if (other !== undefined)
      throw new StepFailure(
        `two files would be named ${shownName(one.name)}: ${shownUrl(other.url)} and ${shownUrl(one.url)}`,
        "give them names in list: URL SHA256 NAME",
      );
    seen.set(foldedName(one.name), one);
  }
  return wanted;
}

/** Without what may be a secret. */
export function shownUrl({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function oneWanted([address = "", ...rest]: readonly string[]): Wanted {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null)
    throw new StepFailure("one of the addresses is none", "write https://… in full");
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new StepFailure(
      `${url.protocol} is not read: only http: and https: are`,
      "data of a datastore, or of this machine, is an input of a step; or use the component import",
    );
  const isSum = /^[0-9a-f]{64}$/i.test(rest[0] ?? "");
  if (
    rest.length > (isSum ? 2 : 1) ||
    (rest.length === 1 && !isSum && /^[0-9a-f]{32,}$/i.test(rest[0] ?? ""))
  )
    throw new StepFailure(
      `the words behind ${shownUrl(url)} are no SHA-256 and a name`,
      "a SHA-256 has 64 hexadecimal digits",
    );
  const name = rest[isSum ? 1 : 0] ?? nameOf(url);
  const problem = nameProblem(name, NAMES);
  if (problem !== null)
    throw new StepFailure(
      `the name ${shownName(name)} ${problem}`,
      "give it another one in list: URL SHA256 NAME",
    );
  return { url, sha256: isSum ? (rest[0] as string).toLowerCase() : null, name };
}

function nameOf({ pathname }: URL): string {
  const last = path.posix.basename(pathname);
  try {
    return decodeURIComponent(last) || "download";
  } catch {
    return last;
  }
}
