import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { snapshotCode } from "./snapshot.ts";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-snapshot-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(name: string, bytes: string | Buffer = ""): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, bytes);
  return file;
}

function taken(...includes: readonly string[]) {
  const code = { path: path.join(folder, "code"), includes, definitionFiles: [] };
  const places = {
    codeFolder: path.join(folder, "store"),
    cacheFolder: path.join(folder, "cache"),
    sharedFolders: [path.join(folder, "code/shared"), path.join(folder, "lib/inner/cache")],
  };
  const result = snapshotCode(code, places, null);
  if (typeof result !== "object") throw new Error("too big");
  return result;
}

it.each([
  [".amlignore", "utf16le", "\uFEFFsecret\r\n"],
  [".amlignore", "utf16le", "secret\r\n"],
  ["inner/.gitignore", "utf16le", "\uFEFFsecret\r\n"],
] as const)(
  "refuses code whose %s is UTF-16: nothing would be left out",
  (name, encoding, text) => {
    write("code/secret");
    const file = write(`code/${name}`, Buffer.from(text, encoding));
    expect(() => taken()).toThrow(`${file} is UTF-16`);
  },
);

it("takes nothing of a shared cache that lies in the code, or in what is included", () => {
  for (const name of ["code/a.py", "code/shared/b", "code/inner/shared/c", "lib/inner/cache/d"])
    write(name);
  write("lib/e.py");
  const { snapshot } = taken(path.join(folder, "lib"));
  expect(Object.keys(snapshot.parts)).toEqual(["a.py", "inner/shared/c", "lib/e.py"]);
});

it("reads an ignore file in another encoding as git does: by its bytes", () => {
  write("code/.gitignore", Buffer.from("gr\xfcn.txt\nsecret\n", "latin1"));
  write("code/secret");
  expect(Object.keys(taken().snapshot.parts)).toEqual([".gitignore"]);
});

it("names both of two includes of one name", () => {
  write("code/train.py");
  const one = path.dirname(write("a/lib/x.py"));
  const two = path.dirname(write("b/lib/x.py"));
  expect(() => taken(one, two)).toThrow(`${two} would replace the one before it, ${one}`);
});

describe("code that is really data", () => {
  beforeEach(() => {
    for (let index = 0; index <= 2_000; index += 1) write(`code/${index}.png`);
    write("code/one/x.py");
  });

  it("is told by kinds of files where they lie in no folder", () => {
    expect(taken().warnings.join()).toContain(
      "2002 files, 0 MB; largest: *.png (2001 files), one (1 file)",
    );
  });

  it("is told with the ignore file that counts: a new .amlignore would end .gitignore", () => {
    expect(taken().warnings.join()).toMatch(/name it in \.amlignore$/);
    write("code/.gitignore", "*.log\n");
    expect(taken().warnings.join()).toMatch(/name it in \.gitignore$/);
    write("code/.amlignore", "*.log\n");
    expect(taken().warnings.join()).toMatch(/name it in \.amlignore$/);
  });
});
