import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readRequirements } from "./read-requirements.ts";

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-requirements-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function read(...lines: readonly string[]) {
  return readRequirements(lines, folder);
}

it("takes a file that holds constraints and requirements as both", () => {
  fs.writeFileSync(path.join(folder, "common.txt"), "six==1.15.0\n");
  for (const lines of [
    ["-c common.txt", "-r common.txt"],
    ["-r common.txt", "-c common.txt", "-r common.txt"],
  ])
    expect(read(...lines)).toMatchObject({
      requirements: ["six==1.15.0"],
      constraints: ["six==1.15.0"],
    });
});

it("takes a file by its address on this machine, as conda's guide writes it", () => {
  fs.writeFileSync(path.join(folder, "more.txt"), "six\n");
  for (const place of ["file:more.txt", `file:${folder}/more.txt`, `file://${folder}/more.txt`])
    expect(read(`-r ${place}`)).toMatchObject({ requirements: ["six"] });
});

it.each([
  ["--no-index --find-links ./wheels", ["--no-index", "--find-links ./wheels"]],
  ["-i https://a/simple --trusted-host a", ["-i https://a/simple", "--trusted-host a"]],
  ['-f "./my wheels" --pre', ["--find-links ./my wheels", "--pre"]],
  ["--extra-index-url='https://b/simple'", ["--extra-index-url=https://b/simple"]],
])("takes each option of the line %s", (line, options) => {
  expect(read(line, "six")).toMatchObject({ requirements: ["six"], options });
});

it.each([
  "libs/pkg",
  "libs/pkg[extra]",
  "pkg-1.0.tar.bz2",
  "pkg-1.0.tgz",
  "x-1-py3-none-any.whl[a]",
])("refuses %s, which is of this machine", (line) => {
  expect(read(line)).toMatchObject({ ok: false, message: expect.stringContaining(line) });
});

it("says of a file that it is UTF-16, as PowerShell writes what pip freeze prints", () => {
  const text = Buffer.from("\uFEFFsix==1.15.0\r\n", "utf16le");
  fs.writeFileSync(path.join(folder, "frozen.txt"), text);
  expect(read("-r frozen.txt")).toMatchObject({
    ok: false,
    message: expect.stringMatching(/frozen\.txt: it is UTF-16/),
    hint: expect.stringContaining("iconv -f UTF-16"),
  });
});

it.each(["six==${V}", "${P}==1.15.0", 'six; python_version > "${V}"', "-r ${X}/more.txt"])(
  "says of %s that a variable of the shell is no part of an environment",
  (line) => {
    expect(read(line)).toMatchObject({
      ok: false,
      message: `The requirement \`${line}\` takes something from a variable of the shell.`,
      hint: expect.stringMatching(/^Write its value/),
    });
  },
);

it("leaves the variable of an address to uv", () => {
  const line = "six @ https://${TOKEN}@files.example/six-1-py3-none-any.whl";
  expect(read(line)).toMatchObject({ requirements: [line] });
});

it("refuses a requirement without a hash where --require-hashes is asked for, wherever that stands", () => {
  const hash = "--hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254";
  fs.writeFileSync(path.join(folder, "strict.txt"), `--require-hashes\nsix==1.16.0 ${hash}\n`);
  expect(read("-r strict.txt", "-c common.txt")).toMatchObject({ requirements: ["six==1.16.0"] });
  expect(read("toolz==1.0", "-r strict.txt")).toMatchObject({
    ok: false,
    message: "The requirements say --require-hashes, and `toolz==1.0` has no hash.",
  });
  expect(read("toolz==1.0", `six==1.16.0 ${hash}`)).toMatchObject({ ok: true });
});

it("says of packages that stand in no file of their own why a file that they name cannot be found", () => {
  const found = readRequirements(["-r more.txt"], null);
  expect(found).toMatchObject({
    ok: false,
    message: "The packages are no file of their own, so nobody knows where more.txt lies.",
  });
});
