// Brings one file to a place, whole: a connection that breaks is made again and goes on behind what is there already, if the
// server says that the file is still the same. Knows no checksums.

import fs from "node:fs";
import { StepFailure } from "../runtime/program.ts";
import { shownUrl } from "./wanted-files.ts";

interface Manner {
  readonly retries: number;
  readonly say: (line: string) => void;
}

/** No byte for so long is a broken connection. */
const STALLED_MS = 60_000;
const MOST_REDIRECTS = 10;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

/** `part` may hold the beginning of it; beside it lies what tells whether that still counts. */
export async function fetchFile(url: URL, part: string, { retries, say }: Manner): Promise<void> {
  for (let tried = 0; ; tried += 1) {
    const problem = await tryToFetch(url, part, say);
    if (problem === null) break;
    if (tried >= retries)
      throw new StepFailure(
        `${shownUrl(url)}: ${problem.words}, ${tried + 1} times`,
        "run again when it can be reached: what arrived is kept, and the download goes on there",
      );
    const wait = Math.min(problem.waitMs ?? FIRST_WAIT_MS * 2 ** tried, LONGEST_WAIT_MS);
    say(`${shownUrl(url)}: ${problem.words}; trying again in ${wait / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  fs.rmSync(`${part}.state`, { force: true });
}

interface Passing {
  readonly words: string;
  /** As long as the server says. */
  readonly waitMs: number | null;
}

/** Null: it is there. Throws what trying again would not mend. */
async function tryToFetch(
  url: URL,
  part: string,
  say: (line: string) => void,
): Promise<Passing | null> {
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), STALLED_MS);
  try {
    const state = readState(part);
    const from = state === null ? 0 : sizeOf(part);
    const response = await follow(
      url,
      from === 0 ? {} : rangeHeaders(from, state ?? ""),
      stop.signal,
    );
    const refused = refusalOf(response, url, part);
    if (refused !== null) return refused;
    const goesOn = response.status === 206 && startOf(response) === from;
    if (goesOn) say(`${shownUrl(url)}: going on behind ${from} bytes`);
    const mark = response.headers.get("etag") ?? response.headers.get("last-modified");
    const isStrong = mark !== null && !mark.startsWith("W/");
    const handle = fs.openSync(part, goesOn ? "a" : "w");
    try {
      if (isStrong) fs.writeFileSync(`${part}.state`, mark);
      else fs.rmSync(`${part}.state`, { force: true });
      for await (const chunk of response.body ?? []) {
        clearTimeout(timer);
        timer = setTimeout(() => stop.abort(), STALLED_MS);
        writeAll(handle, chunk as Uint8Array);
      }
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
    const length = response.headers.get("content-length");
    const expected = length === null ? null : Number(length) + (goesOn ? from : 0);
    if (expected === null || sizeOf(part) === expected) return null;
    return { words: "the answer ended too early", waitMs: null };
  } catch (error) {
    return passing(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Only where the same bytes are certain: `If-Range` asks for all of it when they are not. */
function rangeHeaders(from: number, mark: string): Record<string, string> {
  return { range: `bytes=${from}-`, "if-range": mark };
}

async function follow(
  first: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  let url = first;
  for (let count = 0; count <= MOST_REDIRECTS; count += 1) {
    const { username, password } = url;
    const bare = new URL(url);
    bare.username = "";
    bare.password = "";
    const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
    const response = await fetch(bare, {
      headers: {
        ...headers,
        // What is compressed on the way has no ranges and another length.
        "accept-encoding": "identity",
        ...(username === "" ? {} : { authorization: `Basic ${login.toString("base64")}` }),
      },
      redirect: "manual",
      signal,
    });
    const to = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || to === null) return response;
    await response.body?.cancel();
    const next = new URL(to, bare);
    const isSafe =
      next.protocol === "https:" || (next.protocol === "http:" && url.protocol === "http:");
    if (!isSafe)
      throw new StepFailure(
        `${shownUrl(first)} leads to ${next.protocol}//${next.host}, which is not read`,
        "https: may lead to https: only; name the address where the file is",
      );
    url = next;
  }
  throw new StepFailure(
    `${shownUrl(first)} leads on more than ${MOST_REDIRECTS} times`,
    "name the address where the file is",
  );
}

function refusalOf(response: Response, url: URL, part: string): Passing | null {
  const { status } = response;
  if (status === 200 || status === 206) return null;
  void response.body?.cancel();
  if (status === 416) {
    fs.rmSync(part, { force: true });
    fs.rmSync(`${part}.state`, { force: true });
    return { words: "the file there is shorter than what arrived before", waitMs: 0 };
  }
  if (status >= 500 || [408, 425, 429].includes(status)) {
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    return { words: `it answered ${status}`, waitMs: seconds >= 0 ? seconds * 1000 : null };
  }
  const hint =
    status === 401 || status === 403
      ? "an address that needs a login is a datastore: stepwell datastore create, and the component import"
      : "look at the address in a browser, and write the one that the file has now";
  throw new StepFailure(`${shownUrl(url)} answered ${status}`, hint);
}

function startOf(response: Response): number {
  return Number(
    /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? Number.NaN,
  );
}

function passing(error: unknown): Passing {
  if (error instanceof StepFailure) throw error;
  const { name, cause, code } = error as Error & { readonly code?: string };
  if (code !== undefined && typeof code === "string" && /^E(NOSPC|DQUOT|ACCES|ROFS)$/.test(code))
    throw error;
  if (name === "AbortError") return { words: `no byte for ${STALLED_MS / 1000} s`, waitMs: null };
  const { code: reason, message } = (cause ?? {}) as {
    readonly code?: string;
    readonly message?: string;
  };
  return { words: reason ?? message ?? "the connection broke", waitMs: null };
}

function readState(part: string): string | null {
  return fs.existsSync(part) && fs.existsSync(`${part}.state`)
    ? fs.readFileSync(`${part}.state`, "utf8")
    : null;
}

function sizeOf(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(handle, bytes, at);
}
