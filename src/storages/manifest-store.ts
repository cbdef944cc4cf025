// Keeps the list of what each folder held, under the folder's content id. A manifest that does not give its own id any
// more is damaged and counts as missing.

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ContentId, Manifest, ManifestEntry } from "../core/content.ts";
import { readText, textOrNull } from "../ports/read-file.ts";
import { folderId, sortByBytes } from "./folder-id.ts";
import { uniqueNumber } from "./unique-number.ts";

export function manifestsFolder(storeFolder: string): string {
  return join(storeFolder, ".manifests");
}

export function manifestPath(storeFolder: string, id: ContentId): string {
  const hex = id.slice("sha256:".length);
  return join(manifestsFolder(storeFolder), hex.slice(0, 2), `${hex}.json`);
}

/** Writes it unless it is there as it must be; gives its path. */
export function writeManifest(
  storeFolder: string,
  id: ContentId,
  entries: readonly ManifestEntry[],
): string {
  const path = manifestPath(storeFolder, id);
  const sorted = sortByBytes([...entries], (entry) => entry.path);
  const manifest: Manifest = { format: 1, entries: sorted };
  const text = JSON.stringify(manifest);
  // A power cut may have left one of the same length.
  if (textOrNull(path) === text) return path;
  const temporary = `${path}.${process.pid}.${uniqueNumber()}.tmp`;
  try {
    writeFileSync(temporary, text);
  } catch {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, text);
  }
  renameSync(temporary, path);
  return path;
}

/** Null when never stored, removed or damaged. */
export function readManifest(storeFolder: string, id: ContentId): Manifest | null {
  try {
    const manifest = JSON.parse(readText(manifestPath(storeFolder, id))) as Manifest;
    if (manifest.format !== 1 || folderId(manifest.entries) !== id) return null;
    return manifest;
  } catch {
    return null;
  }
}
