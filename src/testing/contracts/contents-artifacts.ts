import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CAPTURE, type ContentsBench } from "./contents-bench.ts";

export function keepingArtifacts(bench: () => ContentsBench): void {
  it("keeps what lies in ./outputs and ./logs as the artifacts", async () => {
    const staged = await bench().stage("c1", {});
    writeFileSync(join(staged.workFolder, "outputs/plot.png"), "p");
    const captured = await bench().capture("c1", {});
    expect(captured.artifacts).toMatchObject({ files: 1, kind: "folder" });
    expect(readdirSync(captured.artifacts?.path as string)).toEqual(["outputs"]);
  });

  it("leaves a file that stands where another folder that was left would come to", async () => {
    const staged = await bench().stage("c1", {});
    const store = join(staged.folder, "store");
    for (const folder of ["run", "named"]) mkdirSync(join(store, folder), { recursive: true });
    writeFileSync(join(store, "run/credit"), "a file");
    writeFileSync(join(store, "named/x"), "left");
    const left = [
      { folder: join(store, "run"), as: "" },
      { folder: join(store, "named"), as: "credit" },
    ];
    const order = { ...CAPTURE, outputs: {}, left };
    const { artifacts } = await bench().captured(bench().contents.capture(order));
    expect(readFileSync(join(artifacts?.path as string, "credit"), "utf8")).toBe("a file");
  });

  it("puts what else was left beside them, and never what a link leads to", async () => {
    const staged = await bench().stage("c1", {});
    writeFileSync(join(staged.workFolder, "outputs/plot.png"), "p");
    const store = join(staged.folder, "store");
    for (const folder of ["run/model", "run/outputs", "named"])
      mkdirSync(join(store, folder), { recursive: true });
    for (const file of ["run/model/MLmodel", "run/outputs/plot.png", "run/outputs/b", "named/x"])
      writeFileSync(join(store, file), "left");
    const elsewhere = bench().path("elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "secret"), "s");
    symlinkSync(elsewhere, join(store, "link"));
    const left = [
      { folder: join(store, "run"), as: "" },
      { folder: join(store, "named"), as: "credit" },
      { folder: join(store, "link"), as: "taken" },
      { folder: join(store, "gone"), as: "gone" },
    ];
    const order = { ...CAPTURE, outputs: {}, left };
    const { artifacts } = await bench().captured(bench().contents.capture(order));
    const at = artifacts?.path as string;
    expect(artifacts).toMatchObject({ kind: "folder", files: 4 });
    expect(readdirSync(at).sort()).toEqual(["credit", "model", "outputs"]);
    expect(readFileSync(join(at, "outputs/plot.png"), "utf8")).toBe("p");
    expect(readFileSync(join(elsewhere, "secret"), "utf8")).toBe("s");
  });

  it("tells what was left twice under one name, but for the same bytes", async () => {
    const staged = await bench().stage("c1", {});
    const store = join(staged.folder, "store");
    mkdirSync(join(store, "outputs"), { recursive: true });
    for (const name of ["same", "other", "longer"])
      writeFileSync(join(staged.workFolder, "outputs", name), "text");
    writeFileSync(join(store, "outputs/same"), "text");
    writeFileSync(join(store, "outputs/other"), "TEXT");
    writeFileSync(join(store, "outputs/longer"), "a text");
    const order = { ...CAPTURE, outputs: {}, left: [{ folder: store, as: "" }] };
    const outcome = await bench().contents.capture(order);
    expect(outcome).toMatchObject({
      ok: true,
      warnings: [
        expect.stringMatching(/: outputs\/(?:other, outputs\/longer|longer, outputs\/other)$/),
      ],
    });
  });

  it("keeps links in the artifacts to what lies in them, and no others", async () => {
    const made = async (attemptId: string, goal: string) => {
      const { workFolder } = await bench().stage(attemptId, {});
      writeFileSync(join(workFolder, "outputs/best.pt"), "1");
      symlinkSync(join(workFolder, goal), join(workFolder, "outputs/best"));
      const order = { ...CAPTURE, attemptId, step: attemptId, outputs: {}, captureArtifacts: true };
      return bench().contents.capture(order);
    };
    const { artifacts } = await bench().captured(made("c1", "outputs/best.pt"));
    expect(readlinkSync(join(artifacts?.path as string, "outputs/best"))).toBe("best.pt");
    const failure = await bench().failure(made("c2", "model"));
    expect(failure.code).toBe("link_leaves_folder");
  });

  it("has no artifacts where both are empty or nobody asked", async () => {
    await bench().stage("c1", {});
    expect((await bench().capture("c1", {})).artifacts).toBeNull();
    const staged = await bench().stage("c2", {});
    writeFileSync(join(staged.workFolder, "logs/l"), "x");
    const order = { ...CAPTURE, attemptId: "c2", outputs: {}, captureArtifacts: false };
    expect((await bench().captured(bench().contents.capture(order))).artifacts).toBeNull();
  });
}
