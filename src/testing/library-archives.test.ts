import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { file, type LibraryRun, runComponent, type Values } from "./library-job.ts";
import { ROOT } from "./repository.ts";
import { makeRig, type Rig } from "./rig.ts";

// `unpack` with archives of real tools, and with hostile ones.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("library-archives");
});

afterEach(() => rig.remove());

function sh(command: string): void {
  execFileSync("bash", ["-ec", command], { cwd: rig.folder, stdio: "pipe" });
}

function unpack(archive: string, more: Values = {}): LibraryRun {
  return runComponent(rig, "unpack", { archive: file(`./${archive}`), ...more });
}

function tree(folder: string): Record<string, string> {
  return Object.fromEntries(
    fs
      .readdirSync(folder, { recursive: true, encoding: "utf8" })
      .sort()
      .map((name) => {
        const at = path.join(folder, name);
        const stat = fs.lstatSync(at);
        if (stat.isSymbolicLink()) return [name, `→ ${fs.readlinkSync(at)}`];
        return [name, stat.isDirectory() ? "folder" : fs.readFileSync(at, "utf8").slice(0, 20)];
      }),
  );
}

const LONG = `${"long-".repeat(30)}name.txt`;

function fill(): void {
  sh(`mkdir -p in/a/b in/empty; echo one > in/a/b/one.txt; echo long > in/a/${LONG}; echo ü > in/ü.txt
      printf '#!/bin/sh\\n' > in/run.sh; chmod +x in/run.sh; ln -s a/b/one.txt in/link; ln in/run.sh in/z-hard.sh`);
}

const WHOLE = {
  a: "folder",
  "a/b": "folder",
  "a/b/one.txt": "one\n",
  [`a/${LONG}`]: "long\n",
  empty: "folder",
  "run.sh": "#!/bin/sh\n",
  "z-hard.sh": "#!/bin/sh\n",
  "ü.txt": "ü\n",
};

describe("unpack", () => {
  it.each([
    ["tar", "tar cf x.tar -C in ."],
    ["tar of GNU", "tar --format=gnu -czf x.tar -C in ."],
    ["tar of pax", "tar --format=pax -czf x.tar -C in ."],
  ])("reads a %s as it was packed, with links and long names", (_, command) => {
    fill();
    sh(command);
    const { status, log, at } = unpack("x.tar");
    expect([status, log]).toEqual(["Completed", expect.stringContaining("5 files")]);
    expect(tree(at("files"))).toEqual({ ...WHOLE, link: "→ a/b/one.txt" });
    expect(fs.statSync(at("files", "run.sh")).mode & 0o100).toBe(0o100);
  });

  const there = (program: string): boolean =>
    spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;

  it.each(
    [
      ["bz2", "tar cjf", "bzip2"],
      ["xz", "tar cJf", "xz"],
      ["zst", "tar --zstd -cf", "zstd"],
    ].filter(([, , program = ""]) => there(program)) as [string, string, string][],
  )(
    "reads a tar and a file of %s by its program, and says where that is missing",
    (ending, pack, program) => {
      fill();
      sh(`${pack} x.tar.${ending} -C in .; cp x.tar.${ending} unnamed`);
      for (const name of [`x.tar.${ending}`, "unnamed"]) {
        const { status, log, at } = unpack(name);
        expect([status, log]).toEqual(["Completed", expect.stringContaining("5 files")]);
        expect(tree(at("files"))).toEqual({ ...WHOLE, link: "→ a/b/one.txt" });
      }
      sh(
        `printf 'a,b\\n' > t.csv; ${program} t.csv; head -c $(($(stat -c %s unnamed) - 20)) unnamed > cut.tar.${ending}`,
      );
      expect(tree(unpack(`t.csv.${ending}`).at("files"))).toEqual({ "t.csv": "a,b\n" });
      expect(unpack(`cut.tar.${ending}`).log).toContain("damaged or cut short");
      sh(
        `mkdir bin; ln -s "$(command -v node)" bin/node; ln -s "$(command -v bash)" bin/bash; ln -s "$(command -v sh)" bin/sh`,
      );
      const without = runComponent(
        rig,
        "unpack",
        { archive: file(`./t.csv.${ending}`) },
        { environment_variables: { PATH: rig.at("bin") } },
      );
      expect([without.status, without.log]).toEqual([
        "Failed",
        expect.stringContaining(`needs the program ${program}`),
      ]);
    },
  );

  it("reads a zip, stored and deflated, and leaves out leading folders", () => {
    fill();
    sh(`python3 -c "
import os, zipfile
with zipfile.ZipFile('x.bin', 'w') as z:
    for folder, _, names in os.walk('in'):
        for name in names:
            at = os.path.join(folder, name)
            if not os.path.islink(at):
                z.write(at, compress_type=zipfile.ZIP_DEFLATED if 'run' in name else zipfile.ZIP_STORED)
        if not names: z.write(folder)
"`);
    const { status, log, at } = unpack("x.bin", { strip: 1 });
    expect([status, log]).toEqual(["Completed", expect.stringContaining("5 files")]);
    expect(tree(at("files"))).toEqual(WHOLE);
  });

  it("reads one compressed file", () => {
    fs.writeFileSync(rig.at("table.csv.gz"), zlib.gzipSync("a,b\n"));
    expect(tree(unpack("table.csv.gz").at("files"))).toEqual({ "table.csv": "a,b\n" });
  });

  it.each([
    ["cut short", "head -c 3000 whole.tgz > x.tgz"],
    [
      "damaged in the middle",
      "cp whole.tgz x.tgz; printf XXXX | dd of=x.tgz bs=1 seek=2000 conv=notrunc",
    ],
    ["no archive at all", "head -c 5000 /dev/urandom > x.tgz"],
    ["a zip cut short", "python3 -m zipfile -c whole.zip in/noise; head -c 3000 whole.zip > x.tgz"],
  ])("refuses what is %s, and keeps nothing", (_, command) => {
    sh(`mkdir in; head -c 20000 /dev/urandom > in/noise; tar czf whole.tgz in; ${command}`);
    const { status, log } = unpack("x.tgz");
    expect(status).toBe("Failed");
    expect(log).toMatch(/damaged|cut short|no zip, tar/);
    expect(log).not.toContain("step.mjs:");
  });

  it("says which command reads what it does not read", () => {
    sh("printf '7z\\xbc\\xaf rest' > x.7z");
    expect(unpack("x.7z").log).toContain("is 7z, which this component does not read");
  });
});

