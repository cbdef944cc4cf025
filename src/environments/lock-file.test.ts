import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PackageSoftware } from "./choose-software.ts";
import {
  isHashed,
  keepHashes,
  lockDamage,
  lockedPackages,
  lockPath,
  readLock,
  writeLock,
} from "./lock-file.ts";
import { markerVariables } from "./marker.ts";

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-lock-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const places = () => ({ locksFolder: path.join(folder, "locks"), workspaceFolder: folder });

const software: PackageSoftware = {
  kind: "packages",
  label: "my env/1",
  python: "3.11",
  requirements: ["six", "attrs>=1"],
  constraints: [],
  options: [],
  hashes: {},
  variables: {},
  folder: null,
};

const TEXT = `attrs==25.1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:cc
numpy==1.24 ; python_full_version < '3.9' \\
    --hash=sha256:dd
numpy==2.1 ; python_full_version >= '3.9' \\
    --hash=sha256:ee
Ruamel.Yaml==0.18 \\
    --hash=sha256:ff
`;

describe("lockPath", () => {
  it("changes with what is asked for, not with its order, spaces or case of nothing", () => {
    const same = { ...software, requirements: ["attrs>=1", "six"] };
    const other = { ...software, requirements: ["attrs>=2", "six"] };
    expect(lockPath(places(), same)).toBe(lockPath(places(), software));
    expect(lockPath(places(), other)).not.toBe(lockPath(places(), software));
    expect(lockPath(places(), { ...software, python: null })).not.toBe(
      lockPath(places(), software),
    );
    expect(path.basename(lockPath(places(), software))).toMatch(/^my-env-1-[0-9a-f]{12}\.txt$/);
  });
});

describe("lockPath of a spec with a folder of links beside its file", () => {
  const at = (below: string, options = ["--find-links ./wheels"]) =>
    path.basename(lockPath(places(), { ...software, options, folder: path.join(folder, below) }));

  it("changes with the file's folder, as the workspace sees it", () => {
    expect(at("a")).not.toBe(at("b"));
    const moved = { ...places(), workspaceFolder: path.join(folder, "elsewhere") };
    const there = { ...software, options: ["--find-links ./wheels"] };
    const before = lockPath(places(), { ...there, folder: path.join(folder, "a") });
    expect(lockPath(moved, { ...there, folder: path.join(folder, "elsewhere/a") })).toBe(before);
  });

  it("does not where the folder means nothing", () => {
    const options = ["--no-index", "--find-links /srv/wheels", "--find-links https://h/w"];
    expect(at("a", options)).toBe(at("b", options));
    expect(at("a", [])).toBe(at("b", []));
  });
});

describe("a lock", () => {
  it("reads as it was written, and its id does not count comments", () => {
    const file = lockPath(places(), software);
    const written = writeLock(file, software, { python: "3.11", text: TEXT });
    expect(readLock(file)).toEqual(written);
    fs.appendFileSync(file, "# a note\n\n");
    expect(readLock(file)?.id).toBe(written.id);
    fs.appendFileSync(file, "six==1.0\n");
    expect(readLock(file)?.id).not.toBe(written.id);
  });

  it("is none where there is no file, or another file", () => {
    const file = path.join(folder, "other.txt");
    expect(readLock(file)).toBeNull();
    fs.writeFileSync(file, "six==1\n");
    expect(readLock(file)).toBeNull();
  });
});

describe("lockedPackages", () => {
  it("gives what the lock means for one Python on one platform", () => {
    const variables = markerVariables("3.11.2", "linux-x86_64-glibc2.36");
    expect(lockedPackages(TEXT, variables)).toEqual({
      attrs: "25.1",
      numpy: "2.1",
      "ruamel-yaml": "0.18",
    });
    expect(lockedPackages(TEXT, markerVariables("3.8.1", "linux-x86_64"))).toMatchObject({
      numpy: "1.24",
    });
  });

  it("takes a package from a URL by the URL", () => {
    const variables = markerVariables("3.11.2", "linux-x86_64");
    expect(lockedPackages("pkg @ https://e.org/p.whl --hash=sha256:aa\n", variables)).toEqual({
      pkg: "https://e.org/p.whl",
    });
  });
});

describe("isHashed", () => {
  it("is true only when every package carries a hash", () => {
    expect(isHashed(TEXT)).toBe(true);
    expect(isHashed(`${TEXT}pkg @ git+https://e.org/p\n`)).toBe(false);
    expect(isHashed("")).toBe(false);
  });
});

describe("keepHashes", () => {
  const text =
    "a==1 ; x == 'y' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nb==2 \\\n    --hash=sha256:cc\n";

  it("leaves of a package only the hashes that were asked for", () => {
    expect(keepHashes(text, { a: ["sha256:bb", "sha256:dd"] })).toEqual({
      text: text.replace(" \\\n    --hash=sha256:aa", ""),
    });
    expect(keepHashes(text, {})).toEqual({ text });
  });

  it("names the package that has none of them", () => {
    expect(keepHashes(text, { b: ["sha256:aa"] })).toEqual({ without: "b==2" });
  });
});

describe("lockDamage", () => {
  it("tells conflict markers, a lost head and what is no file, and how to go on", () => {
    const file = path.join(folder, "damaged.txt");
    expect(lockDamage(file)).toBeNull();
    fs.writeFileSync(file, "# python: 3.11\r\nsix==1\r\n");
    expect(lockDamage(file)).toBeNull();
    for (const text of ["six==1\n", "# python: 3.11\n<<<<<<< HEAD\nsix==1\n=======\nsix==2\n"]) {
      fs.writeFileSync(file, text);
      expect(lockDamage(file)?.hint).toContain("remove it");
    }
    expect(lockDamage(folder)?.message).toContain("is no file");
  });

  it("tells one that nobody may read as that", () => {
    const file = path.join(folder, "denied.txt");
    fs.symlinkSync("denied.txt", file);
    expect(lockDamage(file)).toMatchObject({
      message: expect.stringContaining("cannot be read: ELOOP"),
      hint: expect.stringContaining("permissions"),
    });
  });

  it("tells one that lost a package which is asked for, as a merge or a cut leaves it", () => {
    const file = path.join(folder, "lost.txt");
    const asked = [
      "Six>=1",
      "colorama; sys_platform == 'win32'",
      "git+https://e.org/x",
      "-r https://e.org/r",
    ];
    fs.writeFileSync(file, "# python: 3.11\n# - Six>=1\nattrs==1\n");
    expect(lockDamage(file, asked)?.message).toContain("has no Six, which is asked for");
    fs.appendFileSync(file, "six==1.17.0 ; python_version < '3.12'\n");
    expect(lockDamage(file, asked)).toBeNull();
  });

  it("tells a line that pins nothing: what it installs would be another each time", () => {
    const file = path.join(folder, "loose.txt");
    for (const line of ["six", "six>=1", "six==1.*", "six ; python_version < '4'"]) {
      fs.writeFileSync(file, `# python: 3.11\n${TEXT}${line}\n`);
      expect(lockDamage(file)?.message).toContain(`names no version in its line \`${line}\``);
    }
    const pinned =
      "--index-url https://e.org/simple\npkg @ https://e.org/p.whl\nsix[a] == 1.0 ; x == 'y'\n";
    fs.writeFileSync(file, `# python: 3.11\n${TEXT}${pinned}`);
    expect(lockDamage(file)).toBeNull();
  });
});
