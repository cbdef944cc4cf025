// Data that lies elsewhere, as a step reads it: identified by what its storage says, read only where that does not tell the
// bytes, and brought here before the step that needs it starts.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { Content, ContentId } from "../../core/content.ts";
import { digest } from "../../core/digest.ts";
import type { RemoteOrigin, ResolvedData } from "../../core/plan.ts";
import type { Storage, StoredFile } from "../../ports/storage.ts";
import type { DataType } from "../../spec/graph.ts";
import { countLeftOut, type LeftOut } from "../../transfers/left-out.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import { places, type Workspace } from "../workspace.ts";
import { type Move, moveData } from "./move-data.ts";
import { isTold, openRemoteHashes, type RemoteHashes } from "./remote-hashes.ts";
import { openForReading, type RemoteSource, remoteSource } from "./remote-source.ts";
import { unlessStorageFails } from "./storage-refusal.ts";

export interface RemoteData {
  /** Where it lies here, or will when a step needs it. */
  readonly path: string;
  readonly content: Content;
  readonly origin: RemoteOrigin;
}

/** Identifies what lies there now. Brings it here only where its storage does not tell the bytes. */
export function identifyRemote(
  workspace: Workspace,
  source: RemoteSource,
  {
    reference,
    type,
    isDirect,
  }: {
    readonly reference: RemoteOrigin["reference"];
    readonly type: DataType;
    /** The step reads it there itself: nothing is brought here. */
    readonly isDirect: boolean;
  },
): Promise<RemoteData | Refusal> {
  return withSource(workspace, source, async (storage) => {
    const leftOut = countLeftOut();
    const listing = await list(workspace, { storage, source, type, leftOut });
    const words = leftOut.words();
    if (words !== null) workspace.notice(`warning: ${source.written}: ${words}`);
    if (isRefusal(listing)) return listing;
    const hashes = hashesOf(workspace, storage);
    const at = placeOf(workspace, listing);
    const origin = { reference, version: listing.version };
    const told = await contentTold(workspace, listing, hashes);
    if (isDirect) {
      const content = told ?? contentByVersion(listing);
      return { path: addressOf(storage, source), content, origin: { ...origin, direct: true } };
    }
    if (told !== null) return { path: at, content: told, origin };
    const fetched = await bring(workspace, { storage, source, listing, at });
    if (isRefusal(fetched)) return fetched;
    const found = await workspace.contents.identify(
      at,
      listing.kind === "file" ? "uri_file" : type,
    );
    if (!found.ok) return refuse(found.failure.code, found.failure.message, found.failure.hint);
    await learn(workspace, listing, found.value, hashes);
    return { path: at, content: found.value, origin };
  });
}

/** Brings data here that a plan names, unless it is here. Null when it is. */
export async function fetchRemote(
  workspace: Workspace,
  data: Pick<ResolvedData, "path" | "content" | "written">,
  { reference, version }: RemoteOrigin,
): Promise<Refusal | null> {
  if (fs.existsSync(data.path)) return null;
  const source = await remoteSource(workspace, reference);
  if (source === null || isRefusal(source)) return source;
  const type = data.content.kind === "file" ? "uri_file" : "uri_folder";
  const fetched = await withSource(workspace, source, async (storage) => {
    const listing = await list(workspace, { storage, source, type });
    if (isRefusal(listing)) return listing;
    if (listing.version !== version)
      return refuse(
        "data_changed",
        `${data.written} is not what the run was planned with any more`,
        "run the file again to use what is there now",
      );
    return bring(workspace, { storage, source, listing, at: data.path });
  });
  return isRefusal(fetched) ? fetched : null;
}

async function withSource<T>(
  workspace: Workspace,
  source: RemoteSource,
  work: (storage: Storage) => Promise<T | Refusal>,
): Promise<T | Refusal> {
  return unlessStorageFails(async () => {
    const storage = await openForReading(workspace, source);
    if (isRefusal(storage)) return storage;
    try {
      return await work(storage);
    } finally {
      await storage.close();
    }
  });
}

interface Listing {
  readonly kind: "file" | "folder";
  /** Last part of the path, or the storage's for all of it. */
  readonly name: string;
  /** Paths of the storage. */
  readonly files: readonly StoredFile[];
  /** How long the folder's own path is, with its `/`; 0 for a file and for all of the storage. */
  readonly prefixLength: number;
  /** Another one whenever a file is another one. */
  readonly version: string;
}

