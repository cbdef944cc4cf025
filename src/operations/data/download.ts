// Brings a public URL to a local file once; asked again, the server's ETag, or else its date and size, decide whether to
// fetch anew. A file becomes visible only when it is complete. A server in trouble is asked a few times.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { isOutOfSpace } from "../../core/out-of-space.ts";
import { openFile, readText } from "../../ports/read-file.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { AskServer } from "../workspace.ts";
import { type Patience, patience, SILENCE_MS, writeBody } from "./answer-body.ts";

interface Remembered {
  /** Without what may be a secret in it. */
  readonly url: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** This and what follows is absent in what older versions wrote: they fetch once more. */
  readonly sizeBytes?: string | null;
  /** The file was not new when it was answered. */
  readonly settled?: boolean;
  /** What was brought here: a step may have written to it since. */
  readonly copy?: { readonly sizeBytes: number; readonly mtimeMs: number; readonly sha256: string };
}

export interface DownloadOptions {
  readonly fetch: AskServer;
  /** Lines about one that takes long. */
  readonly say?: (line: string) => void;
  readonly silenceMs?: number;
  /** Before each new try of what may pass. */
  readonly waitsMs?: readonly number[];
}

const WAITS_MS = [250, 500, 1000];

/** What a server says that is in trouble, and not sure of its answer. */
const IN_TROUBLE: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** A try that may end otherwise the next time, and what it comes to when there is none. */
interface Passing {
  readonly settle: () => string | Refusal;
}

/** Local path of the bytes behind `url`. Without a network, a copy that is there is used. */
export async function download(
  folder: string,
  url: string,
  options: DownloadOptions,
): Promise<string | Refusal> {
  const waits = [...(options.waitsMs ?? WAITS_MS)];
  for (;;) {
    const found = await downloadNow(folder, url, options);
    if (typeof found === "string" || !("settle" in found)) return found;
    const waitMs = waits.shift();
    if (waitMs === undefined) return found.settle();
    await delay(waitMs);
  }
}

async function downloadNow(
  folder: string,
  url: string,
  { fetch, say = () => undefined, silenceMs = SILENCE_MS }: DownloadOptions,
): Promise<string | Refusal | Passing> {
  const { username, password } = new URL(url);
  const shown = withoutSecrets(url);
  if (username !== "" || password !== "")
    return refuse(
      "download_refused",
      `${shown}: the address holds a user or password`,
      "register a datastore for it (type: http, credentials: {user, password}): stepwell datastore create FILE",
    );
  const place = path.join(folder, downloadName(url));
  const file = path.join(place, fileName(url));
  const known = await rememberedOf(file, memoryOf(place));
  const copyAsItIs = (): string => {
    markUsed(memoryOf(place));
    return file;
  };
  const copyAfter = (reason: string): string => {
    say(`${shown} ${reason}: what was fetched earlier is used`);
    return copyAsItIs();
  };
  const waiting = patience(silenceMs);
  try {
    const response = await ask(fetch, url, known, waiting.signal);
    if (response instanceof Error)
      return known === null
        ? notFetched(url, response)
        : copyAfter(`cannot be reached (${reasonOf(response)})`);
    const isSettled = response.status === 304 || (known !== null && isSame(known, response));
    if (isSettled || !response.ok || response.body === null) {
      await response.body?.cancel();
      if (isSettled) return copyAsItIs();
      const answer = `answered ${response.status} ${response.statusText}`;
      if (!IN_TROUBLE.has(response.status)) return notGiven(shown, answer);
      return { settle: () => (known === null ? inTrouble(url, answer) : copyAfter(answer)) };
    }
    // From here on an older copy is known to be old.
    const tell = (line: string): void => say(`fetching ${shown}: ${line}`);
    const copy = await keep(response, file, waiting, tell);
    fs.writeFileSync(memoryOf(place), JSON.stringify({ ...remember(url, response), copy }));
    return file;
  } catch (error) {
    const failed = notFetched(url, error as Error);
    return waiting.signal.aborted || isOutOfSpace(error) ? failed : { settle: () => failed };
  } finally {
    waiting.end();
  }
}

/** No run may name it yet: `gc` leaves what is young. */
function markUsed(memory: string): void {
  const now = new Date();
  try {
    fs.utimesSync(memory, now, now);
  } catch {
    // Another user's: it serves all the same.
  }
}

/** What this copy is of. */
function memoryOf(place: string): string {
  return path.join(place, "source.json");
}

