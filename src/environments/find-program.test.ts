// The version behind a program's file: one for most files, for those of version managers the one that the project chose.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { programVersion } from "./find-program.ts";

let folder: string;

beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-program-")));
  fs.mkdirSync(path.join(folder, "bin"));
});

afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

function install(name: string, text: string): void {
  const file = path.join(folder, "bin", name);
  fs.writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

const version = (): Promise<string> =>
  programVersion("node", {
    variables: { PATH: `${path.join(folder, "bin")}:/usr/bin:/bin` },
    cacheFolder: path.join(folder, "cache"),
    workspaceFolder: folder,
  });

const choose = (chosen: string): void =>
  fs.writeFileSync(path.join(folder, ".tool-versions"), `nodejs ${chosen}\n`);

it("is that of another file when the program was replaced", async () => {
  install("node", "echo v18.20.1");
  expect(await version()).toBe("18.20.1");
  install("node", "echo v20.11.0");
  expect(await version()).toBe("20.11.0");
});

it("is what the project chooses where the file on PATH is a version manager's script", async () => {
  install("node", `# asdf-plugin: nodejs 18.20.1\ncat .tool-versions`);
  for (const chosen of ["18.20.1", "20.11.0"]) {
    choose(chosen);
    expect(await version()).toBe(chosen);
  }
});

it("is what the project chooses where the file on PATH is a link to a version manager", async () => {
  install("mise", "cat .tool-versions");
  fs.symlinkSync("mise", path.join(folder, "bin", "node"));
  for (const chosen of ["18.20.1", "20.11.0"]) {
    choose(chosen);
    expect(await version()).toBe(chosen);
  }
});
