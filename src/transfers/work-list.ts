// What is to be moved, found out before anything is: each source file beside what the target has in its place, written to a
// file line by line, so that a million names are never in memory. Judges names and conflicts; moves nothing.

import fs from "node:fs";
import { nodeModule } from "../ports/node-module.ts";
import type { Storage, StoredFile } from "../ports/storage.ts";
import { createDigestSet } from "./digest-set.ts";
import { foldedName, nameProblem, shownName, type TargetNames } from "./entry-names.ts";
import { streamId } from "./hash-bytes.ts";
import { countLeftOut, type LeftOut } from "./left-out.ts";
import { Sorted, UnsortedError } from "./sorted-listing.ts";
import type { OpenEnd } from "./transfer-end.ts";
import { TransferError } from "./transfer-failure.ts";

/** One file to move. Paths are those of the storages. */
export interface WorkItem {
  readonly source: StoredFile;
  readonly to: string;
  /** What is there now. */
  readonly target: StoredFile | null;
  /** It has the very same bytes. */
  readonly isSame?: true;
}

export interface WorkList {
  readonly files: number;
  readonly bytes: number;
  /** What of the source has names that no file can have, in a sentence; null: nothing. */
  readonly leftOut: string | null;
  items(): AsyncGenerator<WorkItem>;
}

export interface WorkOrder {
  readonly from: OpenEnd;
  readonly fromPath: string;
  readonly to: OpenEnd;
  readonly toPath: string;
  readonly kind: "file" | "folder";
  readonly names: TargetNames;
  /** True: what is at the target ends the transfer before it begins. */
  readonly refuseConflicts: boolean;
  /** What is there with the same bytes is no conflict. */
  readonly sameIsNoConflict: boolean;
  /** Where the list is written. */
  readonly file: string;
  readonly signal: AbortSignal;
}

export async function makeWorkList(order: WorkOrder): Promise<WorkList> {
  if (order.kind === "file") return oneFile(order);
  let look: "merge" | "stat" = "merge";
  for (let tries = 1; ; tries += 1) {
    try {
      return await listFolder(order, look);
    } catch (error) {
      if (error instanceof UnsortedError) look = "stat";
      else if (error instanceof BrokenListing)
        await error.end.recover(error.storage, error.cause, tries);
      else throw error;
    }
  }
}

/** A listing broke off: nothing has been moved yet, so it is begun again. */
class BrokenListing extends Error {
  readonly end: OpenEnd;
  readonly storage: Storage;
  constructor(end: OpenEnd, storage: Storage, cause: unknown) {
    super("a listing broke off", { cause });
    this.end = end;
    this.storage = storage;
  }
}

async function oneFile(order: WorkOrder): Promise<WorkList> {
  const source = await order.from.run((storage) => storage.stat(order.fromPath));
  if (source === null)
    throw new TransferError(
      "not_found",
      `${order.from.storage().address}: there is no file ${shownName(order.fromPath)}`,
    );
  const problem = nameProblem(order.toPath, order.names);
  if (problem !== null) throw badName(order, [`${shownName(order.toPath)} ${problem}`], 1);
  const target = await order.to.run((storage) => storage.stat(order.toPath));
  const item: WorkItem = { source, to: order.toPath, target };
  const isThere = target !== null && order.refuseConflicts;
  const isSame = isThere && order.sameIsNoConflict && (await sameBytes(order, item));
  if (isThere && !isSame) throw conflict(order, [order.toPath], 1);
  return {
    files: 1,
    bytes: source.sizeBytes,
    leftOut: null,
    async *items() {
      yield isSame ? { ...item, isSame } : item;
    },
  };
}

/** How many wrong names and conflicts a message shows. */
const SHOWN = 3;

interface Found {
  count: number;
  readonly shown: string[];
}

async function listFolder(order: WorkOrder, look: "merge" | "stat"): Promise<WorkList> {
  const sink = openSink(order.file);
  const wrong: Found = { count: 0, shown: [] };
  const conflicts: Found = { count: 0, shown: [] };
  const clashes = order.names.ignoresCase ? createDigestSet() : null;
  const leftOut = countLeftOut();
  let files = 0;
  let bytes = 0;
  try {
    for await (const item of withTargets(order, look, leftOut)) {
      if (order.signal.aborted) throw new TransferError("cancelled", "cancelled while it listed");
      files += 1;
      bytes += item.source.sizeBytes;
      const inside = belowFolder(item.source.path, order.fromPath);
      const problem = nameProblem(inside, order.names) ?? nameProblem(item.to, order.names);
      if (problem !== null) note(wrong, `${shownName(inside)} ${problem}`);
      else if (clashes?.add(foldedName(inside)) === false) throw caseClash(order, inside);
      const isThere = item.target !== null && order.refuseConflicts;
      const isSame = isThere && order.sameIsNoConflict && (await sameBytes(order, item));
      if (isThere && !isSame) note(conflicts, inside);
      await sink.write(isSame ? { ...item, isSame } : item);
    }
  } finally {
    await sink.close();
  }
  if (wrong.count > 0) throw badName(order, wrong.shown, wrong.count);
  if (conflicts.count > 0) throw conflict(order, conflicts.shown, conflicts.count);
  if (files === 0 && order.fromPath !== "")
    throw new TransferError(
      "not_found",
      `${order.from.storage().address}: there is nothing in ${shownName(order.fromPath)}`,
    );
  return { files, bytes, leftOut: leftOut.words(), items: () => readItems(order.file) };
}

