import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { gitProperties } from "../recorded/git-properties.ts";
import { gitOrigins, stripCredentials } from "./git-origin.ts";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-git-"));
});
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

it("code that git does not know yet makes it dirty; what git ignores, or lies beside the code, does not", async () => {
  const git = (...words: readonly string[]): string =>
    execFileSync("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", ...words], {
      encoding: "utf8",
    });
  const code = path.join(folder, "code");
  fs.mkdirSync(code);
  fs.writeFileSync(path.join(code, "train.py"), "");
  fs.writeFileSync(path.join(folder, ".gitignore"), "*.log\n");
  git("init", "-q", "-b", "trunk");
  git("remote", "add", "origin", "https://joe:s3cr3t@example.org/x.git");
  git("add", ".");
  git("commit", "-qm", "first");
  fs.writeFileSync(path.join(folder, "notes.txt"), "");
  fs.writeFileSync(path.join(code, "out.log"), "");
  const commit = git("rev-parse", "HEAD").trim();
  const clean = await gitOrigins([code]);
  expect(gitProperties(clean)).toEqual({
    "azureml.git.repository_uri": "https://example.org/x.git",
    "mlflow.source.git.repoURL": "https://example.org/x.git",
    "azureml.git.branch": "trunk",
    "mlflow.source.git.branch": "trunk",
    "azureml.git.commit": commit,
    "mlflow.source.git.commit": commit,
    "azureml.git.dirty": "False",
  });
  fs.writeFileSync(path.join(code, "helper.py"), "");
  expect(gitProperties(await gitOrigins([code]))["azureml.git.dirty"]).toBe("True");
});

it("more code than fits on a command line has its origin too", async () => {
  fs.mkdirSync(path.join(folder, "code"));
  const git = (...words: readonly string[]): string =>
    execFileSync("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", ...words], {
      encoding: "utf8",
    });
  git("init", "-q");
  git("commit", "-qm", "first", "--allow-empty");
  const long = "x".repeat(200);
  const many = Array.from({ length: 10_000 }, (_, at) => path.join(folder, "code", `${long}${at}`));
  expect(await gitOrigins([folder, ...many])).toMatchObject([{ dirty: false }]);
  fs.writeFileSync(path.join(folder, "code", "new.py"), "");
  expect(await gitOrigins([folder, ...many])).toMatchObject([{ dirty: true }]);
});

it("nothing of a password is left in an address, whatever signs it has", () => {
  expect(stripCredentials("https://joe:p@ss@example.org/x.git")).toBe("https://example.org/x.git");
  expect(stripCredentials("https://example.org/~a@b/x.git")).toBe("https://example.org/~a@b/x.git");
});

it("asks about the code's own repository, whatever git started us and however it shows differences", async () => {
  const git = (at: string, ...words: readonly string[]): string =>
    execFileSync("git", ["-C", at, "-c", "user.name=a", "-c", "user.email=a@b", ...words], {
      encoding: "utf8",
    });
  const other = fs.mkdtempSync(path.join(folder, "other-"));
  for (const at of [folder, other]) {
    fs.writeFileSync(path.join(at, "train.py"), "1\n");
    git(at, "init", "-q");
    git(at, "add", "train.py");
    git(at, "commit", "-qm", at);
  }
  const commit = git(folder, "rev-parse", "HEAD").trim();
  git(folder, "config", "color.ui", "always");
  fs.writeFileSync(path.join(folder, "train.py"), "2\n");
  vi.stubEnv("GIT_DIR", path.join(other, ".git"));
  vi.stubEnv("GIT_INDEX_FILE", path.join(other, ".git/index"));
  vi.stubEnv("GIT_EXTERNAL_DIFF", "false");
  const [origin] = await gitOrigins([folder]);
  expect([origin?.commit, origin?.diff]).toEqual([commit, expect.stringContaining("\n-1\n+2\n")]);
});

it.skipIf(process.getuid?.() !== 0)(
  "says of another user's repository how its commit is recorded",
  async () => {
    execFileSync("git", ["-C", folder, "init", "-q"]);
    for (const name of ["", ".git"]) fs.chownSync(path.join(folder, name), 65534, 65534);
    const said: string[] = [];
    expect(await gitOrigins([folder], (line) => said.push(line))).toEqual([]);
    expect(said).toEqual([
      expect.stringContaining(`git config --global --add safe.directory ${folder}`),
    ]);
  },
);
