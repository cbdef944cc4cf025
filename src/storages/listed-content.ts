// The content of files that lie elsewhere, from what is known of each. Nothing is read.

import type { Content, ManifestEntry } from "../core/content.ts";
import type { Contents } from "../ports/contents.ts";
import { folderId, sortByBytes } from "./folder-id.ts";
import { writeManifest } from "./manifest-store.ts";

/** Equal to no seal: whatever lies here in their stead is read once. */
const NO_SEAL = "";

export function listedContent(
  storeFolder: string,
  ...[kind, files]: Parameters<Contents["identifyListed"]>
): Content {
  const sizeBytes = files.reduce((sum, file) => sum + file.size, 0);
  const [only] = files;
  if (kind === "file" && only !== undefined)
    return { kind, id: only.id, sizeBytes, files: 1, seal: NO_SEAL };
  const entries = files.map(
    (file): ManifestEntry => ({ type: "file", executable: false, ...file }),
  );
  const sorted = sortByBytes(entries, (entry) => entry.path);
  const id = folderId(sorted);
  writeManifest(storeFolder, id, sorted);
  return { kind: "folder", id, sizeBytes, files: files.length, seal: NO_SEAL };
}
