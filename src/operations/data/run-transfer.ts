// Carries out one attempt of a data_transfer step, in the process of that attempt. What is made here becomes visible when
// the engine captures the output; only an export reaches places of others.

import fs from "node:fs";
import path from "node:path";
import type { TransferInput, TransferStepOrder } from "../../core/transfer-order.ts";
import type { Storage } from "../../ports/storage.ts";
import { counted } from "../../spec/counted.ts";
import type { OpenableDatastore } from "../../spec/datastore.ts";
import {
  type DataCopyMode,
  type FileSystemSink,
  IMPORT_SOURCE,
} from "../../spec/transfer-settings.ts";
import type { TransferResult } from "../../transfers/transfer.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { findDatastore, openDatastore } from "./datastores.ts";
import { moveData } from "./move-data.ts";
import { openForReading, remoteSource } from "./remote-source.ts";
import { unlessStorageFails } from "./storage-refusal.ts";

/** What was moved, for the log and the metrics of the step. */
export interface TransferCounts {
  readonly files?: number;
  readonly bytes?: number;
  readonly rows?: number;
}

export interface TransferHooks {
  /** A line for the log. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

export function runTransfer(
  workspace: Workspace,
  order: TransferStepOrder,
  hooks: TransferHooks,
): Promise<TransferCounts | Refusal> {
  const done = unlessStorageFails(async () => {
    const { settings, inputs, output } = order;
    const moving = { workspace, journalFolder: order.journalFolder, hooks };
    switch (settings.task) {
      case "copy_data":
        return copyAll(moving, inputs, output as Output, settings.mode);
      case "import_data": {
        const { source } = settings;
        if (source.type === "file_system") {
          const files = inputs.filter((one) => one.name === IMPORT_SOURCE);
          return copyAll(moving, files, output as Output, "merge_with_overwrite");
        }
        const { importRows } = await import("./import-rows.ts");
        return importRows(workspace, source, output as Output, hooks);
      }
      case "export_data": {
        const { sink } = settings;
        const input = inputs[0] as TransferInput;
        if (sink.type === "file_system") return exportFiles(moving, input, sink);
        const { exportRows } = await import("./export-rows.ts");
        return exportRows(workspace, input, sink, hooks);
      }
      default:
        return settings satisfies never;
    }
  });
  return done.then((counts) => (isRefusal(counts) ? withVariables(counts) : counts));
}

/** A step has other variables than the shell that submitted its run. */
function withVariables(refusal: Refusal): Refusal {
  if (refusal.code !== "missing_secret") return refusal;
  const hint =
    "set it and hand it to the steps: stepwell run --env NAME, or pass_env: [NAME] in stepwell.yml; or keep it in the workspace: stepwell secret set NAME";
  return { ...refusal, hint };
}

export type Output = NonNullable<TransferStepOrder["output"]>;

interface Moving {
  readonly workspace: Workspace;
  readonly journalFolder: string;
  readonly hooks: TransferHooks;
}

/** One input after the other: what a later one has goes over what an earlier one had, or ends it. */
async function copyAll(
  moving: Moving,
  inputs: readonly TransferInput[],
  output: Output,
  mode: DataCopyMode,
): Promise<TransferCounts | Refusal> {
  if (output.kind === "file" && (inputs.length !== 1 || inputs[0]?.kind !== "file"))
    return refuse(
      "wrong_kind",
      "the output is one file, and what is copied is not",
      "declare the output as uri_folder",
      1,
    );
  const counts = { files: 0, bytes: 0 };
  for (const input of inputs) {
    const inside = input.kind === "file" && output.kind === "folder" ? nameOf(input) : "";
    const work = (from: End, storage: Storage) =>
      move(moving, { from, to: { storage, path: local(path.join(output.path, inside)) } }, [
        input,
        mode,
      ]);
    // The engine syncs the output before it records it; after a power cut the step begins anew.
    const moved = await fromInput(moving, input, work, { ...MACHINE, syncedByCaller: true });
    if (isRefusal(moved)) return moved.code === "storage_conflict" ? twice(input, moved) : moved;
    counts.files += moved.files;
    counts.bytes += moved.bytes;
    moving.hooks.say(
      `${input.name}: ${counted(moved.files, "file")}, ${counted(moved.bytes, "byte")}`,
    );
  }
  return counts;
}

/** Of the output nothing was there before the inputs. */
function twice(input: TransferInput, { message }: Refusal): Refusal {
  const [, names = message] = /because (.+?)(?: is| are)? there already$/.exec(message) ?? [];
  return refuse(
    "storage_conflict",
    `input ${input.name}: an input before it has the same files: ${names}`,
    "rename one of them, or let the later one win: data_copy_mode: merge_with_overwrite",
    1,
  );
}

function nameOf({ path: at, remote }: TransferInput): string {
  const { reference } = remote ?? {};
  if (reference?.kind === "datastore") return path.posix.basename(reference.path);
  return path.posix.basename(at.replace(/[?#].*$/, ""));
}

async function exportFiles(
  moving: Moving,
  input: TransferInput,
  sink: FileSystemSink,
): Promise<TransferCounts | Refusal> {
  const { workspace } = moving;
  const found = await findDatastore(workspace, sink.connection);
  if (isRefusal(found)) return found;
  const bare = sink.path.replace(/\/+$/, "");
  const intoFolder = input.kind === "file" && (sink.path === "" || sink.path.endsWith("/"));
  const inside = intoFolder ? path.posix.join(bare, nameOf(input)) : bare;
  const { definition } = found;
  if (definition.type === "file") {
    const place = path.join(definition.path, inside);
    if (!isInside(definition.path, place)) return leaves(sink);
    // What lies on this machine too is copied without passing through here.
    if (isNew(definition.path, place))
      return exportTo(moving, input, sink, (machine) => ({ storage: machine, path: local(place) }));
  }
  const target = await openDatastore(workspace, sink.connection);
  if (isRefusal(target)) return target;
  try {
    return await exportTo(moving, input, sink, () => ({ storage: target, path: inside }));
  } finally {
    await target.close();
  }
}

function isInside(root: string, place: string): boolean {
  return place === root || place.startsWith(`${root.replace(/\/+$/, "")}/`);
}

/** Nothing is there, and no link on the way to it: then none can lead out of the datastore. */
function isNew(root: string, place: string): boolean {
  if (fs.existsSync(place)) return false;
  let above = path.dirname(place);
  while (!fs.existsSync(above)) above = path.dirname(above);
  return (
    isInside(root, above) &&
    fs.realpathSync(above) === path.join(fs.realpathSync(root), path.relative(root, above))
  );
}

function leaves({ path: inside, connection }: FileSystemSink): Refusal {
  return refuse(
    "path_leaves_datastore",
    `${inside} leaves the datastore ${connection}`,
    "write a path inside of it",
    1,
  );
}

async function exportTo(
  moving: Moving,
  input: TransferInput,
  sink: FileSystemSink,
  target: (machine: Storage) => End,
): Promise<TransferCounts | Refusal> {
  const moved = await fromInput(moving, input, (from, machine) =>
    move(moving, { from, to: target(machine) }, [input, sink.mode]),
  );
  if (isRefusal(moved)) return moved;
  const { files, bytes, skipped } = moved;
  moving.hooks.say(
    `${sink.connection}/${sink.path}: ${counted(files, "file")}, ${counted(bytes, "byte")}, ${skipped} of them there already`,
  );
  return { files, bytes };
}

/** The whole machine as one storage: a copy on it shares the blocks of the disk where it can. */
const MACHINE = { type: "file", path: "/" } as const;

interface End {
  readonly storage: Storage;
  readonly path: string;
}

/** Opens where the input lies; `storage` is this machine's, for a target beside it. */
async function fromInput<T>(
  { workspace }: Moving,
  input: TransferInput,
  work: (from: End, storage: Storage) => Promise<T | Refusal>,
  place: OpenableDatastore = MACHINE,
): Promise<T | Refusal> {
  const machine = await workspace.openStorage(place);
  try {
    if (input.remote === null)
      return await work({ storage: machine, path: local(input.path) }, machine);
    const source = await remoteSource(workspace, input.remote.reference);
    if (source === null)
      return refuse("missing_path", `${input.path} cannot be reached any more`, null, 1);
    if (isRefusal(source)) return source;
    const storage = await openForReading(workspace, source);
    if (isRefusal(storage)) return storage;
    try {
      return await work({ storage, path: source.path.replace(/\/+$/, "") }, machine);
    } finally {
      await storage.close();
    }
  } finally {
    await machine.close();
  }
}

function local(absolute: string): string {
  return path.resolve(absolute).slice(1);
}

async function move(
  { workspace, journalFolder, hooks }: Moving,
  ends: { readonly from: End; readonly to: End },
  [input, mode]: readonly [TransferInput, DataCopyMode],
): Promise<TransferResult | Refusal> {
  if (input.kind === "folder" && input.remote === null && isEmpty(input.path))
    return { files: 0, bytes: 0, skipped: 0, leftOut: null, sha256: null, manifest: null };
  const { kind } = input;
  const { signal, say } = hooks;
  const order = { ...ends, kind, mode, journalFolder, signal };
  const moved = await moveData(workspace, order, say);
  if (!isRefusal(moved) && moved.leftOut !== null)
    say(
      `warning: ${input.remote === null ? input.path : ends.from.storage.address}: ${moved.leftOut}`,
    );
  return moved;
}

/** Folders are no files: to a transfer there is nothing in a folder that holds none. */
function isEmpty(folder: string): boolean {
  const open = fs.opendirSync(folder);
  try {
    return open.readSync() === null;
  } finally {
    open.closeSync();
  }
}