async function sameBytes({ from, to }: WorkOrder, item: WorkItem): Promise<boolean> {
  const { source, target } = item;
  if (target === null || source.sizeBytes !== target.sizeBytes) return false;
  const idOf = (end: OpenEnd, file: StoredFile): Promise<string> =>
    file.sha256 === null
      ? end.run(async (storage) => streamId(await storage.read(file.path)))
      : Promise.resolve(file.sha256);
  return (await idOf(from, source)) === (await idOf(to, target));
}

function note(found: Found, text: string): void {
  found.count += 1;
  if (found.shown.length < SHOWN) found.shown.push(text);
}

/** `a/b/c` below `a` is `b/c`; a folder that is a file gives "". */
function belowFolder(path: string, folder: string): string {
  if (folder === "") return path;
  return path === folder ? "" : path.slice(folder.length + 1);
}

function targetPath(order: WorkOrder, source: StoredFile): string {
  const inside = belowFolder(source.path, order.fromPath);
  if (inside === "")
    throw new TransferError(
      "bad_path",
      `${order.from.storage().address}: ${shownName(order.fromPath)} is a file, not a folder`,
      "ask for a file to be moved",
    );
  return order.toPath === "" ? inside : `${order.toPath}/${inside}`;
}

async function* withTargets(
  order: WorkOrder,
  look: "merge" | "stat",
  leftOut: LeftOut,
): AsyncGenerator<WorkItem> {
  const { from, to } = order;
  const sources = listed(from, order.fromPath, leftOut.note);
  if (look === "stat" || !to.storage().capabilities.canList) {
    yield* statEach(order, sources);
    return;
  }
  const targets = new Sorted(listed(to, order.toPath), belowOf(order.toPath));
  const isEmpty = await targets.isEmpty();
  const below = belowOf(order.fromPath);
  const ordered = isEmpty ? sources : new Sorted(sources, below).all();
  for await (const source of ordered) {
    const path = targetPath(order, source);
    yield { source, to: path, target: isEmpty ? null : await targets.find(below(source)) };
  }
  // What was not found may have come later, in a listing that is not sorted after all.
  if (!isEmpty) await targets.toTheEnd();
}

function belowOf(folder: string): (file: StoredFile) => string {
  return (file) => belowFolder(file.path, folder);
}

async function* listed(
  end: OpenEnd,
  path: string,
  leftOut?: LeftOut["note"],
): AsyncGenerator<StoredFile> {
  const storage = end.storage();
  try {
    for await (const file of storage.list(path, leftOut)) yield file;
  } catch (error) {
    throw new BrokenListing(end, storage, error);
  }
}

/** So many stats at once. */
const STATS = 16;

async function* statEach(
  order: WorkOrder,
  sources: AsyncIterable<StoredFile>,
): AsyncGenerator<WorkItem> {
  const window: Promise<WorkItem>[] = [];
  for await (const source of sources) {
    const path = targetPath(order, source);
    const item = order.to
      .run((storage) => storage.stat(path))
      .then((target): WorkItem => ({ source, to: path, target }));
    item.catch(() => undefined);
    window.push(item);
    if (window.length >= STATS) yield await (window.shift() as Promise<WorkItem>);
  }
  for (const item of window) yield await item;
}

interface Sink {
  write(item: WorkItem): Promise<void>;
  close(): Promise<void>;
}

const SINK_BYTES = 1 << 18;

function openSink(file: string): Sink {
  const handle = fs.openSync(file, "w");
  let waiting = "";
  const flush = (): void => {
    fs.writeSync(handle, waiting);
    waiting = "";
  };
  return {
    async write(item) {
      waiting += `${JSON.stringify(item)}\n`;
      if (waiting.length >= SINK_BYTES) flush();
    },
    async close() {
      flush();
      fs.closeSync(handle);
    },
  };
}

async function* readItems(file: string): AsyncGenerator<WorkItem> {
  const { createInterface } = nodeModule("node:readline");
  const lines = createInterface({ input: fs.createReadStream(file) });
  for await (const line of lines) yield JSON.parse(line) as WorkItem;
}

function badName(order: WorkOrder, shown: readonly string[], count: number): TransferError {
  const more = count > shown.length ? ` and ${count - shown.length} more names` : "";
  return new TransferError(
    "bad_path",
    `${order.from.storage().address}: nothing was moved, because the name ${shown.join("; ")}${more}`,
  );
}

function conflict(order: WorkOrder, shown: readonly string[], count: number): TransferError {
  const more = count > shown.length ? ` and ${count - shown.length} more` : "";
  const are = count === 1 ? "is" : "are";
  return new TransferError(
    "conflict",
    `${placeName(order)}: nothing was moved, because ${shown.map(shownBare).join(", ")}${more} ${are} there already`,
  );
}

function placeName({ to, toPath, kind }: WorkOrder): string {
  const { address } = to.storage();
  return kind === "file" || toPath === "" ? address : `${address.replace(/\/+$/, "")}/${toPath}`;
}

/** Names of the target are those that it took once; only unusual ones need quotes. */
function shownBare(name: string): string {
  return /^[\w./@+=-]{1,80}$/.test(name) ? name : shownName(name);
}

function caseClash(order: WorkOrder, path: string): TransferError {
  return new TransferError(
    "case_clash",
    `${order.from.storage().address}: nothing was moved, because the target tells no case apart and ${shownName(path)} is there twice`,
  );
}
