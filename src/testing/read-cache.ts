// What tests of shared caches read them with, past the program: every file whole, and nothing that leads to what is not there.
// Knows a cache as its files alone, wherever they lie.

import { createHash } from "node:crypto";
import path from "node:path";
import { expect } from "vitest";

/** Small files, a large one that goes in parts, a link, an executable; and a step that reads some of it. */
export const SHARED_PIPELINE = `
type: pipeline
settings: {default_compute: azureml:local}
jobs:
  many:
    command: >-
      mkdir \${{outputs.d}}/deep;
      for i in 1 2 3 4 5 6 7 8 9; do echo $i > \${{outputs.d}}/deep/$i.txt; done;
      head -c 12000000 /dev/zero > \${{outputs.d}}/large; echo end >> \${{outputs.d}}/large;
      ln -s deep/1.txt \${{outputs.d}}/link; chmod +x \${{outputs.d}}/deep/2.txt
    outputs: {d: {type: uri_folder}}
  one:
    command: cat \${{inputs.d}}/deep/*.txt > \${{outputs.f}}
    inputs: {d: "\${{parent.jobs.many.outputs.d}}"}
    outputs: {f: {type: uri_file}}
`;

interface Recorded {
  readonly result: {
    readonly outputs: Record<string, { readonly id: string; readonly kind: string }>;
  };
}

/** For each of a cache's files its hash. Fails where something is not what its name says, or leads to nothing. */
export function readCache(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, string> {
  const needs = (at: string): void => expect([...files.keys()]).toContain(at);
  const below = (folder: string, id: string): string => {
    const hex = id.replace("sha256:", "");
    return `${folder}/${hex.slice(0, 2)}/${hex}`;
  };
  for (const [at, bytes] of files) {
    const [kind] = at.split("/");
    const name = path.posix.basename(at, ".json");
    if (kind === "bytes") expect(hashOf(bytes)).toBe(name);
    if (kind === "manifests")
      for (const entry of JSON.parse(Buffer.from(bytes).toString()).entries)
        if (entry.type === "file") needs(below("bytes", entry.id));
    if (kind === "results" || kind === "names") needs(`runs/${name}.json`);
    if (kind !== "runs") continue;
    const { body } = JSON.parse(Buffer.from(bytes).toString());
    expect(hashOf(body)).toBe(name);
    for (const { result } of JSON.parse(body).results as readonly Recorded[])
      for (const { id, kind: what } of Object.values(result.outputs))
        needs(what === "file" ? below("bytes", id) : `${below("manifests", id)}.json`);
  }
  return new Map([...files].map(([at, bytes]) => [at, hashOf(bytes)]));
}

export function hashOf(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function countBytes(files: ReadonlyMap<string, string>): number {
  return [...files.keys()].filter((at) => at.startsWith("bytes/")).length;
}

/** What `push` says that it sent. */
export function newFiles(said: string): number {
  return Number(/, (\d+) new files?/.exec(said)?.[1]);
}
