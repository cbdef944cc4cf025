// Finds the folders that hold some file or folder, by the lists of what folders hold. A list is parsed only when the digits
// stand in its text. Knows nothing of where those folders lie.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ContentId, ManifestEntry } from "../core/content.ts";
import type { Holder } from "../ports/contents.ts";
import { readText } from "../ports/read-file.ts";
import { manifestsFolder, readManifest } from "./manifest-store.ts";

export async function findHolders(storeFolder: string, id: ContentId): Promise<readonly Holder[]> {
  const inner = readManifest(storeFolder, id)?.entries ?? null;
  const wanted = inner?.find((entry) => entry.type === "file")?.id ?? (inner === null ? id : null);
  if (wanted === null) return [];
  const holders: Holder[] = [];
  const root = manifestsFolder(storeFolder);
  for (const part of await namesIn(root))
    for (const name of await namesIn(join(root, part))) {
      const folder = `sha256:${name.slice(0, -".json".length)}` as ContentId;
      if (!name.endsWith(".json") || folder === id) continue;
      if (!names(join(root, part, name), wanted)) continue;
      const entries = readManifest(storeFolder, folder)?.entries ?? [];
      const found = inner === null ? fileIn(entries, id) : folderIn(entries, inner);
      if (found !== null) holders.push({ folder, path: found });
    }
  return holders;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** Does the text of a list name the id? */
function names(file: string, id: ContentId): boolean {
  try {
    return readText(file).includes(id);
  } catch {
    return false;
  }
}

function fileIn(entries: readonly ManifestEntry[], id: ContentId): string | null {
  return entries.find((entry) => entry.type === "file" && entry.id === id)?.path ?? null;
}

/** A folder is there where all of its files are, and no other. */
function folderIn(
  entries: readonly ManifestEntry[],
  inner: readonly ManifestEntry[],
): string | null {
  const first = inner.find((entry) => entry.type === "file");
  const wanted = inner.map((entry) => identityOf(entry)).join("\n");
  for (const entry of entries) {
    if (first === undefined || !entry.path.endsWith(`/${first.path}`)) continue;
    const folder = entry.path.slice(0, -first.path.length);
    const inside = entries.filter((other) => other.path.startsWith(folder));
    if (inside.map((other) => identityOf(other, folder.length)).join("\n") === wanted)
      return folder.slice(0, -1);
  }
  return null;
}

function identityOf(entry: ManifestEntry, from = 0): string {
  return JSON.stringify({ ...entry, path: entry.path.slice(from) });
}
