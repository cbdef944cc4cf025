// Results of others for an engine, a plan, or a person: looked up in the caches of stepwell.yml when this workspace has none,
// fetched when somebody needs the bytes. A cache that cannot be reached is done without.

import fs from "node:fs";
import path from "node:path";
import type { Manifest } from "../../core/content.ts";
import { digest } from "../../core/digest.ts";
import type { OutputRecord } from "../../core/output.ts";
import type { Sought } from "../../engine/engine-ports.ts";
import type { ResultRow } from "../../ports/records.ts";
import { StorageError } from "../../ports/storage.ts";
import type { SharedCacheConfig } from "../../spec/read-caches.ts";
import { inParallel } from "../in-parallel.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import { removeTree } from "../remove-tree.ts";
import { signingKey } from "../signing-key.ts";
import { places, type SharedResults, type Workspace } from "../workspace.ts";
import { importSharedRun } from "./import-run.ts";
import {
  getBytes,
  getManifest,
  hasBytes,
  openCache,
  runsWith,
  type SharedCache,
} from "./shared-cache.ts";

const AT_ONCE = 16;
/** Outputs whose bytes are looked for by one process: each is a question or more over the network. The others are believed to be there. */
const MOST_LOOKED_FOR = 1_000;
/** Of a folder so many files are asked for. */
const MOST_FILES_LOOKED_FOR = 64;

function isElsewhere(record: OutputRecord): boolean {
  return record.shared === true && !fs.existsSync(record.path);
}

/** Whether the bytes are there, by their names. Throws `StorageError`. */
async function seemsWhole(cache: SharedCache, record: OutputRecord): Promise<boolean> {
  if (record.kind === "file") return hasBytes(cache, record.id);
  const manifest = await getManifest(cache, record.id);
  if (manifest === null || !isSafe(manifest)) return false;
  let isWhole = true;
  const files = manifest.entries.flatMap((entry) => (entry.type === "file" ? [entry.id] : []));
  await inParallel(files.slice(0, MOST_FILES_LOOKED_FOR), AT_ONCE, async (id) => {
    isWhole = isWhole && (await hasBytes(cache, id));
  });
  return isWhole;
}

function goneFrom({ config: { caches } }: Workspace): string {
  const [first, ...others] = caches.map(({ url }) => url);
  if (first === undefined) return "in a cache that stepwell.yml does not name any more";
  return others.length === 0
    ? `gone from the cache ${first}`
    : `gone from the caches ${[first, ...others].join(", ")}`;
}

export function createSharedResults(workspace: Workspace): SharedResults {
  const caches = createCaches(workspace);
  const asked = new Set<string>();
  const take = importer(workspace);
  const fetching = new Map<string, Promise<Refusal | null>>();
  const asks = workspace.config.caches.length > 0;
  const missing = new Set<string>();
  let looked = 0;
  /** One that is altered there is found out when it is fetched. */
  const lookFor = async (record: OutputRecord): Promise<void> => {
    if (!isElsewhere(record) || looked >= MOST_LOOKED_FOR) return;
    looked += 1;
    const isThere = await caches.each((cache) => seemsWhole(cache, record));
    if (!isThere && caches.failed() === null) missing.add(record.path);
  };
  const fetchBytes = async (record: OutputRecord): Promise<Refusal | null> => {
    if (await caches.each((cache) => fetchFrom(workspace, cache, record))) return null;
    const failed = caches.failed();
    if (failed !== null) return notReached(record, failed);
    missing.add(record.path);
    return notThere(workspace, record);
  };
  return {
    asks,
    gone: (record) =>
      isElsewhere(record) && (!asks || missing.has(record.path)) ? goneFrom(workspace) : null,
    async lookUp(sought) {
      const fresh = sought.filter((one) => !asked.has(keyOf(one)));
      for (const one of fresh) asked.add(keyOf(one));
      await inParallel(fresh, AT_ONCE, async (one) => {
        // A run that was taken for another step often has the result of this one too.
        const known = await recorded(workspace, one);
        if (known.length === 0) await caches.each((cache) => takeFor(workspace, cache, one, take));
        const now = known.length > 0 ? known : await recorded(workspace, one);
        for (const { result } of now)
          for (const record of Object.values(result.outputs)) await lookFor(record);
      });
    },
    fetch(record) {
      if (!isElsewhere(record)) return Promise.resolve(null);
      const under = fetching.get(record.path) ?? fetchBytes(record);
      fetching.set(record.path, under);
      return under.finally(() => fetching.delete(record.path));
    },
    close: () => caches.close(),
  };
}

