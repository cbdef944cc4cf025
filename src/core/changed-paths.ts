// Which entries of a folder differ between two manifests: new, gone, or other content. Pure.

import type { Manifest, ManifestEntry } from "./content.ts";

/** Paths in order. */
export function changedPaths(before: Manifest, after: Manifest): readonly string[] {
  const old = byPath(before);
  const now = byPath(after);
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return paths.filter((path) => old.get(path) !== now.get(path));
}

function byPath(manifest: Manifest): ReadonlyMap<string, string> {
  return new Map(manifest.entries.map((entry) => [entry.path, identityOf(entry)]));
}

function identityOf(entry: ManifestEntry): string {
  if (entry.type === "file") return `${entry.id}${entry.executable ? " x" : ""}`;
  return entry.type === "link" ? `link ${entry.target}` : "folder";
}
