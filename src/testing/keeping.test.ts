import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "./repository.ts";
import { exited, makeRig, type Rig } from "./rig.ts";

// What the rules let go, what `delete` removes, and what stays because something refers to it: the record always stays, the bytes
// of a removed output are gone, and nothing removed is reused, wherever a crash strikes.

let rig: Rig;

const PIPELINE = `
type: pipeline
display_name: taxi
settings: {default_compute: azureml:local}
inputs: {alpha: 1}
jobs:
  prepare:
    command: echo prepare >> "$LEDGER" && sed p \${{inputs.data}} > \${{outputs.rows}}
    environment_variables: {LEDGER: LEDGER_PATH}
    inputs: {data: {type: uri_file, path: ./data.csv}}
    outputs: {rows: {type: uri_file}}
  train:
    command: echo train >> "$LEDGER" && mkdir \${{outputs.model}}/inner && head -c 300000 /dev/zero > \${{outputs.model}}/inner/same && echo \${{inputs.alpha}} > \${{outputs.model}}/weights && cat \${{inputs.rows}} > /dev/null
    environment_variables: {LEDGER: LEDGER_PATH}
    inputs: {rows: "\${{parent.jobs.prepare.outputs.rows}}", alpha: "\${{parent.inputs.alpha}}"}
    outputs: {model: {type: custom_model}}
`;

beforeEach(() => {
  rig = makeRig("keeping");
  fs.mkdirSync(rig.at(".git"));
  rig.write("data.csv", "1\n2\n");
  rig.write("pipeline.yml", PIPELINE.replaceAll("LEDGER_PATH", JSON.stringify(rig.at("ledger"))));
});

afterEach(() => rig.remove());

function runs(count: number): void {
  for (let alpha = 1; alpha <= count; alpha += 1)
    expect(rig.run("run", "--input", `alpha=${alpha}`).status).toBe("Completed");
  rig.ran();
}

function done(...words: readonly string[]): string {
  const ended = rig.cli(...words);
  expect([words, ended.code, ended.stderr]).toEqual([words, 0, ""]);
  return ended.stdout;
}

function refused(...words: readonly string[]): string {
  const ended = rig.cli(...words);
  expect([words, ended.code]).toEqual([words, 2]);
  return ended.stderr;
}

function stored(run: string): readonly string[] {
  const folder = rig.at(`.stepwell/store/azureml/${run}`);
  return fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
}

const KEEP_ONE = "retention: {outputs: {keep_last: 1}}\n";

