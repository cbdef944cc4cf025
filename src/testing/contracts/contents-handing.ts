import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, it, vi } from "vitest";
import type { OutputRecord } from "../../core/output.ts";
import { type ContentsBench, relink } from "./contents-bench.ts";

export function publishing(bench: () => ContentsBench): void {
  const make = async (): Promise<{ file: OutputRecord; folder: OutputRecord }> => {
    const outputs = { f: "uri_file", d: "uri_folder" } as const;
    const staged = await bench().stage("c1", outputs);
    writeFileSync(staged.outputs.f as string, "file");
    writeFileSync(join(staged.outputs.d as string, "tool"), "#!", { mode: 0o755 });
    const captured = await bench().capture("c1", outputs);
    return { file: captured.outputs.f as OutputRecord, folder: captured.outputs.d as OutputRecord };
  };

  it("copies a file and a folder, writable and executable as they were", async () => {
    const { file, folder } = await make();
    const to = bench().path("published/deep");
    expect(await bench().contents.publish(file, join(to, "f.bin"))).toMatchObject({ ok: true });
    expect(await bench().contents.publish(folder, join(to, "d"))).toMatchObject({ ok: true });
    expect(statSync(join(to, "f.bin")).mode & 0o777).toBe(0o644);
    expect(statSync(join(to, "d/tool")).mode & 0o777).toBe(0o755);
    expect(readdirSync(to).sort()).toEqual(["d", "f.bin"]);
    expect(statSync(file.path).mode & 0o777).toBe(0o444);
  });

  /** Publishes a folder of these files to `to/d`. */
  const publish = async (attempt: string, files: Readonly<Record<string, string>>, by = "d") => {
    const outputs = { d: "uri_folder" } as const;
    const staged = await bench().stage(attempt, outputs);
    for (const [name, text] of Object.entries(files)) {
      const file = join(staged.outputs.d as string, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    const captured = await bench().capture(attempt, outputs);
    return bench().contents.publish(captured.outputs.d as OutputRecord, bench().path("to/d"), by);
  };
  const there = (): readonly string[] =>
    (readdirSync(bench().path("to/d"), { recursive: true }) as string[]).sort();

  it("takes the place of what an earlier copy put there, as a whole where nothing else lies there", async () => {
    await publish("p1", { "a/x": "1", "b/y": "1", z: "1" });
    expect(await publish("p2", { "a/x": "2" })).toMatchObject({ ok: true });
    expect(there()).toEqual(["a", "a/x"]);
    expect(readFileSync(bench().path("to/d/a/x"), "utf8")).toBe("2");
  });

  it("never removes what it has not put there, or what was altered since", async () => {
    bench().write("to/d/theirs/thesis.tex", "of the user's");
    bench().write("to/d/same", "old");
    await publish("p3", { same: "1", "b/y": "1", "b/z": "1", edited: "1" });
    bench().write("to/d/edited", "by hand");
    expect(await publish("p4", { same: "2", "c/x": "2" })).toMatchObject({ ok: true });
    expect(there()).toEqual(["c", "c/x", "edited", "same", "theirs", "theirs/thesis.tex"]);
    expect(readFileSync(bench().path("to/d/edited"), "utf8")).toBe("by hand");
    expect(readFileSync(bench().path("to/d/same"), "utf8")).toBe("2");
    const before = statSync(bench().path("to/d/same"));
    await publish("p5", { same: "2", "c/x": "2" });
    expect(statSync(bench().path("to/d/same")).ino).toBe(before.ino);
  });

  it("leaves what another output has put into the same folder", async () => {
    await publish("o1", { x: "1" }, "first");
    await publish("o2", { y: "1" }, "second");
    await publish("o3", { z: "2" }, "first");
    expect(there()).toEqual(["y", "z"]);
  });

  it("takes the place of links, and writes through none", async () => {
    bench().write("disk/theirs", "of the user's");
    mkdirSync(bench().path("to"));
    symlinkSync(bench().path("disk"), bench().path("to/d"));
    expect(await publish("p6", { x: "1" })).toMatchObject({ ok: true });
    bench().write("to/d/more", "of the user's");
    symlinkSync(bench().path("disk"), bench().path("to/d/in"));
    expect(await publish("p6b", { "in/x": "1" })).toMatchObject({ ok: true });
    expect(there()).toEqual(["in", "in/x", "more"]);
    expect(readdirSync(bench().path("disk"))).toEqual(["theirs"]);
  });

  it("says what of the user's is in its way, and copies nothing", async () => {
    bench().write("to/d/x", "a file where a folder goes");
    bench().write("to/f/old", "a folder where the file goes");
    const refusal = { ok: false, failure: { message: expect.stringContaining("goes there") } };
    expect(await publish("p7", { a: "1", "x/y": "1" })).toMatchObject(refusal);
    const { file } = await make();
    expect(await bench().contents.publish(file, bench().path("to/f"))).toMatchObject(refusal);
    expect(there()).toEqual(["x"]);
    expect(readdirSync(bench().path("to/f"))).toEqual(["old"]);
  });

  it("leaves alone what is the same already", async () => {
    const { folder } = await make();
    await bench().contents.publish(folder, bench().path("to"));
    const before = statSync(bench().path("to/tool"));
    await bench().contents.publish(folder, bench().path("to"));
    expect(statSync(bench().path("to/tool")).ino).toBe(before.ino);
  });

  it("fails where it may not write, and leaves nothing half done", async () => {
    const { file } = await make();
    const wall = bench().write("wall", "a file");
    const outcome = await bench().contents.publish(file, join(wall, "f"));
    expect(outcome.ok).toBe(false);
    expect(readFileSync(wall, "utf8")).toBe("a file");
  });
}

export function discarding(bench: () => ContentsBench): void {
  it("shows the folders of an attempt as it left them, as long as they are there", async () => {
    const outputs = { o: "uri_file", d: "uri_folder" } as const;
    const staged = await bench().stage("d0", outputs);
    writeFileSync(join(staged.workFolder, "notes"), "1");
    bench().contents.discard("d0", "newest");
    expect(bench().contents.leftBehind({ attemptId: "d0", outputs })).toEqual(staged);
    rmSync(staged.workFolder, { recursive: true });
    expect(bench().contents.leftBehind({ attemptId: "d0", outputs })).toBeNull();
  });

  it("brings nothing back of a workspace that was removed while a step ran", async () => {
    await bench().stage("gone", {});
    rmSync(bench().path(".stepwell"), { recursive: true });
    bench().contents.discard("gone", "newest");
    expect(existsSync(bench().path(".stepwell"))).toBe(false);
  });

  it("takes a work folder away at once", async () => {
    const staged = await bench().stage("d1", {});
    writeFileSync(join(staged.workFolder, "note"), "");
    bench().contents.discard("d1", "no");
    expect(existsSync(staged.workFolder)).toBe(false);
    expect(existsSync(staged.folder)).toBe(true);
    await bench().contents.close();
  });

  it("hands on a work folder only when nothing of it is other than in a new one", async () => {
    const alterations: ((folder: string) => void)[] = [
      (folder) => writeFileSync(join(folder, ".hidden"), ""),
      (folder) => mkdirSync(join(folder, "outputs/deep")),
      (folder) => writeFileSync(join(folder, "logs/log"), ""),
      (folder) => rmSync(join(folder, "logs"), { recursive: true }),
      (folder) => chmodSync(folder, 0o500),
      (folder) => chmodSync(join(folder, "outputs"), 0o500),
      (folder) => {
        rmSync(join(folder, "outputs"), { recursive: true });
        symlinkSync("/tmp", join(folder, "outputs"));
      },
      (folder) => rmSync(folder, { recursive: true }),
      () => {},
    ];
    for (const [index, alter] of alterations.entries()) {
      const before = await bench().stage(`a${index}`, {});
      alter(before.workFolder);
      bench().contents.discard(`a${index}`, "no");
      const after = await bench().stage(`b${index}`, {});
      expect(readdirSync(after.workFolder).sort()).toEqual(["logs", "outputs"]);
      expect(readdirSync(join(after.workFolder, "outputs"))).toEqual([]);
      expect(lstatSync(join(after.workFolder, "outputs")).isDirectory()).toBe(true);
      expect(statSync(after.workFolder).mode & 0o700).toBe(0o700);
      expect(existsSync(before.workFolder)).toBe(false);
    }
    bench().contents.discard(`b${alterations.length - 1}`, "no");
    await bench().contents.close();
    expect(existsSync(bench().path(`.stepwell/work/b${alterations.length - 1}`))).toBe(false);
  });

  // Of a folder that is older than the clock of the file system is coarse only the times are looked at, else the bytes.
  for (const [code, files, ageMs] of [
    ["a little code", 3, 0],
    ["a little code, a while ago", 3, 10_000],
    ["much code", 80, 0],
    ["much code, a while ago", 80, 10_000],
  ] as const)
    it(`hands on a work folder with ${code} only when nothing of it is other than in a new one`, async () => {
      for (let index = 0; index < files; index += 1) bench().write(`code/f${index}`, "x");
      chmodSync(bench().write("code/deep/tool", "#!"), 0o755);
      bench().write("code/logs/old", "");
      symlinkSync("f1", bench().path("code/link"));
      const { snapshotId } = await bench().snapshot();
      const alterations: ((folder: string) => void)[] = [
        (folder) => writeFileSync(join(folder, "f0"), "y"),
        (folder) => writeFileSync(join(folder, "f0"), ""),
        (folder) => rmSync(join(folder, "f1")),
        (folder) => chmodSync(join(folder, "deep/tool"), 0o644),
        (folder) => relink(join(folder, "link"), "f2"),
        (folder) => relink(join(folder, "f2"), "f1"),
        (folder) => rmSync(join(folder, "logs/old")),
        (folder) => mkdirSync(join(folder, "deep/er")),
        (folder) => writeFileSync(join(folder, "logs/new"), ""),
        (folder) => chmodSync(join(folder, "deep"), 0o700),
        (folder) => renameSync(join(folder, "f0"), join(folder, "f00")),
      ];
      const stage = async (id: string) => {
        vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ageMs });
        try {
          const { workFolder } = await bench().stage(id, {}, snapshotId);
          return { workFolder, inode: statSync(workFolder).ino };
        } finally {
          vi.useRealTimers();
        }
      };
      for (const [index, alter] of alterations.entries()) {
        const { workFolder } = await stage(`a${index}`);
        alter(workFolder);
        bench().contents.discard(`a${index}`, "no");
        await vi.waitFor(() => expect(existsSync(workFolder), String(alter)).toBe(false));
      }
      const unaltered = await stage("u");
      bench().contents.discard("u", "no");
      let tries = 0;
      await vi.waitFor(async () => {
        const again = await stage(`v${tries++}`);
        expect(again.inode).toBe(unaltered.inode);
        expect(existsSync(unaltered.workFolder)).toBe(false);
      });
      bench().contents.discard(`v${tries - 1}`, "no");
      await bench().contents.close();
      expect(existsSync(bench().path(`.stepwell/work/v${tries - 1}`))).toBe(false);
    });

  it("keeps the newest ten of those that are to be kept, beside all that are to stay always", async () => {
    for (let index = 0; index < 13; index += 1) {
      const id = `d${index}`;
      const staged = await bench().stage(id, {});
      appendFileSync(join(staged.workFolder, "note"), id);
      bench().contents.discard(id, "newest");
      const asked = await bench().stage(`asked-${index}`, {});
      appendFileSync(join(asked.workFolder, "note"), id);
      bench().contents.discard(`asked-${index}`, "always");
      const mark = bench().path(`.stepwell/work/.kept/${id}`);
      utimesSync(mark, 1000 + index, 1000 + index);
    }
    const kept = readdirSync(bench().path(".stepwell/work")).filter((name) => name !== ".kept");
    expect(kept.filter((name) => name.startsWith("asked-"))).toHaveLength(13);
    expect(kept.filter((name) => !name.startsWith("asked-"))).toHaveLength(10);
    expect(kept).toContain("d12");
    expect(kept).not.toContain("d0");
  });

  it("keeps one while the mark of another is taken away", async () => {
    await bench().stage("d0", {});
    bench().contents.discard("d0", "newest");
    // Listed, and not there any more.
    symlinkSync("nowhere", bench().path(".stepwell/work/.kept/gone"));
    await bench().stage("d1", {});
    expect(() => bench().contents.discard("d1", "newest")).not.toThrow();
  });
}
