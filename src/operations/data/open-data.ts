// Opens data to look at it where it lies: a file or folder of this machine, or of a storage by ranges. Nothing is brought
// here, and nothing is identified but what was registered or made by a run.

import fs from "node:fs";
import path from "node:path";
import type { Storage } from "../../ports/storage.ts";
import type { DataReference } from "../../spec/graph.ts";
import { type ByteSource, localSource, storageSource } from "../../tables/byte-source.ts";
import { shownName } from "../../transfers/entry-names.ts";
import { countLeftOut } from "../../transfers/left-out.ts";
import { readablePath } from "../recorded/readable-path.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { openForReading, type RemoteSource, remoteSource } from "./remote-source.ts";
import { createDataResolver, type DataDefinition, mapUrl, storeFolder } from "./resolve-data.ts";
import { unlessStorageFails } from "./storage-refusal.ts";

export interface DataFile {
  /** Below the folder; the name of a file. */
  readonly path: string;
  readonly sizeBytes: number;
}

export interface OpenData {
  /** As the user may write it. */
  readonly written: string;
  readonly kind: "file" | "folder";
  /** Of this machine; null elsewhere and of a file. */
  readonly folder: string | null;
  /** Sorted by path; of a file itself alone. No more than can be looked at. */
  readonly files: readonly DataFile[];
  /** There are more files than these. */
  readonly isCut: boolean;
  /** What a person should know of how it was found. */
  readonly notes: readonly string[];
  open(file: DataFile): ByteSource;
  close(): Promise<void>;
}

/** More are only counted as more. */
const MOST_FILES = 100_000;

export function openData(
  workspace: Workspace,
  reference: DataReference,
): Promise<OpenData | Refusal> {
  return unlessStorageFails(() => openReference(workspace, reference, []));
}

async function openReference(
  workspace: Workspace,
  reference: DataReference,
  notes: readonly string[],
): Promise<OpenData | Refusal> {
  switch (reference.kind) {
    case "local":
      return openLocal(reference.path, reference.path, notes);
    case "run_output":
      return openResolved(workspace, reference, notes);
    case "asset":
      return openAsset(workspace, reference);
    case "datastore": {
      const root = await storeFolder(workspace, reference.datastore);
      if (isRefusal(root)) return root;
      if (root !== null) return openResolved(workspace, reference, notes);
      return openElsewhere(workspace, await remoteSource(workspace, reference), notes);
    }
    case "url":
      return openUrl(workspace, reference.url, notes);
    default:
      return reference satisfies never;
  }
}

/** By the way that steps get it: what a name stands for is checked. */
async function openResolved(
  workspace: Workspace,
  reference: DataReference,
  notes: readonly string[],
): Promise<OpenData | Refusal> {
  const found = await createDataResolver(workspace).resolve(reference, "uri_folder");
  if (isRefusal(found)) return found;
  const { path: at, content, written } = found;
  // The resolver refuses what is neither as it was recorded nor kept.
  const kept = await readablePath(workspace, { path: at, content });
  if (kept === at) return openLocal(at, written, notes);
  const note = `${at} is not what was recorded any more; this is the copy that was kept of it`;
  return openLocal(kept, written, [...notes, note], path.basename(at));
}

async function openAsset(
  workspace: Workspace,
  reference: Extract<DataReference, { kind: "asset" }>,
): Promise<OpenData | Refusal> {
  const { name, version, label } = reference;
  const asset =
    (await workspace.records.asset("data", name, version, label)) ??
    (await workspace.records.asset("model", name, version, label));
  if (asset === null) return openResolved(workspace, reference, []);
  const { reference: place } = JSON.parse(asset.definition) as DataDefinition;
  if (!(await isElsewhere(workspace, place))) return openResolved(workspace, reference, []);
  const note = `${name}:${asset.version} is shown as it is there now, without comparing its bytes with those that were registered`;
  return openReference(workspace, place, [note]);
}

async function isElsewhere(workspace: Workspace, place: DataReference): Promise<boolean> {
  if (place.kind === "url") return true;
  if (place.kind !== "datastore") return false;
  return (await storeFolder(workspace, place.datastore)) === null;
}

