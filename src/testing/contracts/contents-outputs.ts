import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import type { OutputRecord } from "../../core/output.ts";
import type { ContentFailure } from "../../ports/contents.ts";
import type { DataType } from "../../spec/graph.ts";
import { clonesFiles } from "../clones-files.ts";
import {
  age,
  CAPTURE,
  type ContentsBench,
  fifo,
  intoFolder,
  overwrite,
  tamper,
} from "./contents-bench.ts";

export function capturing(bench: () => ContentsBench): void {
  it("moves outputs to the folder of run, step and port, immutable and identified", async () => {
    const outputs = { model: "uri_file", data: "uri_folder" } as const;
    const staged = await bench().stage("c1", outputs);
    writeFileSync(staged.outputs.model as string, "model");
    mkdirSync(join(staged.outputs.data as string, "deep"));
    writeFileSync(join(staged.outputs.data as string, "deep/tool"), "#!", { mode: 0o755 });
    symlinkSync("deep/tool", join(staged.outputs.data as string, "link"));
    const captured = await bench().capture("c1", outputs);
    const base = bench().path(".stepwell/store/azureml/run-1/outer/train");
    expect(captured.outputs.model).toMatchObject({
      path: `${base}/model/model`,
      type: "uri_file",
      sizeBytes: 5,
    });
    expect(captured.outputs.data).toMatchObject({ path: `${base}/data`, kind: "folder", files: 1 });
    expect(statSync(`${base}/model/model`).mode & 0o777).toBe(0o444);
    expect(statSync(`${base}/data/deep/tool`).mode & 0o777).toBe(0o555);
    const again = await bench().content(`${base}/data`, "uri_folder");
    expect(again.id).toBe(captured.outputs.data?.id);
    expect(existsSync(bench().path(".stepwell/store/.attempts/c1"))).toBe(false);
  });

  it("keeps links in an output that name it by its whole path: it is moved", async () => {
    const outputs = { o: "uri_folder" } as const;
    const folder = (await bench().stage("c1", outputs)).outputs.o as string;
    mkdirSync(join(folder, "deep"));
    writeFileSync(join(folder, "best"), "model");
    symlinkSync(join(folder, "best"), join(folder, "deep", "link"));
    symlinkSync(folder, join(folder, "all"));
    const captured = await bench().capture("c1", outputs);
    const path = captured.outputs.o?.path as string;
    expect(readFileSync(join(path, "deep", "link"), "utf8")).toBe("model");
    expect(readlinkSync(join(path, "all"))).toBe(".");
    const again = await bench().content(path, "uri_folder");
    expect(again.id).toBe(captured.outputs.o?.id);
  });

  it("stores the same bytes once, and notices damage under each of their names", async () => {
    const big = "x".repeat(200_000);
    const write = async (step: string, folder: boolean) => {
      const type = folder ? "uri_folder" : "uri_file";
      const staged = await bench().stage(step, { o: type });
      const at = folder ? join(staged.outputs.o as string, "part") : (staged.outputs.o as string);
      writeFileSync(at, big);
      const order = { ...CAPTURE, attemptId: step, step, outputs: { o: type } as const };
      const captured = await bench().captured(bench().contents.capture(order));
      return captured.outputs.o as OutputRecord;
    };
    const one = await write("one", false);
    const two = await write("two", true);
    const three = await write("three", false);
    const files = [one.path, join(two.path, "part"), three.path];
    // Where blocks can be shared, each name has a file of its own and no more blocks than one.
    const isOneFile = !clonesFiles(bench().folder);
    if (isOneFile) expect(new Set(files.map((file) => statSync(file).ino)).size).toBe(1);
    for (const record of [one, two, three])
      expect(await bench().contents.verify(record)).toBe(true);
    expect(one.id).toBe(three.id);
    overwrite(three.path, (text) => `${text.slice(1)}y`);
    expect(await bench().contents.verify(three)).toBe(false);
    expect(await bench().contents.verify(one)).toBe(!isOneFile);
    expect(await bench().contents.verify(two)).toBe(!isOneFile);
    const four = await write("four", false);
    expect(await bench().contents.verify(four)).toBe(true);
    expect(readFileSync(four.path, "utf8")).toBe(big);
  });

  it("gives an executable file bytes of its own", async () => {
    const staged = await bench().stage("c1", { o: "uri_folder" });
    const folder = staged.outputs.o as string;
    for (const [name, mode] of [
      ["a", 0o644],
      ["b", 0o755],
      ["c", 0o755],
    ] as const)
      writeFileSync(join(folder, name), "y".repeat(200_000), { mode });
    const captured = await bench().capture("c1", { o: "uri_folder" });
    const path = captured.outputs.o?.path as string;
    expect(statSync(join(path, "a")).mode & 0o777).toBe(0o444);
    expect(statSync(join(path, "b")).mode & 0o777).toBe(0o555);
    expect(statSync(join(path, "c")).mode & 0o777).toBe(0o555);
    expect(await bench().contents.verify(captured.outputs.o as OutputRecord)).toBe(true);
  });

  it("uses _ for the step of a standalone job", async () => {
    const staged = await bench().stage("c1", { o: "uri_file" });
    writeFileSync(staged.outputs.o as string, "x");
    const captured = await bench().captured(bench().contents.capture({ ...CAPTURE, step: "." }));
    expect(captured.outputs.o?.path).toBe(bench().path(".stepwell/store/azureml/run-1/_/o/o"));
  });

  it("fails by name when a file was not written", async () => {
    await bench().stage("c1", { model: "uri_file" });
    const failure = await bench().failure(
      bench().contents.capture({ ...CAPTURE, outputs: { model: "uri_file" } }),
    );
    expect(failure.code).toBe("missing_output");
    expect(failure.message).toContain("model");
  });

  it("warns when a folder stayed empty", async () => {
    await bench().stage("c1", { data: "uri_folder" });
    const outcome = await bench().contents.capture({ ...CAPTURE, outputs: { data: "uri_folder" } });
    expect(outcome).toMatchObject({ ok: true, value: { outputs: { data: { files: 0 } } } });
    expect(outcome.ok && outcome.warnings.join()).toContain("data");
  });

  it("fails when the command removed the folder of an output", async () => {
    const staged = await bench().stage("c1", { data: "uri_folder" });
    rmSync(staged.outputs.data as string, { recursive: true });
    const order = { ...CAPTURE, outputs: { data: "uri_folder" as const } };
    expect((await bench().failure(bench().contents.capture(order))).code).toBe("missing_output");
  });

  it("takes a model that is one file", async () => {
    const staged = await bench().stage("c1", { m: "custom_model" });
    rmSync(staged.outputs.m as string, { recursive: true });
    writeFileSync(staged.outputs.m as string, "weights");
    const captured = await bench().capture("c1", { m: "custom_model" });
    expect(captured.outputs.m).toMatchObject({ kind: "file", sizeBytes: 7 });
    expect(readFileSync(captured.outputs.m?.path as string, "utf8")).toBe("weights");
  });

  it("leaves what lies beside a file output out of the record, and says where it went", async () => {
    const staged = await bench().stage("c1", { o: "uri_file" });
    writeFileSync(staged.outputs.o as string, "x");
    writeFileSync(`${staged.outputs.o}.tmp`, "rest");
    const outcome = await bench().contents.capture({ ...CAPTURE, outputs: { o: "uri_file" } });
    expect(outcome.ok && outcome.warnings.join()).toContain("o.tmp");
    const folder = dirname((outcome.ok && outcome.value.outputs.o?.path) as string);
    expect(readdirSync(folder)).toEqual(["o"]);
  });

  it("replaces what a crash left in the final folder", async () => {
    for (const attempt of ["c1", "c2"]) {
      const staged = await bench().stage(attempt, { o: "uri_folder" });
      writeFileSync(join(staged.outputs.o as string, `by-${attempt}`), attempt);
      await bench().capture(attempt, { o: "uri_folder" });
    }
    const folder = bench().path(".stepwell/store/azureml/run-1/outer/train/o");
    expect(readdirSync(folder)).toEqual(["by-c2"]);
  });

  it("captures a folder of thousands of files", async () => {
    const staged = await bench().stage("c1", { o: "uri_folder" });
    for (let index = 0; index < 3000; index += 1)
      writeFileSync(join(staged.outputs.o as string, `f${index}`), `${index}`);
    const captured = await bench().capture("c1", { o: "uri_folder" });
    expect(captured.outputs.o?.files).toBe(3000);
    await bench().contents.makeDurable("mine");
    expect(await bench().contents.verify(captured.outputs.o as OutputRecord)).toBe(true);
  });

  it("makes what it captured durable", async () => {
    const staged = await bench().stage("c1", { o: "uri_file" });
    writeFileSync(staged.outputs.o as string, "x");
    await bench().capture("c1", { o: "uri_file" });
    await expect(bench().contents.makeDurable("mine")).resolves.toBeUndefined();
    await expect(bench().contents.makeDurable("mine")).resolves.toBeUndefined();
  });
}

