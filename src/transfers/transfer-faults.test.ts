import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StorageError } from "../ports/storage.ts";
import type { MemoryStorage } from "../testing/memory-storage.ts";
import {
  expectSame,
  fakePorts,
  fill,
  large,
  MEBIBYTE,
  mover,
  PARTS,
  source,
  target,
} from "../testing/transfer-bench.ts";

let folder = "";
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "transfer-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));
const move = mover(() => folder);

describe("a transfer over a bad line", () => {
  const unreachable = (): StorageError => new StorageError("unreachable", "the line was cut");

  it("asks again, waiting longer each time, and comes to the same end", async () => {
    let failed = 0;
    const from = source({
      reading: () => {
        failed += 1;
        if (failed % 3 === 0 && failed < 60) throw unreachable();
      },
    });
    fill(from, 30);
    from.put("big", large(20 * MEBIBYTE));
    const to = target({
      parts: PARTS,
      before: ({ calls }) => {
        if (calls % 5 === 4) throw unreachable();
      },
    });
    const ports = fakePorts();
    expect(await move(from, to, { ports })).toMatchObject({ ok: true, value: { files: 31 } });
    expectSame(from, to);
    expect(ports.waits.length).toBeGreaterThan(5);
    expect(to.uploads.size).toBe(0);
  });

  it("goes on reading where it was cut, and reads nothing twice", async () => {
    let cut = false;
    const positions: number[] = [];
    const from = source({
      chunkBytes: MEBIBYTE,
      reading: (_, at) => {
        if (at === 5 * MEBIBYTE && !cut) {
          cut = true;
          throw unreachable();
        }
        positions.push(at / MEBIBYTE);
      },
    });
    from.put("big", large(12 * MEBIBYTE));
    await move(from, target());
    expect(positions).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it("gives up in the end, says on the way what it waits for, and leaves nothing that is half", async () => {
    const from = source();
    fill(from, 3);
    const to = target({
      before: ({ method }) => {
        if (method === "write") throw unreachable();
      },
    });
    const lines: string[] = [];
    const outcome = await move(from, to, { concurrency: 1, onRetry: (line) => lines.push(line) });
    expect(outcome).toMatchObject({
      ok: false,
      failure: { code: "unreachable", message: "the line was cut" },
    });
    expect(to.paths()).toEqual([]);
    const line = (tries: number): string =>
      `asking again, ${tries} of 9 tries have failed: the line was cut`;
    expect(lines).toEqual([4, 5, 6, 7, 8].map(line));
  });

  it("does as a storage says that wants to be asked later", async () => {
    let said = false;
    const to = target({
      before: ({ method }) => {
        if (method !== "write" || said) return;
        said = true;
        throw new StorageError("busy", "slower", { retryAfterSeconds: 7 });
      },
    });
    const from = source();
    fill(from, 1);
    const ports = fakePorts();
    const lines: string[] = [];
    const onRetry = (line: string): void => void lines.push(line);
    expect((await move(from, to, { ports, onRetry })).ok).toBe(true);
    expect(ports.waits).toEqual([7000 + 188]);
    expect(lines).toEqual(["asking again, 1 of 9 tries have failed: slower"]);
  });

  it("takes its own file for its own when the answer to a write was lost", async () => {
    let lost = 0;
    const to = target({
      parts: PARTS,
      after: ({ method }) => {
        if ((method === "write" || method === "finishUpload") && lost < 4) {
          lost += 1;
          throw unreachable();
        }
      },
    });
    const from = source();
    fill(from, 5);
    from.put("big", large(9 * MEBIBYTE));
    expect((await move(from, to, { mode: "fail_if_conflict" })).ok).toBe(true);
    expectSame(from, to);
  });

  it("opens a storage anew when its credentials have expired, in the middle, and once", async () => {
    const from = source();
    fill(from, 20);
    const kept = target();
    let opened = 0;
    let calls = 0;
    const open = async () => {
      opened += 1;
      const mine = opened;
      return {
        ...kept,
        write: async (...words: Parameters<MemoryStorage["write"]>) => {
          calls += 1;
          if (mine === 1 && calls > 5) throw new StorageError("expired", "the token has expired");
          return kept.write(...words);
        },
      };
    };
    expect((await move(from, open)).ok).toBe(true);
    expectSame(from, kept);
    expect(opened).toBe(2);
  });

  it("fails when what it was opened with anew has expired as well", async () => {
    const from = source();
    fill(from, 20);
    let opened = 0;
    const open = async () => {
      opened += 1;
      return target({
        before: ({ method }) => {
          if (method === "write") throw new StorageError("expired", "the token has expired");
        },
      });
    };
    const outcome = await move(from, open);
    expect(outcome.ok === false && outcome.failure).toMatchObject({
      code: "expired",
      message: expect.stringContaining("was opened anew, and what it got had expired too"),
      hint: expect.stringContaining("renew the credentials"),
    });
    expect(opened).toBe(2);
  });

  it("fails when the bucket disappears", async () => {
    const from = source();
    fill(from, 9);
    const to = target({
      before: ({ method, calls }) => {
        if (method === "write" && calls > 4)
          throw new StorageError("no_such_place", "memory://target: there is no such bucket");
      },
    });
    const outcome = await move(from, to);
    expect(outcome).toMatchObject({ ok: false, failure: { code: "no_such_place" } });
  });
});

describe("a source that changes while it is read", () => {
  it.each([true, false])("fails and leaves nothing of it (versions: %s)", async (hasVersions) => {
    let changed = false;
    const from: MemoryStorage = source({
      hasVersions,
      before: ({ method }) => {
        if (method !== "read" || changed) return;
        changed = true;
        from.put("big", large(12 * MEBIBYTE).fill(7));
      },
    });
    for (const parts of [null, PARTS]) {
      changed = false;
      from.put("big", large(12 * MEBIBYTE));
      const to = target({ parts });
      const outcome = await move(from, to);
      expect(outcome.ok === false && outcome.failure).toMatchObject({
        code: "changed_while_read",
        hint: expect.stringContaining("when nothing writes there"),
      });
      expect(to.paths()).toEqual([]);
    }
  });

  it("fails when the file is shorter than it was", async () => {
    const from = source({ hasVersions: false });
    from.put("f", "long enough");
    const to = target();
    const listing = from.list.bind(from);
    const lying = {
      ...from,
      async *list(prefix: string) {
        for await (const file of listing(prefix)) yield { ...file, sizeBytes: 100 };
      },
    };
    const outcome = await move(lying, to);
    expect(outcome).toMatchObject({ ok: false, failure: { code: "changed_while_read" } });
  });

  it("fails when the bytes are not those of the checksum that the source keeps", async () => {
    const from = source();
    from.put("f", "these");
    const wrong = from.put("g", "others").sha256;
    const listing = from.list.bind(from);
    const lying = {
      ...from,
      async *list(prefix: string) {
        for await (const file of listing(prefix)) yield { ...file, sha256: wrong };
      },
    };
    const to = target();
    const outcome = await move(lying, to);
    expect(outcome).toMatchObject({ ok: false, failure: { code: "corrupt" } });
    expect(to.bytesAt("f")).toBeNull();
  });
});

describe("a target that damages bytes", () => {
  it("is found out by reading back where it keeps no checksum", async () => {
    const from = source();
    from.put("f", "these bytes");
    const kept = target({ keepsSha256: false });
    const damaging = {
      ...kept,
      write: async (...[name, , options]: Parameters<MemoryStorage["write"]>) =>
        kept.write(
          name,
          (async function* () {
            yield Buffer.from("wrong bytes");
          })(),
          { ...options, sha256: null },
        ),
    };
    const outcome = await move(from, damaging, { readBack: true });
    expect(outcome).toMatchObject({ ok: false, failure: { code: "corrupt" } });
    expect(kept.paths()).toEqual([]);
  });
});
