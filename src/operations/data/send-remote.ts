// Copies recorded bytes to a place elsewhere. A folder arrives file by file, each whole; what is there under other names
// stays.

import path from "node:path";
import type { OutputRecord } from "../../core/output.ts";
import type { DataCopyMode } from "../../spec/transfer-settings.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import { places, type Workspace } from "../workspace.ts";
import { type Move, moveData } from "./move-data.ts";
import { openSource, type RemoteSource } from "./remote-source.ts";
import { unlessStorageFails } from "./storage-refusal.ts";

/** Null when it is there. */
export function sendRemote(
  workspace: Workspace,
  record: Pick<OutputRecord, "path" | "kind">,
  to: RemoteSource,
  mode: DataCopyMode = "merge_with_overwrite",
): Promise<Refusal | null> {
  return unlessStorageFails(async () => {
    const storage = await openSource(workspace, to);
    if (isRefusal(storage)) return storage;
    const source = await workspace.openStorage({ type: "file", path: path.dirname(record.path) });
    try {
      const move: Move = {
        from: { storage: source, path: path.basename(record.path) },
        to: { storage, path: targetPath(record, to) },
        kind: record.kind,
        mode,
        sameIsNoConflict: true,
        journalFolder: places.transfers(workspace.folder),
      };
      const say = (line: string): void => workspace.notice(`sending ${to.written}: ${line}`);
      const moved = await moveData(workspace, move, say);
      return isRefusal(moved) ? moved : null;
    } finally {
      await Promise.all([source.close(), storage.close()]);
    }
  });
}

/** Into a folder of this machine, among what is there; null when it is there. */
export async function mergeHere(
  workspace: Workspace,
  record: Pick<OutputRecord, "path" | "kind">,
  place: string,
  mode: DataCopyMode,
): Promise<Refusal | null> {
  const storage = await workspace.openStorage({ type: "file", path: "/" });
  try {
    const move: Move = {
      from: { storage, path: path.resolve(record.path).slice(1) },
      to: { storage, path: path.resolve(place).slice(1) },
      kind: record.kind,
      mode,
      sameIsNoConflict: true,
      journalFolder: places.transfers(workspace.folder),
    };
    const moved = await moveData(workspace, move, workspace.notice);
    return isRefusal(moved) ? moved : null;
  } finally {
    await storage.close();
  }
}

/** A file goes into a folder under its own name. */
function targetPath(
  record: Pick<OutputRecord, "path" | "kind">,
  { path: to }: RemoteSource,
): string {
  const isFolder = to === "" || to.endsWith("/");
  const bare = to.replace(/\/+$/, "");
  if (record.kind === "folder" || !isFolder) return bare;
  return path.posix.join(bare, path.basename(record.path));
}