export function hostileOutputs(bench: () => ContentsBench): void {
  const shapes: [string, DataType, ContentFailure["code"], (path: string) => void][] = [
    [
      "a link to an absolute path",
      "uri_folder",
      "link_leaves_folder",
      (path) => symlinkSync("/etc/passwd", join(path, "l")),
    ],
    [
      "a link upwards",
      "uri_folder",
      "link_leaves_folder",
      (path) => symlinkSync("../../x", join(path, "l")),
    ],
    [
      "a link through a link",
      "uri_folder",
      "link_leaves_folder",
      (path) => {
        symlinkSync(".", join(path, "a"));
        symlinkSync("a/../../..", join(path, "b"));
      },
    ],
    [
      "a folder that is a link",
      "uri_folder",
      "wrong_kind",
      (path) => {
        rmSync(path, { recursive: true });
        symlinkSync("/etc", path);
      },
    ],
    ["a pipe", "uri_folder", "special_file", (path) => fifo(join(path, "p"))],
    [
      "a file that is a link",
      "uri_file",
      "link_leaves_folder",
      (path) => symlinkSync("/etc/passwd", path),
    ],
    ["a folder instead of a file", "uri_file", "wrong_kind", (path) => mkdirSync(path)],
    ["a pipe instead of a file", "uri_file", "wrong_kind", (path) => fifo(path)],
  ];
  for (const [what, type, code, lay] of shapes) {
    it(`refuses an output that holds ${what}`, async () => {
      const staged = await bench().stage("c1", { o: type });
      lay(staged.outputs.o as string);
      const failure = await bench().failure(
        bench().contents.capture({ ...CAPTURE, outputs: { o: type } }),
      );
      expect(failure.code).toBe(code);
      expect(failure.message).toMatch(/\bo\b/);
      expect(existsSync(bench().path(".stepwell/store/azureml/run-1/outer/train"))).toBe(false);
    });
  }

  it("keeps a link inside the output, also one that is absolute", async () => {
    const staged = await bench().stage("c1", { o: "uri_folder" });
    const folder = staged.outputs.o as string;
    writeFileSync(join(folder, "real"), "x");
    symlinkSync("real", join(folder, "link"));
    const captured = await bench().capture("c1", { o: "uri_folder" });
    expect(captured.outputs.o).toMatchObject({ files: 1 });
    expect(readFileSync(join(captured.outputs.o?.path as string, "link"), "utf8")).toBe("x");
  });

  it("gives a hard link bytes of its own", async () => {
    const input = bench().write("input", "shared");
    const staged = await bench().stage("c1", { o: "uri_file" });
    linkSync(input, staged.outputs.o as string);
    const captured = await bench().capture("c1", { o: "uri_file" });
    writeFileSync(input, "altered");
    expect(readFileSync(captured.outputs.o?.path as string, "utf8")).toBe("shared");
    expect(statSync(captured.outputs.o?.path as string).nlink).toBe(1);
    expect(await bench().contents.verify(captured.outputs.o as OutputRecord)).toBe(true);
  });
}

