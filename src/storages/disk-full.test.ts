import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Contents } from "../ports/contents.ts";
import { type SmallDisk, smallDisk } from "../testing/small-disk.ts";
import { createFolderContents } from "./folder.ts";

let disk: SmallDisk | null;
let contents: Contents;
beforeEach((context) => {
  disk = smallDisk({ megabytes: 4, inodes: 400 });
  if (disk === null) {
    context.skip();
    return;
  }
  const storeFolder = join(disk.folder, "store");
  contents = createFolderContents({
    workspaceFolder: disk.folder,
    storeFolder,
    sharedFolders: [],
    workers: 1,
    python: "python3",
  });
});
afterEach(async () => {
  await contents?.close();
  disk?.remove();
});

/** Takes all the space, or all the inodes; gives back a way to free them. */
function fill(what: "space" | "inodes"): () => void {
  const folder = join(disk?.folder as string, "filler");
  mkdirSync(folder);
  const block = Buffer.alloc(what === "space" ? 4096 : 0);
  try {
    for (let index = 0; ; index += 1) {
      if (what === "space") writeFileSync(join(folder, "big"), block, { flag: "a" });
      else writeFileSync(join(folder, `f${index}`), block);
    }
  } catch {
    return () => rmSync(folder, { recursive: true });
  }
}

for (const what of ["space", "inodes"] as const) {
  it(`says that the disk is full (${what}), and goes on when it is not any more`, async () => {
    const base = disk?.folder as string;
    mkdirSync(join(base, "code"));
    writeFileSync(join(base, "code/a.py"), "x".repeat(5000));
    const taken = await contents.snapshot({
      path: join(base, "code"),
      includes: [],
      definitionFiles: [],
    });
    if (!taken.ok) throw new Error(taken.failure.message);
    const { snapshotId } = taken.value;
    const outputs = { data: "uri_folder", file: "uri_file" } as const;
    const first = await contents.stage({ attemptId: "a1", snapshotId, outputs });
    if (!first.ok) throw new Error(first.failure.message);
    writeFileSync(join(first.value.outputs.data as string, "rows"), "1");
    writeFileSync(first.value.outputs.file as string, "2");
    const capture = { attemptId: "a1", run: "r", step: "s", outputs, captureArtifacts: true };

    const free = fill(what);
    const staged = await contents.stage({ attemptId: "a2", snapshotId, outputs });
    expect(staged).toMatchObject({ ok: false, failure: { code: "disk_full" } });
    expect(await contents.capture(capture)).toMatchObject({
      ok: false,
      failure: { code: "disk_full" },
    });
    free();

    const captured = await contents.capture(capture);
    if (!captured.ok) throw new Error(captured.failure.message);
    const { data, file } = captured.value.outputs;
    expect(readFileSync(file?.path as string, "utf8")).toBe("2");
    const freeAgain = fill(what);
    const to = join(base, "published");
    if (data === undefined) throw new Error("no output");
    expect(await contents.publish(data, to)).toMatchObject({
      ok: false,
      failure: { code: "disk_full" },
    });
    expect(existsSync(to)).toBe(false);
    freeAgain();
    expect(await contents.publish(data, to)).toMatchObject({ ok: true });
    expect(readdirSync(to)).toEqual(["rows"]);
    expect(readdirSync(base).filter((name) => name.startsWith(".pub"))).toEqual([]);
    const again = await contents.stage({ attemptId: "a3", snapshotId, outputs });
    expect(again.ok).toBe(true);
  });
}
