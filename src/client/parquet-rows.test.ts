import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isParquet, parquetRows } from "./parquet-rows.ts";

// One table as pyarrow 26 writes it: a text, a whole number beyond what JavaScript holds, nulls, a time, a list.
const WRITTEN = {
  snappy: `
UEFSMRUAFRoVHiwVBBUAFQYVBhwAAAANMAIAAAADAQMAAAByZWQVABUsFS4sFQQVABUGFQYcAAAAFhQCAAAABAEBBiwAAAAA
AAAAAAAAABAVABUcFSAsFQQVABUGFQYcAAAADjQCAAAAAwEAAAAAAADgPxUAFQ4VEiwVBBUAFQYVBhwAAAAHGAIAAAAEAQEV
ABUcFSAsFQQVABUGFQYcAAAADjQCAAAAAwGIjKl8mwEAABUAFS4VMCwVBhUAFQYVBhwAAAAXGAIAAAADAgMBBiwfAAEAAABh
AQAAAGIVBBmcNQAYBnNjaGVtYRUMABUMJQIYBHdvcmQlAEwcAAAAFQQlAhgBbgAVCiUCGAVzY29yZQAVACUCGARnb29kABUE
JQIYA2RheSUSTIwSHBwAAAAAADUCGAR0YWdzFQIVBkw8AAAANQQYBGxpc3QVAgAVDCUCGAdlbGVtZW50JQBMHAAAABYEGRwZ
bCYAHBUMGSUGABkYBHdvcmQVAhYEFkAWRCYISRwVABUAFQIAPBYGGQYZJgICAAAAJgAcFQQZJQYAGRgBbhUCFgQWUhZUJkxJ
HBUAFQAVAgA8KQYZJgAEAAAAJgAcFQoZJQYAGRgFc2NvcmUVAhYEFkIWRiagAUkcFQAVABUCADwpBhkmAgIAAAAmABwVABkl
BgAZGARnb29kFQIWBBY0Fjgm5gFJHBUAFQAVAgA8KQYZJgAEAAAAJgAcFQQZJQYAGRgDZGF5FQIWBBZCFkYmngJJHBUAFQAV
AgA8KQYZJgICAAAAJgAcFQwZJQYAGTgEdGFncwRsaXN0B2VsZW1lbnQVAhYGFlQWVibkAkkcFQAVABUCADwWBBkmBAIZRgAC
AAQAAAAWngMWBCYIFrIDACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZbBwAABwAABwAABwAABwAABwAAADy
AQAAUEFSMQ==
`,
  gzip: `
UEFSMRUAFRoVPiwVBBUAFQYVBhwAAAAfiwgAAAAAAAIDY2JgYGBmZAaSRakpAJJTx64NAAAAFQAVLBU8LBUEFQAVBhUGHAAA
AB+LCAAAAAAAAgNjYmBgYGFkYkABAgAiUWCQFgAAABUAFRwVPCwVBBUAFQYVBhwAAAAfiwgAAAAAAAIDY2JgYGBmZACDB/YA
+8yBJA4AAAAVABUOFTYsFQQVABUGFQYcAAAAH4sIAAAAAAACA2NiYGBgYWQEAFxn5mMHAAAAFQAVHBVELBUEFQAVBhUGHAAA
AB+LCAAAAAAAAgNjYmBgYGbs6FlZM5uRgQEAuU1Dag4AAAAVABUuFUosFQYVABUGFQYcAAAAH4sIAAAAAAACA2NiYGBgZmIG
kfIMjEAqEUQkAQBFwd4bFwAAABUEGZw1ABgGc2NoZW1hFQwAFQwlAhgEd29yZCUATBwAAAAVBCUCGAFuABUKJQIYBXNjb3Jl
ABUAJQIYBGdvb2QAFQQlAhgDZGF5JRJMjBIcHAAAAAAANQIYBHRhZ3MVAhUGTDwAAAA1BBgEbGlzdBUCABUMJQIYB2VsZW1l
bnQlAEwcAAAAFgQZHBlsJgAcFQwZJQYAGRgEd29yZBUEFgQWQBZkJghJHBUAFQAVAgA8FgYZBhkmAgIAAAAmABwVBBklBgAZ
GAFuFQQWBBZSFmImbEkcFQAVABUCADwpBhkmAAQAAAAmABwVChklBgAZGAVzY29yZRUEFgQWQhZiJs4BSRwVABUAFQIAPCkG
GSYCAgAAACYAHBUAGSUGABkYBGdvb2QVBBYEFjQWXCawAkkcFQAVABUCADwpBhkmAAQAAAAmABwVBBklBgAZGANkYXkVBBYE
FkIWaiaMA0kcFQAVABUCADwpBhkmAgIAAAAmABwVDBklBgAZOAR0YWdzBGxpc3QHZWxlbWVudBUEFgYWVBZwJvYDSRwVABUA
FQIAPBYEGSYEAhlGAAIABAAAABaeAxYEJggW3gQAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRlsHAAAHAAA
HAAAHAAAHAAAHAAAAPIBAABQQVIx
`,
} as const;

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-parquet-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function file(name: string, bytes: Buffer): string {
  const at = path.join(folder, name);
  fs.writeFileSync(at, bytes);
  return at;
}

describe("records of a Parquet file", () => {
  it.each(["snappy", "gzip"] as const)(
    "are those that were written, compressed by %s",
    async (kind) => {
      const at = file(kind, Buffer.from(WRITTEN[kind], "base64"));
      expect(isParquet(at)).toBe(true);
      expect(await parquetRows(at)).toEqual([
        {
          word: "red",
          n: 2,
          score: 0.5,
          good: true,
          day: "2026-01-02T03:04:05.000Z",
          tags: '["a","b"]',
        },
        { word: null, n: "1152921504606846976", score: null, good: false, day: null, tags: "[]" },
      ]);
    },
  );

  it("are refused where the file is damaged, and no other file is taken for one", async () => {
    const bytes = Buffer.from(WRITTEN.snappy, "base64");
    bytes.fill(0xff, bytes.length - 200, bytes.length - 8);
    const at = file("damaged", bytes);
    expect(isParquet(at)).toBe(true);
    await expect(parquetRows(at)).rejects.toMatchObject({ code: "not_a_table" });
    expect(isParquet(file("text.csv", Buffer.from("PAR1,b\n1,2\n")))).toBe(false);
    expect(isParquet(file("empty", Buffer.alloc(0)))).toBe(false);
  });
});