describe("rules of retention", () => {
  it("remove nothing that was recorded where there are none", () => {
    runs(2);
    expect(JSON.parse(done("gc", "--json")).removed.outputs).toEqual({ count: 0, sizeBytes: 0 });
    expect(stored("taxi-1")).toEqual(["prepare", "train"]);
  });

  it("are told by gc --dry-run with runs, steps and bytes, and nothing is gone yet", () => {
    runs(3);
    rig.write("stepwell.yml", KEEP_ONE);
    const told = JSON.parse(done("gc", "--dry-run", "--json"));
    expect(told.removed.outputs.count).toBe(2);
    expect(told.runs.map((one: { run: string; steps: string[] }) => [one.run, one.steps])).toEqual([
      ["taxi-2", ["train"]],
      ["taxi-1", ["train"]],
    ]);
    // The zeros are the newest run's as well: only the other files would be free.
    expect(told.removed.outputs.sizeBytes).toBe(4);
    expect(done("gc", "--dry-run")).toMatch(/outputs of taxi-2: train \(300 kB\)/);
    expect(stored("taxi-1")).toEqual(["prepare", "train"]);
  });

  it("let gc remove what no kept run refers to; the record stays and says by whom and when", () => {
    runs(3);
    rig.write("stepwell.yml", KEEP_ONE);
    done("gc");
    // The newest run took `prepare` over from the first one.
    expect([stored("taxi-1"), stored("taxi-2"), stored("taxi-3")]).toEqual([
      ["prepare"],
      [],
      ["train"],
    ]);
    const gone = rig.cli("outputs", "taxi-2", "train.model");
    expect([gone.code, gone.stderr]).toEqual([
      1,
      expect.stringMatching(/was removed by \S+ on \d{4}-\d\d-\d\d: no rule of retention\.outputs/),
    ]);
    const shown = rig.run("show", "taxi-2");
    expect([shown.status, shown.warnings]).toEqual([
      "Completed",
      [expect.stringMatching(/^step train: its outputs were removed by .*: no rule of retention/)],
    ]);
    expect(done("show", "taxi-2")).toContain("warning step train: its outputs were removed by");
    expect(done("show", "taxi-3")).not.toContain("removed");
    expect(done("why", "taxi-2", "train")).toMatch(/its outputs were removed by/);
    const lines = done("lineage", "taxi-2.train.model");
    expect(lines.split("\n")[0]).toMatch(/^output +taxi-2 train\.model .*removed by/);
    expect(lines).toMatch(/parameters +alpha=2/);
    expect(JSON.parse(done("gc", "--json")).removed.outputs.count).toBe(0);
  });

  it("are why plan and run do removed work again, and only that", () => {
    runs(2);
    rig.write("stepwell.yml", KEEP_ONE);
    done("gc");
    const plan = JSON.parse(done("plan", "--input", "alpha=1", "--json"));
    expect(plan.steps.map((one: { decision: string }) => one.decision)).toEqual(["reuse", "run"]);
    expect(plan.steps[1].reason).toMatchObject({ kind: "outputs_removed" });
    expect(plan.steps[1].reason.detail).toMatch(/^its outputs were removed by \S+ on \d{4}/);
    expect(rig.run("run", "--input", "alpha=1").steps.map((step) => step.reuse.decision)).toEqual([
      "reused",
      "ran",
    ]);
    expect(rig.ran()).toEqual(["train"]);
    rig.run("run", "--input", "alpha=2");
    expect(rig.ran()).toEqual([]);
    rig.write("stepwell.yml", "retention: {outputs: {keep_last: 0}}\n");
    done("gc");
    expect(refused("run", "--from", "train")).toMatch(
      /the outputs of step prepare in run taxi-\d were removed by/,
    );
  });

  it("never touch what a version, a pin or a tag keeps, nor what such a run took over", () => {
    rig.write("stepwell.yml", "retention: {outputs: {keep_last: 1, keep_tags: {release: '*'}}}\n");
    runs(4);
    done(
      "model",
      "create",
      "--name",
      "trees",
      "--path",
      "azureml://jobs/taxi-1/outputs/train.model",
    );
    done("pin", "taxi-2");
    expect(rig.run("run", "--input", "alpha=5", "--tag", "release=1").status).toBe("Completed");
    runs(1);
    done("gc");
    const there = [1, 2, 3, 4, 5].map((number) => stored(`taxi-${number}`));
    expect(there).toEqual([["prepare", "train"], ["train"], [], [], ["train"]]);
    expect(done("pin")).toMatch(/^PINNED .*\nrun taxi-2 +\d{4}/);
    done("unpin", "run", "taxi-2");
    done("gc");
    expect(stored("taxi-2")).toEqual([]);
  });

  it("go by size: the oldest first, never a pipeline's newest run", () => {
    runs(3);
    rig.write("stepwell.yml", "retention: {outputs: {max_size: 10B}}\n");
    done("gc");
    expect([1, 2, 3].map((number) => stored(`taxi-${number}`))).toEqual([
      ["prepare"],
      [],
      ["train"],
    ]);
    expect(done("why", "taxi-1", "train")).toMatch(/retention\.outputs\.max_size/);
  });

  it("give the bytes free at once that only removed outputs named, and leave shared ones whole", () => {
    runs(2);
    rig.write("stepwell.yml", KEEP_ONE);
    const shared = () =>
      fs
        .readdirSync(rig.at(".stepwell/store/.shared"), { recursive: true, encoding: "utf8" })
        .filter((name) => /[0-9a-f]{64}$/.test(name)).length;
    done("gc");
    expect(shared()).toBe(1);
    expect(fs.statSync(rig.at(".stepwell/store/azureml/taxi-2/train/model/inner/same")).size).toBe(
      300_000,
    );
    rig.write("stepwell.yml", "retention: {outputs: {keep_last: 0}}\n");
    expect(JSON.parse(done("gc", "--json")).removed.outputs.sizeBytes).toBeGreaterThan(300_000);
    expect(shared()).toBe(0);
  });

  it("let copies of inputs and snapshots of code of runs go that no rule keeps, when they are an hour old", () => {
    runs(1);
    rig.write("data.csv", "3\n");
    expect(rig.run("run").status).toBe("Completed");
    const kept = rig.at(".stepwell/store/.kept");
    const copies = () => fs.readdirSync(kept).flatMap((part) => fs.readdirSync(`${kept}/${part}`));
    for (const name of fs.readdirSync(kept, { recursive: true, encoding: "utf8" }))
      fs.utimesSync(`${kept}/${name}`, 1_000_000, 1_000_000);
    done("gc");
    expect(copies()).toHaveLength(2);
    rig.write("stepwell.yml", "retention: {inputs: {keep_last: 1}}\n");
    done("gc");
    expect(copies()).toHaveLength(1);
  });

  it("are read as the guide writes them", () => {
    const guide = fs.readFileSync(path.join(ROOT, "docs/guides/keeping-and-removing.md"), "utf8");
    rig.write("stepwell.yml", /```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? "");
    expect(rig.run("run").status).toBe("Completed");
    expect(JSON.parse(done("gc", "--dry-run", "--json")).removed.outputs.count).toBe(0);
  });

  it("that cannot be read remove nothing", () => {
    runs(2);
    rig.write("stepwell.yml", "retention: {outputs: {keep_for: soon}}\n");
    const ended = rig.cli("gc");
    expect([ended.code, ended.stderr]).toEqual([
      4,
      expect.stringMatching(/`soon` is not a duration/),
    ]);
    expect(ended.stderr).toMatch(/stepwell\.yml:1:33/);
    expect(stored("taxi-1")).toEqual(["prepare", "train"]);
  });
});

describe("delete", () => {
  it("refuses a run that others took over, read or registered, lists them, and removes nothing", () => {
    runs(2);
    done(
      "model",
      "create",
      "--name",
      "trees",
      "--path",
      "azureml://jobs/taxi-1/outputs/train.model",
    );
    rig.write(
      "use.yml",
      "type: pipeline\ndisplay_name: use\nsettings: {default_compute: azureml:local}\njobs:\n" +
        "  read: {command: 'cat ${{inputs.x}} > ${{outputs.y}}', inputs: {x: {type: uri_file, path: azureml://jobs/taxi-1/outputs/prepare.rows}}, outputs: {y: {type: uri_file}}}\n",
    );
    expect(rig.run("run", "use.yml").status).toBe("Completed");
    const why = refused("delete", "taxi-1");
    expect(why).toMatch(/run taxi-1 is referred to by/);
    expect(why).toMatch(/run taxi-2, which took over the outputs of prepare/);
    expect(why).toMatch(/run use-1, which read the outputs of prepare/);
    expect(why).toMatch(/model trees:1 \(the outputs of train\)/);
    expect(stored("taxi-1")).toEqual(["prepare", "train"]);
  });

  it("removes the outputs of a run and keeps its record, its logs and its lineage", () => {
    runs(2);
    expect(done("delete", "taxi-2", "--dry-run")).toMatch(
      /^would remove the outputs of 1 step .* of run taxi-2; its record stays$/m,
    );
    expect(stored("taxi-2")).toEqual(["train"]);
    expect(done("delete", "taxi-2")).toMatch(/^removed the outputs of 1 step/);
    expect(stored("taxi-2")).toEqual([]);
    expect(done("show", "taxi-2")).toMatch(/taxi-2/);
    expect(done("lineage", "taxi-2.train.model")).toMatch(/removed by .*: stepwell delete/);
    expect(done("delete", "taxi-2")).toMatch(/^removed no outputs of run taxi-2/);
  });

  it("takes the record along with --record, unless a run's record refers to it", () => {
    runs(2);
    expect(refused("delete", "taxi-1", "--record")).toMatch(/run taxi-2, whose record refers/);
    expect(done("delete", "taxi-2", "--record")).toMatch(/ and its record$/m);
    expect(rig.cli("show", "taxi-2").stderr).toMatch(/no run named taxi-2/);
    expect(fs.existsSync(rig.at(".stepwell/logs/taxi-2"))).toBe(false);
    expect(done("delete", "taxi-1", "--record")).toMatch(/outputs of 2 steps/);
    expect(rig.run("run").name).toBe("taxi-1");
    expect(rig.ran()).toEqual(["prepare", "train"]);
  });

  it("wants a run's whole name, and none that has no end or is pinned", () => {
    runs(1);
    expect(refused("delete", "last")).toMatch(/last is run taxi-1\n.*name it in full/);
    done("pin", "taxi-1");
    expect(refused("delete", "taxi-1")).toMatch(/the pin of run taxi-1/);
    expect(refused("unpin", "data:none:1")).toMatch(/there is no data none:1/);
    done("unpin", "taxi-1");
    expect(refused("unpin", "taxi-1")).toMatch(/run taxi-1 is not pinned/);
  });

  it("of a version refuses while a label, a pin or a run refers to it; its number is never given again", () => {
    done2("data", "create", "--name", "fares", "--path", "data.csv");
    const set = ["--set", "jobs.prepare.inputs.data.path=azureml:fares:1"];
    expect(rig.run("run", ...set).status).toBe("Completed");
    done("data", "label", "fares:1", "gold");
    expect(refused("delete", "data:fares:1")).toMatch(/run taxi-1, which read it in prepare/);
    done("delete", "taxi-1");
    expect(refused("delete", "data:fares:1")).toMatch(/label gold/);
    rig.write("data.csv", "other\n");
    done("data", "create", "--name", "fares", "--path", "data.csv");
    done("data", "label", "fares:2", "gold");
    expect(done("delete", "data:fares:1")).toMatch(/^removed data fares:1; its lineage stays/);
    expect(refused("data", "show", "fares:1")).toMatch(/was removed by \S+ on .*stepwell delete/);
    expect(
      refused("data", "create", "--name", "fares", "--version", "1", "--path", "data.csv"),
    ).toMatch(/data fares:1 was removed by .*a version never changes/);
    expect(done("lineage", "data:fares:1", "--down")).toMatch(
      /removed by .*\n[\s\S]*prepare of taxi-1/,
    );
    expect(refused("run", ...set)).toMatch(/there is no data asset or model fares:1/);
    done("delete", "data:fares:1", "--record");
    expect(refused("lineage", "data:fares:1")).toMatch(/there is no data fares:1/);
  });
});

function done2(...words: readonly string[]): void {
  expect(rig.cli(...words).code).toBe(0);
}

/** Every point at which a removal may be cut off. */
const POINTS = ["removal-marked", "removal-bytes", "removal-removed", "removal-confirmed"];

describe("kill -9 in the middle of a removal", () => {
  it.each(POINTS)(
    "at %s: the next gc finishes it, and nothing removed is reused",
    async (point) => {
      runs(3);
      rig.write("stepwell.yml", KEEP_ONE);
      const child = rig.startWith({ STEPWELL_CRASH_AT: point }, "gc");
      expect(await exited(child)).toBeNull();
      // Marked is removed, whatever of the bytes is still there.
      const plan = JSON.parse(done("plan", "--input", "alpha=1", "--json"));
      expect(plan.steps[1].reason.kind).toBe("outputs_removed");
      expect(rig.run("run", "--input", "alpha=3").steps.map((step) => step.reuse.decision)).toEqual(
        ["reused", "reused"],
      );
      const finished = JSON.parse(done("gc", "--json")).finished;
      expect(finished).toBe(point === "removal-confirmed" ? 0 : 2);
      expect([stored("taxi-1"), stored("taxi-2"), stored("taxi-3")]).toEqual([
        ["prepare"],
        [],
        ["train"],
      ]);
      expect(JSON.parse(done("gc", "--json")).finished).toBe(0);
      expect(done("lineage", "taxi-1.train.model")).toMatch(/removed by/);
      expect(rig.run("run", "--input", "alpha=1").status).toBe("Completed");
      expect(rig.ran()).toEqual(["train"]);
    },
  );

  it.each(["removal-marked", "removal-removed", "removal-files"])(
    "at %s of delete --record: the next gc finishes it",
    async (point) => {
      runs(1);
      const words = ["delete", "taxi-1", "--record"];
      expect(await exited(rig.startWith({ STEPWELL_CRASH_AT: point }, ...words))).toBeNull();
      expect(rig.run("show", "taxi-1").status).toBe("Completed");
      done("gc");
      expect(rig.cli("show", "taxi-1").stderr).toMatch(/no run named taxi-1/);
      expect([stored("taxi-1"), fs.existsSync(rig.at(".stepwell/logs/taxi-1"))]).toEqual([
        [],
        false,
      ]);
    },
  );
});
