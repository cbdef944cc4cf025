import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, exited, makeRig, type Rig } from "./rig.ts";

// What a step saves in its checkpoint counts as made of the data that its fingerprint names. Data that is written to while an
// attempt reads it must not live on there.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("checkpoint");
  rig.write("data.txt", "right\n");
});

afterEach(() => rig.remove());

/** The first attempt to find nothing saves what it reads, once `go` is there, and ends as `end` says. */
function write(settings: string, end: string): void {
  rig.write(
    "pipeline.yml",
    `type: pipeline
settings: {default_compute: azureml:local}
jobs:
  train:
    command: |
      saved=$STEPWELL_CHECKPOINT_DIR/saved
      if [ ! -e $saved ]; then
        echo begun >> ${rig.at("ledger")}; until [ -e ${rig.at("go")} ]; do sleep 0.02; done
        cat \${{inputs.data}} > $saved; ${end}
      fi
      cat $saved > \${{outputs.model}}
    ${settings}
    inputs: {data: {type: uri_file, path: data.txt}}
    outputs: {model: {type: uri_file}}
`,
  );
}

/** Runs it, with the data another one while the first attempt reads it. */
async function runWhileEdited(): Promise<string> {
  const { child, said } = rig.watch({}, "run", "pipeline.yml");
  await eventually(() => rig.peek().length > 0, "the first attempt has begun");
  rig.write("data.txt", "wrong\n");
  rig.write("go", "");
  await exited(child);
  return said();
}

function model(): string {
  const view = rig.run("run", "pipeline.yml");
  return rig.read(view.steps[0]?.outputs.model?.path.slice(rig.folder.length + 1) ?? "");
}

describe("a checkpoint that was saved while data was written to", () => {
  it("is not gone on from in the next attempt, which says why it begins anew", async () => {
    write("checkpoint: true\n    retry: {max_retries: 1}", "exit 1");
    expect(await runWhileEdited()).toMatch(/begins anew: .*data\.txt/);
    rig.write("data.txt", "right\n");
    expect(model()).toBe("right\n");
  });

  it("is not gone on from in the next run, when the data is what it was again", async () => {
    write("checkpoint: true", "exit 1");
    await runWhileEdited();
    rig.write("data.txt", "right\n");
    rig.run("run", "pipeline.yml");
    expect(model()).toBe("right\n");
  });

  it("is not kept with a result that is not reused", async () => {
    write("checkpoint: {keep: true}", ":");
    const { child } = rig.watch({}, "run", "pipeline.yml");
    await eventually(() => rig.peek().length > 0, "the first attempt has begun");
    rig.write("data.txt", "wrong\n");
    rig.write("go", "");
    await exited(child);
    rig.write("data.txt", "right\n");
    expect(model()).toBe("right\n");
  });

  it("is gone on from when the data is edited after its attempt has ended", async () => {
    write("checkpoint: true", "exit 1");
    rig.write("go", "");
    expect(rig.run("run", "pipeline.yml").status).toBe("Failed");
    rig.write("data.txt", "wrong\n");
    rig.write("data.txt", "right\n");
    expect(rig.run("run", "pipeline.yml").steps[0]?.attempts[0]?.checkpoint).not.toBeNull();
  });
});