export function verifying(bench: () => ContentsBench): void {
  const make = async (): Promise<{ file: OutputRecord; folder: OutputRecord }> => {
    const outputs = { f: "uri_file", d: "uri_folder" } as const;
    const staged = await bench().stage("c1", outputs);
    writeFileSync(staged.outputs.f as string, "file");
    age(staged.outputs.f as string);
    writeFileSync(join(staged.outputs.d as string, "a"), "inner");
    const captured = await bench().capture("c1", outputs);
    return { file: captured.outputs.f as OutputRecord, folder: captured.outputs.d as OutputRecord };
  };
  const isWhole = async (records: { file: OutputRecord; folder: OutputRecord }) => [
    await bench().contents.verify(records.file),
    await bench().contents.verify(records.folder),
  ];

  it("knows recorded bytes that are still there", async () => {
    expect(await isWhole(await make())).toEqual([true, true]);
  });

  it("looks at the bytes when only the times have changed", async () => {
    const records = await make();
    for (const path of [records.file.path, join(records.folder.path, "a")]) utimesSync(path, 1, 1);
    expect(await isWhole(records)).toEqual([true, true]);
  });

  const damages: [string, (path: string) => void][] = [
    ["altered", (path) => overwrite(path, (text) => text.toUpperCase())],
    ["cut short", (path) => overwrite(path, (text) => text.slice(1))],
    ["added to", (path) => overwrite(path, (text) => `${text}!`)],
    ["removed", (path) => unlinkSync(path)],
    ["replaced by a folder", (path) => intoFolder(path)],
  ];
  for (const [what, damage] of damages) {
    it(`notices bytes that were ${what}`, async () => {
      const records = await make();
      damage(records.file.path);
      damage(join(records.folder.path, "a"));
      expect(await isWhole(records)).toEqual([false, false]);
    });
  }

  it("notices a file more in a folder, and a folder that is gone", async () => {
    const records = await make();
    writeFileSync(join(records.folder.path, "more"), "");
    expect(await bench().contents.verify(records.folder)).toBe(false);
    rmSync(records.folder.path, { recursive: true });
    expect(await bench().contents.verify(records.folder)).toBe(false);
  });

  it("notices a change that keeps size and modification time", async () => {
    const { file } = await make();
    tamper(file.path, "FILE");
    expect(await bench().contents.verify(file)).toBe(false);
  });
}
