import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findWorkspace, noWorkspace } from "./find-workspace.ts";
import { isRefusal } from "./refusal.ts";

let root: string;
beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-find-")));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

function make(name: string): string {
  const folder = path.join(root, name);
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

describe("findWorkspace", () => {
  it.each([
    ["as it is", (home: string) => home],
    ["with a slash at its end", (home: string) => `${home}/`],
    ["by a link", (home: string) => path.join(path.dirname(home), "link")],
  ])("never passes the home folder, named %s", (_, named) => {
    make(".stepwell");
    const home = make("home");
    fs.symlinkSync(home, path.join(root, "link"));
    const currentFolder = make("home/project");
    const where = { option: null, variable: undefined, currentFolder, home: named(home) };
    expect(findWorkspace(where)).toMatchObject({ folder: currentFolder, isNew: true });
  });

  it("says of a folder that was named that no workspace is in it, not that none is above the current one", () => {
    const there = make("project/.stepwell");
    const named = (option: string | null, variable?: string) => {
      const found = findWorkspace({ option, variable, currentFolder: root, home: "/nobody" });
      const refusal = isRefusal(found) ? found : noWorkspace(found, root);
      return [refusal.message, refusal.hint];
    };
    const other = make("other");
    expect(named("other")[0]).toBe(`there is no Stepwell workspace in ${other}`);
    expect(named(null, "other")[0]).toBe(`there is no Stepwell workspace in ${other}`);
    expect(named("project/.stepwell")).toEqual([
      `there is no Stepwell workspace in ${there}`,
      `name the folder that holds it: --workspace ${path.dirname(there)}`,
    ]);
    expect(named(null)[0]).toBe(`there is no Stepwell workspace at or above ${root}`);
    expect(named(null, "nowhere")[1]).toContain("STEPWELL_WORKSPACE");
  });
});
