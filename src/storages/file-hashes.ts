// Content of single local files, one stat each when nothing has changed. Keeps what is known about the files of each
// folder in memory and writes it back in one go.

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
  /** Writes what was learnt since the last time. */
  save(): void;
}

interface Page {
  readonly ids: Map<string, ContentId>;
  isDirty: boolean;
}

export function fileHashes(cacheFolder: string): FileHashes {
  const pages = new Map<string, Page>();
  const pageOf = (place: string): Page => {
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
      const page = pageOf(filesPlace(path));
      const hashedAt = Date.now();
      const learn = (id: ContentId): Content => {
        if (isSettled(file, hashedAt)) {
          page.ids.set(fileKey(file), id);
          page.isDirty = true;
        }
        return fileContent(file, id);
      };
      const hashed = hash();
      return typeof hashed === "string" ? learn(hashed) : hashed.then(learn);
    },
    save() {
      for (const [place, page] of pages) {
        if (page.isDirty) writePage(cacheFolder, place, { whole: null, ids: newestOf(page.ids) });
        page.isDirty = false;
      }
    },
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