describe("unpack of a hostile archive", () => {
  it.each([
    ["tar-traversal", "holds the part .."],
    ["tar-absolute", "is absolute"],
    ["tar-link-out", "points out of the archive"],
    ["tar-link-absolute", "points out of the archive"],
    ["tar-through-link", '"l" is a link and a folder at once'],
    ["tar-links-chained", "leads to nothing in the archive"],
    ["tar-hard-link", "is a hard link to"],
    ["tar-device", "is a device"],
    ["tar-pipe", "is a named pipe"],
    ["tar-case", "differ only in case"],
    ["tar-twice", "twice"],
    ["tar-long-name", "has a part of 4096 bytes"],
    ["tar-not-utf8", "is not valid UTF-8"],
    ["zip-traversal", "holds the part .."],
    ["zip-backslash", "holds the part .."],
    ["zip-link-out", "points out of the archive"],
    ["zip-device", "is a device"],
    ["zip-case", "differ only in case"],
    ["zip-bomb", "more than 200 times its own size"],
    ["zip-shared", "shares its bytes"],
  ])("%s is refused by name, and nothing of it is there", (kind, message) => {
    execFileSync("python3", [path.join(ROOT, "src/testing/hostile_archive.py"), kind, rig.at("x")]);
    const { status, log, run } = unpack("x");
    expect([status, log]).toEqual(["Failed", expect.stringContaining(message)]);
    expect(log.length).toBeLessThan(1000);
    expect(run.outputs).toEqual({});
    const escaped = fs
      .readdirSync(rig.folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith("escaped"));
    expect([escaped, fs.existsSync("/tmp/stepwell-escaped")]).toEqual([[], false]);
  });

  it("is stopped at the size and the number of files that it may have", () => {
    sh("mkdir in; for i in 1 2 3; do echo $i > in/$i; done; tar cf x in");
    expect(unpack("x", { max_files: 3 }).log).toContain("more than 3 files and folders");
    expect(unpack("x", { max_size: "5B" }).log).toContain("more than 5 bytes");
    expect(unpack("x", { max_size: "many" }).log).toContain("many is no size");
  });
});
