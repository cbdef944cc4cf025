// What tests of transfers share: storages in memory with something in them, time that passes only by waiting, and one way to
// move. Knows no test.

import { expect } from "vitest";
import { type TransferOrder, type TransferOutcome, transfer } from "../transfers/transfer.ts";
import type { TransferPorts } from "../transfers/transfer-ports.ts";
import { createMemoryStorage, type MemoryOptions, type MemoryStorage } from "./memory-storage.ts";

/** Time that passes only by waiting. */
export function fakePorts(): TransferPorts & { readonly waits: number[] } {
  let now = 0;
  const waits: number[] = [];
  return {
    waits,
    clock: { monotonic: () => now },
    chance: () => 0.5,
    wait: async (ms) => {
      waits.push(ms);
      now += ms;
    },
  };
}

export const PARTS = { minBytes: 1 << 20, maxBytes: 1 << 30, maxCount: 10_000 };
export const MEBIBYTE = 1 << 20;

export function source(options: MemoryOptions = {}): MemoryStorage {
  return createMemoryStorage({ address: "memory://source", ...options });
}
export function target(options: MemoryOptions = {}): MemoryStorage {
  return createMemoryStorage({ address: "memory://target", ...options });
}

/** How a test moves; the journal lies in a folder of its own. */
export function mover(folder: () => string) {
  return (
    from: TransferOrder["from"]["storage"],
    to: TransferOrder["to"]["storage"],
    more: Partial<TransferOrder> = {},
  ): Promise<TransferOutcome> =>
    transfer({
      from: { storage: from, path: "" },
      to: { storage: to, path: "" },
      kind: "folder",
      mode: "merge_with_overwrite",
      journalFolder: folder(),
      ports: fakePorts(),
      ...more,
    });
}

export function fill(storage: MemoryStorage, files: number): void {
  for (let index = 0; index < files; index += 1)
    storage.put(`d${index % 7}/file-${index}.txt`, `content of ${index}`);
}

/** Bytes that differ everywhere, so that a part in the wrong place shows. */
export function large(bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4096) buffer.writeUInt32LE(at, at);
  return buffer;
}

export function expectSame(from: MemoryStorage, to: MemoryStorage): void {
  expect(to.paths()).toEqual(from.paths());
  for (const name of from.paths())
    expect(Buffer.compare(to.bytesAt(name) as Buffer, from.bytesAt(name) as Buffer)).toBe(0);
}
