// What a transfer has done, on disk, so that another process goes on where it was killed: files that arrived, and uploads
// that wait for their end. Lines are only ever added; a torn last one is as if it had not been.

import fs from "node:fs";
import path from "node:path";
import type { ContentId } from "../core/content.ts";
import { nodeModule } from "../ports/node-module.ts";
import { openFile } from "../ports/read-file.ts";
import type { PendingUpload, StoredFile } from "../ports/storage.ts";
import { createDigestSet, type DigestSet, digestOf } from "./digest-set.ts";

/** An upload in pieces that was started, and what it was started from. */
export interface StartedUpload {
  readonly upload: PendingUpload;
  readonly source: Pick<StoredFile, "sizeBytes" | "modifiedAt" | "version">;
  /** What was at the target before it. */
  readonly before: Pick<StoredFile, "sizeBytes" | "modifiedAt" | "version"> | null;
}

/** A file that arrived. */
export interface ArrivedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Null where it was not computed: parts of it arrived with an earlier process. */
  readonly sha256: ContentId | null;
}

export interface TransferJournal {
  /** An earlier process found nothing in the way and began to move. */
  readonly goesOn: boolean;
  /** What the earlier process started and did not finish, by path at the target. */
  readonly pending: Map<string, StartedUpload>;
  /** True: this very file arrived, and is at the target as it was then. */
  hasArrived(source: StoredFile, target: StoredFile): boolean;
  /** Nothing is in the way. Durable when it resolves. */
  begins(): Promise<void>;
  /** Durable when it resolves: an upload that nobody knows of would never be ended. */
  started(upload: StartedUpload): Promise<void>;
  /** Outlives a kill. A power cut may forget the last ones: then they are moved again. */
  arrived(file: ArrivedFile, source: StoredFile, target: StoredFile): void;
  abandoned(upload: PendingUpload): void;
  /** All that arrived, of this and of earlier processes; a path twice where it was moved twice. */
  allArrived(): AsyncGenerator<ArrivedFile>;
  close(): Promise<void>;
  remove(): Promise<void>;
}

type Line =
  | { readonly kind: "begins" }
  | ({ readonly kind: "started" } & StartedUpload)
  | ({ readonly kind: "arrived"; readonly to: string; readonly digest: string } & ArrivedFile)
  | { readonly kind: "abandoned"; readonly path: string };

export async function openJournal(file: string): Promise<TransferJournal> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const known = await readKnown(file);
  const writer = openWriter(file);
  return {
    goesOn: known.goesOn,
    pending: known.pending,
    hasArrived: (source, target) => known.digests.has(identityOf(source, target)),
    begins: () => writer.appendDurably({ kind: "begins" }),
    started: (upload) => writer.appendDurably({ kind: "started", ...upload }),
    arrived(one, source, target) {
      const digest = digestOf(identityOf(source, target));
      writer.append({ kind: "arrived", to: target.path, digest, ...one });
    },
    abandoned(upload) {
      writer.append({ kind: "abandoned", path: upload.path });
    },
    async *allArrived() {
      await writer.flushed();
      for await (const line of readLines(file)) if (line.kind === "arrived") yield line;
    },
    close: () => writer.close(),
    async remove() {
      await writer.close();
      fs.rmSync(file, { force: true });
    },
  };
}

function identityOf(source: StoredFile, target: StoredFile): string {
  const of = ({ path: at, sizeBytes, version, modifiedAt }: StoredFile) =>
    version === null ? [at, sizeBytes, null, modifiedAt] : [at, sizeBytes, version];
  return JSON.stringify([of(source), of(target)]);
}

interface Known {
  readonly goesOn: boolean;
  readonly pending: Map<string, StartedUpload>;
  readonly digests: DigestSet;
}

async function readKnown(file: string): Promise<Known> {
  const pending = new Map<string, StartedUpload>();
  const digests = createDigestSet();
  let goesOn = false;
  for await (const line of readLines(file)) {
    switch (line.kind) {
      case "begins":
        goesOn = true;
        break;
      case "started":
        pending.set(line.upload.path, line);
        break;
      case "arrived":
        pending.delete(line.to);
        digests.addDigest(line.digest);
        break;
      case "abandoned":
        pending.delete(line.path);
        break;
      default:
        line satisfies never;
    }
  }
  return { goesOn, pending, digests };
}

async function* readLines(file: string): AsyncGenerator<Line> {
  if (!fs.existsSync(file)) return;
  const input = fs.createReadStream(file, { fd: openFile(file) });
  const { createInterface } = nodeModule("node:readline");
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const text of lines) {
    const line = parsed(text);
    if (line !== null) yield line;
  }
}

function parsed(text: string): Line | null {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return null;
  }
}

interface Writer {
  append(line: Line): void;
  appendDurably(line: Line): Promise<void>;
  flushed(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Lines that come while the disk is busy are written together. Only what must outlast a power cut is synced: a sync keeps
 * everybody waiting who makes files on the same disk.
 */
function openWriter(file: string): Writer {
  const handle = fs.openSync(file, "a");
  // Ends the torn line of a process that was killed while it wrote.
  let waiting = fs.fstatSync(handle).size === 0 ? "" : "\n";
  let flushing: Promise<void> | null = null;
  let failure: unknown = null;
  let open = true;

  async function flush(): Promise<void> {
    while (waiting !== "") {
      const text = waiting;
      waiting = "";
      await appendAll(handle, text);
    }
  }

  async function flushed(): Promise<void> {
    flushing ??= flush().finally(() => {
      flushing = null;
    });
    await flushing;
    if (failure !== null) throw failure;
  }

  function append(line: Line): void {
    waiting += `${JSON.stringify(line)}\n`;
    flushed().catch((error: unknown) => {
      failure = error;
    });
  }

  return {
    append,
    async appendDurably(line) {
      append(line);
      await flushed();
      await synced(handle);
    },
    flushed,
    async close() {
      if (!open) return;
      open = false;
      try {
        await flushed();
      } finally {
        fs.closeSync(handle);
      }
    },
  };
}

function appendAll(handle: number, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.appendFile(handle, text, (error) => (error === null ? resolve() : reject(error)));
  });
}

function synced(handle: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(handle, (error) => (error === null ? resolve() : reject(error)));
  });
}
