// Validated graphs by the content of the files that they were read from: reading ten thousand steps anew costs half a
// second, reading them back a twentieth. Best effort: what cannot be read back is read anew.

import { hash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { checkedText, textOfChecked } from "../../core/checked-text.ts";
import { packGraph, unpackGraph } from "../../core/packed-graph.ts";
import { readText } from "../../ports/read-file.ts";
import { GRAPH_FORMAT, type Graph } from "../../spec/graph.ts";
import type { Problem } from "../../spec/problem.ts";
import { places, type Workspace } from "../workspace.ts";
import type { DefinitionFiles } from "./definition-files.ts";

type Kind = "file" | "folder" | null;

/** A graph without errors, and everything that it depends on besides the options. */
export interface CacheableGraph {
  readonly graph: Graph;
  /** Warnings. */
  readonly problems: readonly Problem[];
  /** Absolute paths of the files that it was read from. */
  readonly named: readonly string[];
  readonly kinds: ReadonlyMap<string, Kind>;
}

export interface GraphCache {
  /** Null when it is not known, or anything that it was read from has changed. */
  read(): Omit<CacheableGraph, "kinds"> | null;
  write(loaded: CacheableGraph): void;
}

/** Behind this an entry's digest: a command that the disk has altered would be run. */
const FORMAT = "stepwell graph";

/** First line of an entry's text; the packed graph follows. */
interface Head {
  readonly files: readonly (readonly [path: string, sha256: string | null])[];
  readonly kinds: readonly (readonly [path: string, kind: Kind])[];
  readonly problems: readonly Problem[];
}

/** Entries that stay; older ones go when a new one is written. */
const KEPT = 32;

/**
 * `files`: as the graph is read from them, or was read; `options`: everything that decides, besides files, what a
 * definition means, as plain JSON data.
 */
export function graphCache(
  workspace: Pick<Workspace, "folder">,
  files: Pick<DefinitionFiles, "digest">,
  options: unknown,
): GraphCache {
  const folder = places.graphCache(workspace.folder);
  const key = hash("sha256", JSON.stringify([GRAPH_FORMAT, programId(), options]));
  const file = path.join(folder, key);
  return {
    read() {
      try {
        const text = textOfChecked(FORMAT, readText(file));
        if (text === null) return null;
        const end = text.indexOf("\n");
        const head = JSON.parse(text.slice(0, end)) as Head;
        if (!isUnchanged(head, files)) return null;
        const named = head.files.map(([one]) => one);
        return { graph: unpackGraph(text.slice(end + 1)), problems: head.problems, named };
      } catch {
        return null;
      }
    },
    write({ graph, problems, named, kinds }) {
      const head: Head = {
        files: named.map((one) => [one, files.digest(one)]),
        kinds: [...kinds],
        problems,
      };
      try {
        // Looking at a file must not make a workspace.
        if (!fs.existsSync(places.dot(workspace.folder))) return;
        fs.mkdirSync(folder, { recursive: true });
        const partial = `${file}.${process.pid}.partial`;
        const text = `${JSON.stringify(head)}\n${packGraph(graph).text}`;
        fs.writeFileSync(partial, checkedText(FORMAT, text));
        fs.renameSync(partial, file);
        forgetOldest(folder);
      } catch {
        // A full or read-only disk: the next command reads the files again.
      }
    },
  };
}

function isUnchanged(head: Head, files: Pick<DefinitionFiles, "digest">): boolean {
  return (
    head.files.every(([one, content]) => files.digest(one) === content) &&
    head.kinds.every(([one, kind]) => kindOf(one) === kind)
  );
}

export function kindOf(at: string): Kind {
  try {
    return fs.statSync(at).isDirectory() ? "folder" : "file";
  } catch {
    // Also behind a file, in a ring of links, or where nobody may look.
    return null;
  }
}

/** Handed to the bundle of the command line by whoever starts it. */
declare const __id: string | undefined;

/** Changes with every build of this program, released or not. */
function programId(): string {
  if (typeof __id === "string") return __id;
  return hash("sha256", fs.readFileSync(fileURLToPath(import.meta.url)));
}

function forgetOldest(folder: string): void {
  const entries = fs.readdirSync(folder).map((name) => {
    const file = path.join(folder, name);
    return { file, at: fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  });
  const old = entries.sort((a, b) => b.at - a.at).slice(KEPT);
  for (const { file } of old) fs.rmSync(file, { force: true });
}
