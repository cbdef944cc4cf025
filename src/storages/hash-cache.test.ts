import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { checkedText } from "../core/checked-text.ts";
import { bootId } from "../ports/boot-id.ts";
import { createFolderContents } from "./folder.ts";
import { FORMAT } from "./hash-cache.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stepwell-cache-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function open() {
  const storeFolder = join(folder, "store");
  return createFolderContents({
    workspaceFolder: folder,
    storeFolder,
    sharedFolders: [],
    workers: 1,
    python: "python3",
  });
}

async function idsOf(paths: readonly string[]): Promise<string[]> {
  const contents = open();
  const ids: string[] = [];
  for (const path of paths) {
    const outcome = await contents.identify(path, "uri_folder");
    if (outcome.ok) ids.push(outcome.value.id);
  }
  await contents.close();
  return ids;
}

/** A folder and a file that are old enough to be remembered, and what they are. */
async function settled(): Promise<{
  readonly paths: readonly string[];
  readonly before: readonly string[];
}> {
  const paths = [join(folder, "data"), join(folder, "single")];
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "data/a"), "1");
  writeFileSync(join(folder, "single"), "1");
  await delay(2100);
  return { paths, before: await idsOf(paths) };
}

const FALSE = `sha256:${"f".repeat(64)}`;

/** Replaces every id in the cache: whoever answers with these has not read the files. */
function poison(): string {
  const cache = join(folder, ".stepwell", "hash-cache");
  for (const name of readdirSync(cache)) {
    const old = readFileSync(join(cache, name), "utf8");
    const text = old.slice(old.indexOf("\n") + 1).replaceAll(/sha256:[0-9a-f]{64}/g, FALSE);
    writeFileSync(join(cache, name), checkedText(FORMAT, text));
  }
  return FALSE;
}

it("is asked instead of the bytes once files are older than the clock is fine", async () => {
  const data = join(folder, "data");
  mkdirSync(data);
  for (let index = 0; index < 100; index += 1) writeFileSync(join(data, `f${index}`), `${index}`);
  const file = join(folder, "single");
  writeFileSync(file, "1");
  await delay(2100);
  const before = await idsOf([data, file]);
  const poisoned = poison();
  expect(await idsOf([data, file])).toEqual([poisoned, poisoned]);
  writeFileSync(file, "2");
  writeFileSync(join(data, "f7"), "other");
  const after = await idsOf([data, file]);
  expect(after).not.toContain(poisoned);
  expect(after).not.toEqual(before);
});

it("does not trust what the disk has altered: the files are read again", async () => {
  const { paths, before } = await settled();
  const cache = join(folder, ".stepwell", "hash-cache");
  for (const name of readdirSync(cache)) {
    const text = readFileSync(join(cache, name), "utf8");
    writeFileSync(join(cache, name), text.replaceAll(/sha256:[0-9a-f]{64}/g, FALSE));
  }
  expect(await idsOf(paths)).toEqual(before);
});

it("does not trust a file that is as young as its hash", async () => {
  const file = join(folder, "single");
  writeFileSync(file, "1");
  const [id] = await idsOf([file]);
  mkdirSync(join(folder, ".stepwell", "hash-cache"), { recursive: true });
  poison();
  expect(await idsOf([file])).toEqual([id]);
});

/** As if all of it had been written in an earlier start of the machine, then or so much later. */
function restart(laterMs: number): void {
  const cache = join(folder, ".stepwell", "hash-cache");
  const moment = `before\n${Date.now() + laterMs}\n`;
  for (const name of readdirSync(cache)) {
    const old = readFileSync(join(cache, name), "utf8");
    const text = old.slice(old.indexOf("\n") + 1);
    const changed = name.endsWith(".files")
      ? text.replace(/^.*\n.*\n/, moment)
      : text.replace(bootId(), "before");
    expect(changed).not.toBe(text);
    writeFileSync(join(cache, name), checkedText(FORMAT, changed));
  }
}

it("reads again what was young before the machine has started anew: a power cut takes bytes and leaves times", async () => {
  const { paths, before } = await settled();
  poison();
  restart(0);
  expect(await idsOf(paths)).toEqual(before);
});

it("does not read again what was on the disk long before the machine has started anew", async () => {
  const file = join(folder, "single");
  writeFileSync(file, "1");
  await delay(2100);
  await idsOf([file]);
  const poisoned = poison();
  restart(120_000);
  expect(await idsOf([file])).toEqual([poisoned]);
});