async function openUrl(
  workspace: Workspace,
  url: string,
  notes: readonly string[],
): Promise<OpenData | Refusal> {
  const target = mapUrl(workspace.config.urlMap, url) ?? url;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(target)) return openLocal(target, url, notes);
  if (!/^https?:/i.test(target))
    return openElsewhere(
      workspace,
      await remoteSource(workspace, { kind: "url", url: target }),
      notes,
    );
  const { pathname } = new URL(target);
  const cut = pathname.lastIndexOf("/");
  const base = new URL(target);
  base.pathname = pathname.slice(0, cut + 1);
  base.hash = "";
  const definition = { type: "http", url: base.href, credentials: { kind: "none" } } as const;
  const inside = decoded(pathname.slice(cut + 1));
  // What an address is signed with is for nobody to read.
  const written = target.replace(/[?#].*$/, "");
  return openElsewhere(workspace, { whose: base.host, definition, path: inside, written }, notes);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function openElsewhere(
  workspace: Workspace,
  source: RemoteSource | Refusal | null,
  notes: readonly string[],
): Promise<OpenData | Refusal> {
  if (source === null)
    return refuse(
      "unsupported_url",
      "that address cannot be read from here",
      "name a path instead",
    );
  if (isRefusal(source)) return source;
  const storage = await openForReading(workspace, source);
  if (isRefusal(storage)) return storage;
  try {
    const listed = await lookThere(storage, source);
    if (isRefusal(listed)) {
      await storage.close();
      return listed;
    }
    return {
      ...listed,
      folder: null,
      written: source.written,
      notes: [...notes, ...listed.notes],
      close: () => storage.close(),
    };
  } catch (error) {
    await storage.close();
    throw error;
  }
}

async function lookThere(
  storage: Storage,
  { path: place, written }: RemoteSource,
): Promise<Pick<OpenData, "kind" | "files" | "isCut" | "notes" | "open"> | Refusal> {
  const wanted = place.replace(/\/+$/, "");
  const isFolder = wanted === "" || place.endsWith("/");
  const file = isFolder ? null : await storage.stat(wanted);
  if (file !== null)
    return {
      kind: "file",
      files: [{ path: path.posix.basename(wanted), sizeBytes: file.sizeBytes }],
      isCut: false,
      notes: [],
      open: () => storageSource(storage, file, path.posix.basename(wanted)),
    };
  const found = new Map<string, Parameters<typeof storageSource>[1]>();
  const leftOut = countLeftOut();
  let isCut = false;
  if (storage.capabilities.canList)
    for await (const one of storage.list(wanted, leftOut.note)) {
      isCut = found.size === MOST_FILES;
      if (isCut) break;
      if (one.path !== wanted)
        found.set(one.path.slice(wanted === "" ? 0 : wanted.length + 1), one);
    }
  const words = leftOut.words();
  if (found.size === 0)
    return refuse(
      "missing_path",
      `${written}: there is nothing there${words === null ? "" : `; ${words}`}`,
      "write another path",
    );
  const files = [...found].map(([at, { sizeBytes }]) => ({ path: at, sizeBytes }));
  return {
    kind: "folder",
    files: files.sort(byPath),
    isCut,
    notes: words === null ? [] : [words],
    open({ path: at }) {
      const one = found.get(at);
      if (one === undefined) throw new Error(`${at} was not listed`);
      return storageSource(storage, one, at);
    },
  };
}

function byPath(a: DataFile, b: DataFile): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

function openLocal(
  at: string,
  written: string,
  notes: readonly string[],
  name = path.basename(at),
): OpenData | Refusal {
  const stat = fs.statSync(at, { throwIfNoEntry: false });
  if (stat === undefined)
    return refuse("missing_path", `${written}: there is nothing there`, "write another path");
  const close = async (): Promise<void> => {};
  if (!stat.isDirectory()) {
    if (!stat.isFile()) return refuse("wrong_kind", `${written} is neither a file nor a folder`);
    const files = [{ path: name, sizeBytes: stat.size }];
    return {
      written,
      kind: "file",
      folder: null,
      files,
      isCut: false,
      notes,
      close,
      open: () => localSource(at, name),
    };
  }
  const found = filesBelow(at);
  if (isRefusal(found)) return found;
  const { files, isCut } = found;
  const open = (file: DataFile): ByteSource => localSource(path.join(at, file.path), file.path);
  const all = [...notes, ...found.notes];
  return { written, kind: "folder", folder: at, files, isCut, notes: all, close, open };
}

/** What is no file is left out, and so is a link that leads out of the folder, to nothing or to a folder; of links a note tells. */
function filesBelow(root: string): Pick<OpenData, "files" | "isCut" | "notes"> | Refusal {
  const files: DataFile[] = [];
  const folders = [""];
  const links: string[] = [];
  const real = fs.realpathSync(root);
  for (let inside = folders.pop(); inside !== undefined; inside = folders.pop()) {
    for (const entry of fs.readdirSync(path.join(root, inside), { withFileTypes: true })) {
      const at = path.posix.join(inside, entry.name);
      const isLink = entry.isSymbolicLink();
      if (entry.isDirectory()) folders.push(at);
      else if (entry.isFile() || isLink) {
        const stat = fs.statSync(path.join(root, at), { throwIfNoEntry: false });
        const isOurs = !isLink || leadsInside(real, at);
        if (stat?.isFile() && isOurs) files.push({ path: at, sizeBytes: stat.size });
        else if (isLink) links.push(at);
        else if (stat === undefined && at.includes("\ufffd"))
          return refuse(
            "bad_name",
            `${root} holds a file whose name is not valid UTF-8: ${at}`,
            "rename the file",
          );
      }
      if (files.length >= MOST_FILES)
        return { files: files.sort(byPath), isCut: true, notes: linkNotes(links) };
    }
  }
  return { files: files.sort(byPath), isCut: false, notes: linkNotes(links) };
}

function linkNotes(links: readonly string[]): readonly string[] {
  const [first] = [...links].sort();
  if (first === undefined) return [];
  const what = links.length === 1 ? "1 link is" : `${links.length} links are`;
  const which = links.length === 1 ? "" : "the first ";
  return [`${what} left out, because no file of the folder is behind: ${which}${shownName(first)}`];
}

function leadsInside(root: string, at: string): boolean {
  try {
    return fs.realpathSync(path.join(root, at)).startsWith(root + path.sep);
  } catch {
    return false;
  }
}