async function ask(
  fetch: AskServer,
  url: string,
  known: Remembered | null,
  signal: AbortSignal,
): Promise<Response | Error> {
  try {
    return await fetch(url, { headers: conditions(known), signal });
  } catch (error) {
    return error as Error;
  }
}

let begun = 0;

/** The file is seen when it is whole. */
async function keep(
  response: Response,
  file: string,
  waiting: Patience,
  tell: (line: string) => void,
): Promise<Remembered["copy"]> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  // Two runs that one program submits at once may ask for the same.
  begun += 1;
  const partial = `${file}.${process.pid}-${begun}.partial`;
  try {
    await writeBody(response, partial, waiting, tell);
    const copy = await copyOf(partial);
    fs.renameSync(partial, file);
    return copy;
  } finally {
    fs.rmSync(partial, { force: true });
  }
}

function reasonOf(error: Error & { cause?: unknown }): string {
  const { message } = error.name === "AbortError" ? (error.cause as Error) : error;
  return message === "aborted" ? "its answer broke off" : message;
}

function notFetched(url: string, error: Error): Refusal {
  const says = `${withoutSecrets(url)} could not be fetched: ${reasonOf(error)}`;
  return refuse("download_failed", says, otherwise(url));
}

function inTrouble(url: string, answer: string): Refusal {
  const says = `${withoutSecrets(url)} ${answer}`;
  return refuse("download_failed", says, `try again when it answers, or ${otherwise(url)}`);
}

function notGiven(shown: string, answer: string): Refusal {
  const hint = "look whether the address is right, or write a path in its place";
  return refuse("download_refused", `${shown} ${answer}`, hint);
}

function otherwise(url: string): string {
  const address = withoutSecrets(url) === url ? url : "ADDRESS";
  return `map it to a local copy in stepwell.yml: url_map: {"${address}": ./copy}, or write a path in its place`;
}

/** A query may be a signature. */
function withoutSecrets(url: string): string {
  const shown = new URL(url);
  if (`${shown.username}${shown.password}${shown.search}` === "") return url;
  shown.username = "";
  shown.password = "";
  shown.search = "";
  return shown.href;
}

/** Name of the folder that a URL's bytes lie in. */
export function downloadName(url: string): string {
  return createHash("sha256").update(url).digest("hex").slice(0, 24);
}

function fileName(url: string): string {
  const last = path.posix.basename(new URL(url).pathname);
  const safe = last.replaceAll(/[^A-Za-z0-9._-]/g, "_").slice(0, 100);
  return safe === "" || safe === "source.json" ? "data" : safe;
}

/** Null where the file is not there, or not as it was brought. */
async function rememberedOf(file: string, memory: string): Promise<Remembered | null> {
  try {
    const known = JSON.parse(readText(memory)) as Remembered;
    const { size, mtimeMs } = fs.statSync(file);
    if (known.copy === undefined) return null;
    if (known.copy.sizeBytes === size && known.copy.mtimeMs === mtimeMs) return known;
    return known.copy.sha256 === (await copyOf(file)).sha256 ? known : null;
  } catch {
    return null;
  }
}

async function copyOf(file: string): Promise<NonNullable<Remembered["copy"]>> {
  const hash = createHash("sha256");
  await pipeline(fs.createReadStream(file, { fd: openFile(file) }), hash);
  const { size, mtimeMs } = fs.statSync(file);
  return { sizeBytes: size, mtimeMs, sha256: hash.digest("hex") };
}

/**
 * An ETag says for certain. A date does not: servers take any older one for unchanged, and a second has room for two
 * versions. So the answer itself is looked at, and its bytes are left where nothing in it is another.
 */
function conditions(known: Remembered | null): Record<string, string> {
  return known?.etag ? { "if-none-match": known.etag } : {};
}

function isSame(known: Remembered, response: Response): boolean {
  const { etag, lastModified, sizeBytes, settled } = known;
  if (etag !== null || settled !== true || !response.ok) return false;
  const now = remember(known.url, response);
  return now.lastModified === lastModified && now.sizeBytes === sizeBytes;
}

/** A file that was written within this time before the answer may have been written again without another date. */
const SETTLED_MS = 2000;

function remember(url: string, response: Response): Remembered {
  const lastModified = response.headers.get("last-modified");
  const answeredAt = Date.parse(response.headers.get("date") ?? "");
  return {
    url: withoutSecrets(url),
    etag: response.headers.get("etag"),
    lastModified,
    sizeBytes: response.headers.get("content-length"),
    settled: answeredAt - Date.parse(lastModified ?? "") > SETTLED_MS,
  };
}