/** True when the shared run is in the record. */
type Take = (cache: SharedCache, id: string) => Promise<boolean>;

/** Takes each shared run once, however many steps it has results for; says once why one is not used. */
function importer(workspace: Workspace): Take {
  const taken = new Map<string, Promise<boolean>>();
  const take: Take = async (cache, id) => {
    const key = signingKey(workspace.shell);
    const ownKey = isRefusal(key) ? "" : key.publicKey;
    const imported = await importSharedRun(workspace, cache, { id, ownKey });
    if ("run" in imported) return true;
    workspace.notice(
      `warning: cache ${cache.config.url}: the run ${id.slice(0, 12)} is not used: ${imported.mistake}`,
    );
    return false;
  };
  return (cache, id) => {
    const key = `${cache.config.url}\n${id}`;
    const taking = taken.get(key) ?? take(cache, id);
    taken.set(key, taking);
    return taking;
  };
}

/** Asked for once by a process: of any age, and young. */
function keyOf({ fingerprint, since }: Sought): string {
  return since === null ? fingerprint : `young ${fingerprint}`;
}

/** What may be used of the record. */
async function recorded(
  { records }: Workspace,
  { fingerprint, since }: Sought,
): Promise<readonly ResultRow[]> {
  const rows = await records.results(fingerprint);
  return since === null ? rows : rows.filter(({ finishedAt }) => finishedAt >= since);
}

/** True when a result was taken that may be used: one that was invalidated here is not. */
async function takeFor(
  workspace: Workspace,
  cache: SharedCache,
  sought: Sought,
  take: Take,
): Promise<boolean> {
  for (const id of await runsWith(cache, sought.fingerprint, sought.since)) {
    const isTaken = await take(cache, id);
    if (isTaken && (await recorded(workspace, sought)).length > 0) return true;
  }
  return false;
}

interface Caches {
  /** One that could not be asked; null: all could. */
  failed(): string | null;
  /** Asks each in turn until one says true; false when none does. */
  each(ask: (cache: SharedCache) => Promise<boolean>): Promise<boolean>;
  close(): Promise<void>;
}

/** Opened when they are first asked. One that fails is left alone from then on. */
function createCaches(workspace: Workspace): Caches {
  const open = new Map<SharedCacheConfig, Promise<SharedCache | null>>();
  const failed = new Set<SharedCacheConfig>();
  const giveUp = (config: SharedCacheConfig, why: string): null => {
    if (!failed.has(config))
      workspace.notice(`warning: the cache ${config.url} is done without: ${why}`);
    failed.add(config);
    return null;
  };
  const opened = async (config: SharedCacheConfig): Promise<SharedCache | null> => {
    try {
      const cache = await openCache(workspace, config);
      return isRefusal(cache) ? giveUp(config, cache.message) : cache;
    } catch (error) {
      if (error instanceof StorageError) return giveUp(config, error.message);
      throw error;
    }
  };
  return {
    failed: () => [...failed][0]?.url ?? null,
    async each(ask) {
      for (const config of workspace.config.caches) {
        if (failed.has(config)) continue;
        const opening = open.get(config) ?? opened(config);
        open.set(config, opening);
        const cache = await opening;
        try {
          if (cache !== null && (await ask(cache))) return true;
        } catch (error) {
          if (!(error instanceof StorageError)) throw error;
          giveUp(config, error.message);
        }
      }
      return false;
    },
    async close() {
      for (const opening of open.values()) await (await opening)?.storage.close();
      open.clear();
    },
  };
}

/**
 * Brings bytes to their place when this cache has them whole; nothing is seen there before. One process at a time, on from what
 * a killed one has brought. Throws `StorageError`.
 */
