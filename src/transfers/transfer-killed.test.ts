import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { transferProcess } from "../testing/transfer-process.ts";

let folder = "";
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "transfer-"));
  for (const name of ["from", "to"]) fs.mkdirSync(path.join(folder, name));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const order = () => ({
  from: path.join(folder, "from"),
  to: path.join(folder, "to"),
  journalFolder: path.join(folder, "journal"),
});

function expectSame(): void {
  const { from, to } = order();
  const all = (root: string) => fs.readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
  expect(all(to)).toEqual(all(from));
  for (const name of all(from))
    if (fs.statSync(path.join(from, name)).isFile())
      expect(
        fs.readFileSync(path.join(to, name)).equals(fs.readFileSync(path.join(from, name))),
      ).toBe(true);
}

/** Files at the target under their own names. */
function visible(): string[] {
  const { to } = order();
  return fs
    .readdirSync(to, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter(
      (file) =>
        !path
          .relative(to, file)
          .split(path.sep)
          .some((name) => name.startsWith(".")),
    );
}

/** So many that they are moved in several turns, and the kill comes between two of them. */
const FILES = 16_000;
const FOLDERS = 40;

describe("a real process that is killed while it moves files", () => {
  it("leaves whole files only, and another one goes on from there", { retry: 0 }, async () => {
    const { from, to } = order();
    for (let index = 0; index < FOLDERS; index += 1) {
      fs.mkdirSync(path.join(from, `d${index}`));
      // Half of them are there already: new folders get their names whole.
      if (index % 2 === 0) fs.mkdirSync(path.join(to, `d${index}`));
    }
    for (let index = 0; index < FILES; index += 1)
      fs.writeFileSync(
        path.join(from, `d${index % FOLDERS}`, `${index}`),
        `content ${index}`.repeat(99),
      );
    const killed = await transferProcess({ ...order(), killedBeyond: { files: 300 } });
    expect(killed.outcome).toBeNull();
    const there = visible();
    expect(there.length).toBeGreaterThan(300);
    expect(there.length).toBeLessThan(FILES);
    for (const file of there) {
      const index = path.basename(file);
      expect(fs.readFileSync(file, "utf8")).toBe(`content ${index}`.repeat(99));
    }
    const { outcome } = await transferProcess(order());
    expect(outcome).toMatchObject({ ok: true, value: { files: FILES } });
    const skipped = outcome?.ok === true ? outcome.value.skipped : 0;
    expect(skipped).toBeGreaterThan(300);
    expect(fs.readdirSync(order().journalFolder)).toEqual([]);
    expectSame();
  });

  it("shows nothing of a large file before it is whole, and goes on with its parts", async () => {
    const { from } = order();
    const bytes = Buffer.alloc(200 << 20);
    for (let at = 0; at < bytes.length; at += 4096) bytes.writeUInt32LE(at, at);
    fs.writeFileSync(path.join(from, "big"), bytes);
    const killed = await transferProcess({ ...order(), killedBeyond: { bytes: 40 << 20 } });
    expect(killed.outcome).toBeNull();
    expect(visible()).toEqual([]);
    let moved = 0;
    const { outcome } = await transferProcess(order(), (report) => {
      if (moved === 0 && report.bytes > 0) moved = report.bytes;
    });
    expect(outcome).toMatchObject({ ok: true, value: { files: 1, bytes: 200 << 20 } });
    // What the first one moved counted at once.
    expect(moved).toBeGreaterThan(40 << 20);
    expectSame();
  });
});
