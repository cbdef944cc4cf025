// Results of others for an engine, a plan, or a person: looked up in the caches of stepwell.yml when this workspace has none,
// fetched when somebody needs the bytes. A cache that cannot be reached is done without.

import fs from "node:fs";
import path from "node:path";
import type { Manifest } from "../core/content.ts";
import { digest } from "../core/digest.ts";
import type { OutputRecord } from "../core/output.ts";
import { StorageError } from "../ports/storage.ts";
import type { SharedCacheConfig } from "../spec/read-caches.ts";
import { importSharedRun } from "./import-run.ts";
import { inParallel } from "./in-parallel.ts";
import { isRefusal, type Refusal, refuse } from "./refusal.ts";
import { removeTree } from "./remove-tree.ts";
import { getBytes, getManifest, openCache, runsWith, type SharedCache } from "./shared-cache.ts";
import { signingKey } from "./signing-key.ts";
import { places, type Workspace } from "./workspace.ts";

export interface SharedResults {
  /** Takes results of others for these into the record, where there are any. */
  lookUp(fingerprints: readonly string[]): Promise<void>;
  /** Brings the bytes of an output to its path, unless they are there. */
  fetch(record: OutputRecord): Promise<Refusal | null>;
  close(): Promise<void>;
}

const AT_ONCE = 16;

export function createSharedResults(workspace: Workspace): SharedResults {
  const caches = createCaches(workspace);
  const asked = new Set<string>();
  const take = importer(workspace);
  const fetching = new Map<string, Promise<Refusal | null>>();
  return {
    async lookUp(fingerprints) {
      const fresh = fingerprints.filter((one) => !asked.has(one));
      for (const one of fresh) asked.add(one);
      await inParallel(fresh, AT_ONCE, async (one) => {
        // A run that was taken for another step often has the result of this one too.
        const known = await workspace.records.results([one]);
        if (known.size === 0) await caches.each((cache) => takeFor(cache, one, take));
      });
    },
    fetch(record) {
      if (record.shared !== true || fs.existsSync(record.path)) return Promise.resolve(null);
      const under = fetching.get(record.path) ?? fetchBytes(workspace, caches, record);
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

/** True when a result was taken. */
async function takeFor(cache: SharedCache, fingerprint: string, take: Take): Promise<boolean> {
  for (const id of await runsWith(cache, fingerprint)) if (await take(cache, id)) return true;
  return false;
}

interface Caches {
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

async function fetchBytes(
  workspace: Workspace,
  caches: Caches,
  record: OutputRecord,
): Promise<Refusal | null> {
  const isThere = await caches.each((cache) => fetchFrom(workspace, cache, record));
  return isThere ? null : gone(record);
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

function gone(record: OutputRecord): Refusal {
  return refuse(
    "shared_bytes_missing",
    `the bytes of ${record.path} (${record.id.slice(0, 19)}…) are in no cache any more`,
    "run again with --force and the name of the step that makes it",
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
