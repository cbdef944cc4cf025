import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { graphOf } from "../../testing/loaded-job.ts";
import { definitionFiles } from "./definition-files.ts";
import { graphCache } from "./graph-cache.ts";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-definition-"));
  fs.mkdirSync(path.join(folder, ".stepwell"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

it("gives a file as it was when it was first read, also after somebody has saved it", () => {
  const file = path.join(folder, "p.yml");
  fs.writeFileSync(file, "one");
  const files = definitionFiles();
  expect(files.readText(file)).toEqual({ ok: true, text: "one" });
  const digest = files.digest(file);
  fs.writeFileSync(file, "two");
  expect(files.readText(file)).toEqual({ ok: true, text: "one" });
  expect(files.digest(file)).toBe(digest);
  expect(definitionFiles().digest(file)).not.toBe(digest);
  const gone = path.join(folder, "gone.yml");
  expect(files.readText(gone)).toMatchObject({ ok: false, reason: "there is no such file" });
  expect(files.digest(gone)).toBeNull();
});

it("keeps no graph under what its file became while it was read", () => {
  const file = path.join(folder, "p.yml");
  fs.writeFileSync(file, "before");
  const files = definitionFiles();
  files.readText(file);
  fs.writeFileSync(file, "after");
  const graph = graphOf("type: command\ncommand: echo before\n");
  const loaded = { graph, problems: [], named: [file], kinds: new Map() };
  graphCache({ folder }, files, {}).write(loaded);
  expect(graphCache({ folder }, definitionFiles(), {}).read()).toBeNull();
  fs.writeFileSync(file, "before");
  expect(graphCache({ folder }, definitionFiles(), {}).read()?.graph).toEqual(graph);
});