async function list(
  { clock }: Workspace,
  {
    storage,
    source,
    type,
    leftOut,
  }: {
    readonly storage: Storage;
    readonly source: RemoteSource;
    readonly type: DataType;
    readonly leftOut?: LeftOut;
  },
): Promise<Listing | Refusal> {
  const wanted = source.path.replace(/\/+$/, "");
  const name = path.posix.basename(wanted) || "data";
  const version = (files: readonly StoredFile[]): string => versionOf(storage, files, clock.now());
  const alone = (one: StoredFile): Listing => {
    const files = [one];
    return { kind: "file", name, files, prefixLength: 0, version: version(files) };
  };
  const isFolder = source.path === "" || source.path.endsWith("/");
  const file = isFolder ? null : await storage.stat(wanted);
  if (file !== null && (type === "uri_file" || !storage.capabilities.canList)) return alone(file);
  const files: StoredFile[] = [];
  if (storage.capabilities.canList)
    for await (const one of storage.list(wanted, leftOut?.note))
      if (one.path !== wanted) files.push(one);
  if (files.length === 0) {
    if (file === null)
      return refuse("missing_path", `${source.written}: there is nothing there`, LOOK);
    return alone(file);
  }
  if (type === "uri_file")
    return refuse(
      "wrong_kind",
      `${source.written} is a folder, a file is expected`,
      "name a file in it, or declare the input as uri_folder",
    );
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const prefixLength = wanted === "" ? 0 : wanted.length + 1;
  return { kind: "folder", name, files, prefixLength, version: version(files) };
}

const LOOK = "write another path, or put the data there";

/** Where the storage does not tell whether a file is another, nothing fetched before is taken for it. */
function versionOf(storage: Storage, files: readonly StoredFile[], now: number): string {
  const hash = createHash("sha256").update(storage.address);
  for (const file of files) {
    const told = file.version ?? file.modifiedAt ?? "";
    hash.update(`\0${file.path}\0${file.sizeBytes}\0${told}`);
    if (!isTold(file, now)) hash.update(`\0seen at ${now}`);
  }
  return hash.digest("hex");
}

/** A file is another piece of data than the folder of it alone, and than the folder above that: each has a place of its own. */
function placeOf({ folder }: Workspace, { version, kind, prefixLength, name }: Listing): string {
  const own = digest(JSON.stringify([version, kind, prefixLength])).slice("sha256:".length);
  const safe = name.replaceAll(/[^A-Za-z0-9._-]/g, "_").slice(0, 100);
  return path.join(places.downloads(folder), own.slice(0, 24), safe.replace(/^\.+/, "_"));
}

function hashesOf({ folder, clock }: Workspace, storage: Storage): RemoteHashes {
  const file = path.join(places.dot(folder), "cache", "remote-hashes");
  return openRemoteHashes(file, storage.address, () => clock.now());
}

/** The content when the storage, or an earlier reading, tells all of it; else null. */
async function contentTold(
  workspace: Workspace,
  { kind, files, prefixLength }: Listing,
  hashes: RemoteHashes,
): Promise<Content | null> {
  const known: { path: string; size: number; id: ContentId }[] = [];
  for (const file of files) {
    const id = hashes.find(file);
    if (id === null) return null;
    known.push({ path: file.path.slice(prefixLength), size: file.sizeBytes, id });
  }
  return workspace.contents.identifyListed(kind, known);
}

/** Where nobody reads the bytes here, the versions stand for them. */
function contentByVersion({ kind, files, version }: Listing): Content {
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const id = digest(`remote versions 1\n${version}`) as ContentId;
  return { kind, id, sizeBytes, files: files.length, seal: "" };
}

function addressOf(storage: Storage, { path: inside }: RemoteSource): string {
  const base = storage.address.replace(/\/+$/, "");
  return inside === "" ? base : `${base}/${inside.replace(/\/+$/, "")}`;
}

/** Remembers what the bytes were, so that the same versions are never read again. */
async function learn(
  workspace: Workspace,
  { kind, files, prefixLength }: Listing,
  content: Content,
  hashes: RemoteHashes,
): Promise<void> {
  if (kind === "file") return hashes.learn([[files[0] as StoredFile, content.id]]);
  const manifest = await workspace.contents.manifest(content.id);
  const ids = new Map<string, ContentId>();
  for (const entry of manifest?.entries ?? [])
    if (entry.type === "file") ids.set(entry.path, entry.id);
  const learnt = files.flatMap((file): [StoredFile, ContentId][] => {
    const id = ids.get(file.path.slice(prefixLength));
    return id === undefined ? [] : [[file, id]];
  });
  hashes.learn(learnt);
}

interface Bringing {
  readonly storage: Storage;
  readonly source: RemoteSource;
  readonly listing: Listing;
  /** Where it is to lie. */
  readonly at: string;
}

/** One process at a time brings it; it is seen when it is whole. */
async function bring(
  workspace: Workspace,
  { storage, source, listing, at }: Bringing,
): Promise<Refusal | null> {
  const folder = path.dirname(at);
  const partial = `${folder}.partial`;
  const lock = await workspace.lock(`${folder}.lock`, () =>
    workspace.notice(`${source.written} is being fetched by another process`),
  );
  try {
    if (fs.existsSync(at)) return null;
    fs.mkdirSync(partial, { recursive: true });
    const target = await workspace.openStorage({ type: "file", path: partial });
    const move: Move = {
      from: { storage, path: source.path.replace(/\/+$/, "") },
      to: { storage: target, path: path.basename(at) },
      kind: listing.kind,
      mode: "merge_with_overwrite",
      journalFolder: places.transfers(workspace.folder),
    };
    const say = (line: string): void => workspace.notice(`fetching ${source.written}: ${line}`);
    const moved = await moveData(workspace, move, say).finally(() => target.close());
    if (isRefusal(moved)) return moved;
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(partial, folder);
    return null;
  } finally {
    lock.release();
  }
}
