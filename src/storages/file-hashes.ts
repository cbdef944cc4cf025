// Content of single local files, one stat each when nothing has changed. Keeps what is known about the files of each
// folder in memory while it is asked for, and writes it back in one go.

import type { Stats } from "node:fs";
import { basename } from "node:path";
import type { Content, ContentId } from "../core/content.ts";
import { fileKey, isSettled, readPage, writePage } from "./hash-cache.ts";
import { fileContent, filesPlace } from "./identify.ts";
import { listFile } from "./walk.ts";

export interface FileHashes {
  /** Null when the cache does not know the file as it is now. */
  known(path: string, stats: Stats): Content | null;
  /** Hashes the file and remembers it when it cannot have changed in the same moment. */
  learn(
    path: string,
    stats: Stats,
    hash: () => ContentId | Promise<ContentId>,
  ): Content | Promise<Content>;
  /** Writes what was learnt since the last time. Done by itself, too, when nobody has asked for a while. */
  save(): void;
}

/** Most files are asked for when a run is submitted; of 100,000 all that is known is some 30 MB. */
const REST_MS = 2_000;

interface Page {
  readonly ids: Map<string, ContentId>;
  isDirty: boolean;
}

export function fileHashes(cacheFolder: string): FileHashes {
  const pages = new Map<string, Page>();
  const save = (): void => {
    for (const [place, page] of pages) {
      if (page.isDirty) writePage(cacheFolder, place, { whole: null, ids: newestOf(page.ids) });
      page.isDirty = false;
    }
  };
  let resting: NodeJS.Timeout | null = null;
  const rest = (): void => {
    save();
    pages.clear();
  };
  const pageOf = (place: string): Page => {
    resting = resting?.refresh() ?? setTimeout(rest, REST_MS).unref();
    let page = pages.get(place);
    if (page === undefined) {
      page = { ids: readPage(cacheFolder, place)?.ids() ?? new Map(), isDirty: false };
      pages.set(place, page);
    }
    return page;
  };
  return {
    known(path, stats) {
      const file = listFile(basename(path), stats);
      const id = pageOf(filesPlace(path)).ids.get(fileKey(file));
      return id === undefined ? null : fileContent(file, id);
    },
    learn(path, stats, hash) {
      const file = listFile(basename(path), stats);
      const hashedAt = Date.now();
      const learn = (id: ContentId): Content => {
        if (isSettled(file, hashedAt)) {
          const page = pageOf(filesPlace(path));
          page.ids.set(fileKey(file), id);
          page.isDirty = true;
        }
        return fileContent(file, id);
      };
      const hashed = hash();
      return typeof hashed === "string" ? learn(hashed) : hashed.then(learn);
    },
    save,
  };
}

/** A file that changed leaves its old key behind: of each name only the newest counts. */
function newestOf(ids: ReadonlyMap<string, ContentId>): Map<string, ContentId> {
  const newest = new Map<string, string>();
  for (const key of ids.keys()) newest.set(key.slice(0, key.indexOf("\0")), key);
  const kept = new Map<string, ContentId>();
  for (const key of newest.values()) kept.set(key, ids.get(key) as ContentId);
  return kept;
}