export async function fetchFrom(
  workspace: Workspace,
  cache: SharedCache,
  record: OutputRecord,
): Promise<boolean> {
  const name = `fetch-${digest(`${record.kind} ${record.id} ${record.path}`).slice(-24)}`;
  // What nobody comes back to is taken away by `gc`.
  const partial = path.join(places.downloads(workspace.folder), name);
  const lock = await workspace.lock(`${partial}.lock`, () =>
    workspace.notice(`${record.path} is being fetched by another process`),
  );
  try {
    if (fs.existsSync(record.path)) return true;
    const isWhole =
      (await bring(cache, record, partial)) && (await isIt(workspace, record, partial));
    if (isWhole) {
      fs.mkdirSync(path.dirname(record.path), { recursive: true });
      fs.renameSync(partial, record.path);
    } else removeTree(partial);
    return isWhole;
  } finally {
    lock.release();
  }
}

async function isIt(workspace: Workspace, record: OutputRecord, at: string): Promise<boolean> {
  const type = record.kind === "file" ? "uri_file" : "uri_folder";
  const found = await workspace.contents.identify(at, type);
  return found.ok && found.value.id === record.id;
}

function notThere(workspace: Workspace, record: OutputRecord): Refusal {
  const again = "run again with --force and the name of the step that makes it";
  return refuse(
    "shared_bytes_missing",
    `the bytes of ${record.path} (${record.id.slice(0, 19)}…) are ${goneFrom(workspace)}`,
    workspace.config.caches.length === 0 ? `name it again under \`cache\`, or ${again}` : again,
    1,
  );
}

function notReached(record: OutputRecord, url: string): Refusal {
  return refuse(
    "shared_bytes_missing",
    `the bytes of ${record.path} (${record.id.slice(0, 19)}…) may be in the cache ${url}, which could not be asked`,
    "run again when it can be reached, or with --force and the name of the step that makes it",
    1,
  );
}

/** False: something is missing or not what it should be. */
async function bring(cache: SharedCache, record: OutputRecord, to: string): Promise<boolean> {
  if (record.kind === "file") return getBytes(cache, record, { file: to, mode: 0o444 });
  const manifest = await getManifest(cache, record.id);
  if (manifest === null || !isSafe(manifest)) return false;
  fs.mkdirSync(to, { recursive: true });
  removeLinks(to);
  let isWhole = true;
  await inParallel(manifest.entries, AT_ONCE, async (entry) => {
    if (entry.type === "link" || !isWhole) return;
    const file = path.join(to, entry.path);
    fs.mkdirSync(entry.type === "folder" ? file : path.dirname(file), { recursive: true });
    if (entry.type === "folder") return;
    const mode = entry.executable ? 0o555 : 0o444;
    const bytes = { id: entry.id, sizeBytes: entry.size };
    if (!(await getBytes(cache, bytes, { file, mode }))) isWhole = false;
  });
  // Links come last: nothing is ever written through one.
  for (const entry of manifest.entries) {
    if (entry.type !== "link") continue;
    const at = path.join(to, entry.path);
    fs.mkdirSync(path.dirname(at), { recursive: true });
    fs.symlinkSync(entry.target, at);
  }
  return isWhole;
}

/** Those of a process that was killed. */
function removeLinks(folder: string): void {
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isSymbolicLink()) fs.rmSync(path.join(entry.parentPath, entry.name));
}

/** Nothing of it lies, or points, outside of the folder. */
function isSafe({ format, entries }: Manifest): boolean {
  if (format !== 1 || !Array.isArray(entries)) return false;
  const leaves = (text: string): boolean =>
    path.posix.isAbsolute(text) ||
    text.includes("\0") ||
    path.posix.normalize(text).startsWith("..");
  const links = new Set(entries.filter(({ type }) => type === "link").map((entry) => entry.path));
  const isBelowLink = (at: string): boolean => {
    const above = path.posix.dirname(at);
    return above !== "." && (links.has(above) || isBelowLink(above));
  };
  return entries.every(
    (entry) =>
      typeof entry.path === "string" &&
      entry.path !== "" &&
      !leaves(entry.path) &&
      !isBelowLink(entry.path) &&
      (entry.type !== "link" ||
        !leaves(path.posix.join(path.posix.dirname(entry.path), entry.target))),
  );
}
