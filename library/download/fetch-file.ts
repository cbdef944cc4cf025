// Brings one file to a place, whole: a connection that breaks is made again and goes on behind what is there already, if the
// server says that the file is still the same. Knows no checksums.

import fs from "node:fs";
import { ask, BadRedirect } from "../../src/datastores/http-follow.ts";
import { ProxyRefusal } from "../../src/datastores/http-proxy.ts";
import {
  discard,
  type HttpAnswer,
  HttpConnections,
  lengthOf,
} from "../../src/datastores/http-request.ts";
import { NoAnswer } from "../../src/datastores/patience.ts";
import type { HttpCredentials } from "../../src/spec/datastore.ts";
import { StepFailure } from "../runtime/program.ts";
import { shownUrl } from "./wanted-files.ts";

interface Manner {
  readonly retries: number;
  readonly say: (line: string) => void;
}

/** No byte for so long is a broken connection. */
const STALLED_MS = 60_000;
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
  const stall = (): void => stop.abort(new NoAnswer(STALLED_MS));
  let timer = setTimeout(stall, STALLED_MS);
  const connections = new HttpConnections();
  try {
    const state = readState(part);
    const from = state === null ? 0 : sizeOf(part);
    const response = await ask(connections, {
      method: "GET",
      url: bare(url),
      headers: from === 0 ? {} : rangeHeaders(from, state ?? ""),
      credentials: login(url),
      signal: stop.signal,
    });
    stop.signal.addEventListener("abort", () => response.body.destroy(stop.signal.reason));
    const refused = refusalOf(response, url, part);
    if (refused !== null) return refused;
    const goesOn = response.status === 206 && startOf(response) === from;
    if (goesOn) say(`${shownUrl(url)}: going on behind ${from} bytes`);
    const mark = response.headers.etag ?? response.headers["last-modified"];
    const isStrong = mark !== undefined && !mark.startsWith("W/");
    const handle = fs.openSync(part, goesOn ? "a" : "w");
    try {
      if (isStrong) fs.writeFileSync(`${part}.state`, mark);
      else fs.rmSync(`${part}.state`, { force: true });
      for await (const chunk of response.body) {
        clearTimeout(timer);
        timer = setTimeout(stall, STALLED_MS);
        writeAll(handle, chunk as Uint8Array);
      }
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
    const length = lengthOf(response.headers);
    const expected = length === null ? null : length + (goesOn ? from : 0);
    if (expected === null || sizeOf(part) === expected) return null;
    return { words: "the answer ended too early", waitMs: null };
  } catch (error) {
    return passing(error, url);
  } finally {
    clearTimeout(timer);
    connections.close();
  }
}

/** Only where the same bytes are certain: `If-Range` asks for all of it when they are not. */
function rangeHeaders(from: number, mark: string): Record<string, string> {
  return { range: `bytes=${from}-`, "if-range": mark };
}

/** A login in the address goes to that server alone. */
function login({ username, password }: URL): HttpCredentials<string> {
  if (username === "" && password === "") return { kind: "none" };
  const [user, secret] = [username, password].map(decodeURIComponent);
  return { kind: "basic", user: user ?? "", password: secret ?? "" };
}

function bare(url: URL): URL {
  const without = new URL(url);
  without.username = "";
  without.password = "";
  return without;
}

function refusalOf(response: HttpAnswer, url: URL, part: string): Passing | null {
  const { status } = response;
  if (status === 200 || status === 206) return null;
  discard(response);
  if (status === 416) {
    fs.rmSync(part, { force: true });
    fs.rmSync(`${part}.state`, { force: true });
    return { words: "the file there is shorter than what arrived before", waitMs: 0 };
  }
  if (status >= 500 || [408, 425, 429].includes(status)) {
    const seconds = Number(response.headers["retry-after"] ?? Number.NaN);
    return { words: `it answered ${status}`, waitMs: seconds >= 0 ? seconds * 1000 : null };
  }
  const hint =
    status === 401 || status === 403
      ? "an address that needs a login is a datastore: stepwell datastore create, and the component import"
      : "look at the address in a browser, and write the one that the file has now";
  throw new StepFailure(`${shownUrl(url)} answered ${status}`, hint);
}

function startOf({ headers }: HttpAnswer): number {
  return Number(/^bytes (\d+)-/.exec(headers["content-range"] ?? "")?.[1] ?? Number.NaN);
}

/** What no second try would mend, and what would. */
const LASTING: readonly (readonly [codes: RegExp, hint: string])[] = [
  [/^ENOTFOUND$/, "correct the name of the host; where only a proxy knows it, set HTTPS_PROXY"],
  [
    /CERT|SIGNATURE|^ERR_TLS|^ERR_SSL|^EPROTO$/,
    "the connection is not safe: name the authority with NODE_EXTRA_CA_CERTS, or correct the address",
  ],
];

function passing(error: unknown, url: URL): Passing {
  if (error instanceof StepFailure) throw error;
  const { message, code = "" } = error as NodeJS.ErrnoException;
  if (error instanceof BadRedirect)
    throw new StepFailure(`${shownUrl(url)}: ${message}`, "name the address where the file is");
  if (/^E(NOSPC|DQUOT|ACCES|ROFS)$/.test(code)) throw error;
  const hint = LASTING.find(([codes]) => codes.test(code))?.[1];
  if (hint !== undefined) throw new StepFailure(`${shownUrl(url)}: ${code}`, hint);
  if (error instanceof ProxyRefusal || error instanceof NoAnswer)
    return { words: message, waitMs: null };
  return { words: code === "" ? "the connection broke" : code, waitMs: null };
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
