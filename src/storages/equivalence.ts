// The id of a folder without what its output's rule leaves out: equal for outputs that count as the same. Reads one small
// file at most; the bytes themselves were hashed before.

import { join } from "node:path";
import type { ContentId, ManifestEntry } from "../core/content.ts";
import { ignorePatterns, isIgnored } from "../core/ignore-patterns.ts";
import { lastingModel, type SameRule } from "../core/same-output.ts";
import { readText } from "../ports/read-file.ts";
import { bytesId, folderId } from "./folder-id.ts";

const MODEL_FILE = "MLmodel";
/** A bigger one counts by its bytes. */
const MODEL_BYTES = 1 << 20;

/** The entries that count, and their id. */
export function equivalentEntries(
  folder: string,
  entries: readonly ManifestEntry[],
  rule: string,
): { readonly id: ContentId; readonly entries: readonly ManifestEntry[] } {
  const { mlflow, ignore: patterns } = JSON.parse(rule) as SameRule;
  const ignored = ignorePatterns(patterns.join("\n"));
  const counted = entries
    .filter((entry) => !isIgnored(ignored, entry.type === "folder" ? `${entry.path}/` : entry.path))
    .map((entry) => (mlflow ? lasting(folder, entry) : entry));
  return { id: folderId(counted), entries: counted };
}

function lasting(folder: string, entry: ManifestEntry): ManifestEntry {
  if (entry.path !== MODEL_FILE || entry.type !== "file" || entry.size > MODEL_BYTES) return entry;
  const text = lastingModel(readText(join(folder, MODEL_FILE)));
  return { ...entry, size: Buffer.byteLength(text), id: bytesId(text) };
}
