import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { gitOrigins, stripCredentials } from "./git-origin.ts";
import { gitProperties } from "./git-properties.ts";

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
