import fs from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fillDisk } from "./fill-disk.ts";
import { eventually, exited, leftovers, makeRig, type Rig } from "./rig.ts";
import { type SmallDisk, smallDisk } from "./small-disk.ts";

// A disk that becomes full under a run, and has room again: the run says that it waits, and goes on by itself. What the
// test needs for itself (gates, ledger) lies on another disk.

let disk: SmallDisk | null;
let rig: Rig;
let outside: Rig;

beforeEach((context) => {
  disk = smallDisk({ megabytes: 8, inodes: 800 });
  if (disk === null) return context.skip();
  rig = makeRig("full", disk.folder);
  outside = makeRig("outside");
});

afterEach(() => {
  if (disk === null) return;
  outside.remove();
  disk.remove();
});

/** Two steps; each writes its output first, and ends when the test lets it. */
function pipeline(more = ""): string {
  const step = (name: string, input: string, use: string): string => `
  ${name}:
    command: echo ${use} ${name} > \${{outputs.out}}; echo ${name} >> "$GATES/ledger"; until [ -e "$GATES/go-${name}" ]; do sleep 0.02; done${more}
    environment_variables: {GATES: ${JSON.stringify(outside.folder)}}
    inputs: {from: ${input}}
    outputs: {out: {type: uri_file}}`;
  const a = step("a", "seed", "${{inputs.from}}");
  const b = step("b", '"${{parent.jobs.a.outputs.out}}"', "$(cat ${{inputs.from}})");
  return `type: pipeline\ndisplay_name: full\nsettings: {default_compute: azureml:local}\njobs:${a}${b}\n`;
}

function ledgerHas(name: string): () => boolean {
  return () => {
    try {
      return outside.read("ledger").split("\n").includes(name);
    } catch {
      return false;
    }
  };
}

const count = (text: string, part: string): number => text.split(part).length - 1;

for (const what of ["space", "inodes"] as const) {
  it(`waits on a disk without ${what}, says so once, and goes on by itself`, async () => {
    rig.write("pipeline.yml", pipeline());
    const run = rig.watch({}, "run", "pipeline.yml", "--name", "one");
    await eventually(ledgerHas("a"), "step a runs");
    const filler = fillDisk(disk?.folder as string, what);
    outside.write("go-a", "");
    const waits = (): boolean => run.said().includes("waiting for disk space in ");
    await eventually(waits, "the run says that it waits");
    filler.free();
    outside.write("go-b", "");
    expect(await exited(run.child)).toBe(0);
    expect(count(run.said(), "waiting for disk space in ")).toBe(1);
    expect(count(run.said(), "space is back, going on")).toBe(1);
    const free = what === "space" ? / 0 MB(| and \d+ files) free; / : / \d MB and 0 files free; /;
    expect(run.said()).toMatch(free);
    expect(run.said()).toContain("free some, the run goes on by itself");
    const ended = rig.run("show", "one");
    expect(ended.status).toBe("Completed");
    const path = ended.steps[1]?.outputs.out?.path ?? "";
    expect(rig.read(path.slice(rig.folder.length + 1))).toBe("seed a b\n");
    expect(outside.ran()).toEqual(["a", "b"]);
    expect(leftovers(rig.folder)).toEqual([]);
  });
}

it("fails a step whose own command found no space, and says why", async () => {
  const big = rig.at("big");
  rig.write("pipeline.yml", pipeline(`; head -c 20000000 /dev/zero > ${big}`));
  outside.write("go-a", "");
  const run = rig.watch({}, "run", "pipeline.yml", "--name", "one");
  await eventually(() => run.said().includes("waiting for disk space"), "the disk is full");
  fs.rmSync(big);
  expect(await exited(run.child)).toBe(1);
  const [step] = rig.run("show", "one").steps;
  expect(step?.error).toMatchObject({ code: "exit_code" });
  expect(step?.error?.hint).toContain("no space is left on the disk of");
});

it.each(["space", "inodes"] as const)(
  "shows what there is on a disk without %s, and frees some",
  (what) => {
    rig.write(
      "p.yml",
      "type: command\ncompute: azureml:local\ncommand: echo hello\noutputs: {o: {type: uri_folder}}\n",
    );
    rig.run("run", "p.yml", "--name", "one");
    const filler = fillDisk(disk?.folder as string, what);
    for (const words of [["show", "one"], ["runs"], ["logs", "one"], ["gc"]])
      expect([words, rig.cli(...words).code]).toEqual([words, 0]);
    filler.fill();
    const refused = rig.cli("run", "p.yml", "--force");
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringContaining("the disk is full"),
    ]);
    filler.free();
    expect(rig.run("run", "p.yml", "--force").status).toBe("Completed");
  },
);

it("lets whoever presses Ctrl-C on a full disk go, and the run can be resumed", async () => {
  rig.write("pipeline.yml", pipeline());
  const run = rig.watch({}, "run", "pipeline.yml", "--name", "one");
  await eventually(ledgerHas("a"), "step a runs");
  const filler = fillDisk(disk?.folder as string, "space");
  outside.write("go-a", "");
  await eventually(() => run.said().includes("waiting for disk space"), "the run waits");
  run.child.kill("SIGINT");
  expect(await exited(run.child)).toBe(4);
  expect(run.said()).toContain("stepwell run --resume one");
  filler.free();
  outside.write("go-b", "");
  expect(rig.run("run", "--resume", "one").status).toBe("Completed");
  expect(outside.ran()).toEqual(["a", "b"]);
});
