import { createHash } from "node:crypto";
import fs from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type LoopDisk, loopDisk } from "./loop-disk.ts";
import { exited, killEverything, leftovers, makeRig, type Rig } from "./rig.ts";
import { chanceOf, checkEnd, SEED, STEPS, scriptOf, tell, thirtySteps } from "./thirty-steps.ts";

// The power goes while a run of 30 steps is going on: nothing that was not synced is on the disk any more. A run that was
// acknowledged is still there, what is recorded is unaltered, and the run goes on to the same outputs. STEPWELL_CUTS says
// how often.

const CUTS = Number(process.env.STEPWELL_CUTS ?? 20);
const CUTS_A_RUN = 3;

let outside: Rig;
let disk: LoopDisk | null;
beforeEach((context) => {
  disk = loopDisk(256);
  if (disk === null) return context.skip();
  outside = makeRig("outside");
});
afterEach(() => {
  if (disk === null) return;
  outside.remove();
  disk.remove();
});

it.each([
  ["small outputs", "power", undefined],
  ["large outputs and code", "heavy", "src"],
])(
  `loses nothing in ${CUTS} power cuts: %s (seed ${SEED})`,
  async (_, kind, code) => {
    if (disk === null) return;
    const chance = chanceOf(kind);
    const rig = makeRig("power", disk.folder, disk.through);
    const acknowledged = new Set<string>();
    let cuts = 0;
    let verified = 0;
    for (let version = 1; cuts < CUTS; version += 1) {
      const file = `v${version}.yml`;
      const name = `run-${version}`;
      const steps = { version, ledger: outside.at("ledger"), seconds: 0.05 };
      const text = thirtySteps(code === undefined ? steps : { ...steps, code });
      for (let cut = 0; cut < CUTS_A_RUN && cuts < CUTS; cut += 1) {
        rig.write(file, text);
        if (code !== undefined) rig.write(`${code}/grow.sh`, scriptOf(version));
        cuts += 1;
        await cutOnce(rig, disk, { name, file, acknowledged, afterMs: chance.whole(250, 1800) });
        for (const run of acknowledged) verified += verifyOutputs(rig, run);
      }
      rig.write(file, text);
      if (code !== undefined) rig.write(`${code}/grow.sh`, scriptOf(version));
      checkEnd(rig, name, file);
      const ran = outside.ran().filter((line) => line.startsWith(`v${version}-`));
      expect(new Set(ran).size).toBe(STEPS);
      expect(leftovers(rig.folder)).toEqual([]);
    }
    tell(
      `${cuts} power cuts: 0 of ${acknowledged.size} acknowledged runs lost, ${verified} recorded outputs read again, 0 damaged`,
      "power-cut",
    );
  },
  1_800_000,
);

interface Cut {
  readonly name: string;
  readonly file: string;
  readonly acknowledged: Set<string>;
  readonly afterMs: number;
}

async function cutOnce(rig: Rig, on: LoopDisk, cut: Cut): Promise<void> {
  const { name, file, acknowledged } = cut;
  const words = acknowledged.has(name) ? ["run", "--resume", name] : ["run", file, "--name", name];
  const run = rig.watch({}, ...words);
  await Promise.race([
    new Promise((resolve) => setTimeout(resolve, cut.afterMs)),
    exited(run.child),
  ]);
  on.cutPower();
  run.child.kill("SIGKILL");
  await exited(run.child);
  while (killEverything(rig.folder) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  if (run.said().includes(`run ${name}:`)) acknowledged.add(name);
  on.comeBack();
  for (const one of acknowledged) expect(rig.cli("show", one).code).not.toBe(2);
}

/** Reads every output that is recorded, and compares it with its id. */
function verifyOutputs(rig: Rig, name: string): number {
  const outputs = rig.run("show", name).steps.flatMap((step) => step.outputs.out ?? []);
  for (const { path, id } of outputs)
    expect(`sha256:${createHash("sha256").update(fs.readFileSync(path)).digest("hex")}`).toBe(id);
  return outputs.length;
}
