import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { gitOrigins } from "./git-origin.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-git-"));
afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(folder, { recursive: true, force: true });
});

it("asks a git that wants an answer nothing, and takes no lock of the user's", async () => {
  fs.mkdirSync(path.join(folder, ".git"));
  const asked = path.join(folder, "asked");
  const script = `#!/bin/sh\necho "$GIT_OPTIONAL_LOCKS" >> ${asked}\nexec /bin/cat\n`;
  fs.writeFileSync(path.join(folder, "git"), script, { mode: 0o755 });
  vi.stubEnv("PATH", folder);
  expect(await gitOrigins([folder])).toEqual([]);
  expect(new Set(fs.readFileSync(asked, "utf8").trim().split("\n"))).toEqual(new Set(["0"]));
});
