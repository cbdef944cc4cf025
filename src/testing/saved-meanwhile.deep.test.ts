import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { RunView } from "../operations/recorded/run-view.ts";
import { exited, makeRig, type Rig } from "./rig.ts";
import { makeSavedProject, type SavedProject } from "./saved-meanwhile/project.ts";
import type { Chance } from "./simulation/chance.ts";
import { chanceOf, tell } from "./thirty-steps.ts";

// Somebody goes on saving files while commands read them. When all is quiet, a run must print what the files say then, and do
// what its plan said: nothing that was read at the wrong moment may be remembered. STEPWELL_ROUNDS says how many rounds.

const ROUNDS = Number(process.env.STEPWELL_ROUNDS ?? 60);

const COMMANDS = [
  ["run", "p.yml"],
  ["run", "p.yml"],
  ["run", "p.yml", "--detach"],
  ["plan", "p.yml"],
  ["rerun", "last", "--latest"],
] as const;

/** One command or two at once, and files that are saved meanwhile. Answers with their exit codes. */
async function disturb(rig: Rig, project: SavedProject, chance: Chance) {
  const commands = chance.happens(0.3) ? 2 : 1;
  const words = chance.pick(COMMANDS);
  const watched = Array.from({ length: commands }, () => rig.watch({}, ...words));
  await sleep(chance.whole(0, 150));
  const until = Date.now() + chance.pick([200, 400, 800]);
  while (Date.now() < until) {
    project.save(chance);
    await sleep(chance.pick([0, 2, 10, 50]));
  }
  for (const { child } of watched) await exited(child);
  return watched.map(({ child, said }) => ({ words, code: child.exitCode, said: said() }));
}

interface Quiet {
  readonly view: RunView;
  readonly planned: { readonly steps: readonly { name: string; decision: string }[] };
}

function quietly(rig: Rig): Quiet {
  const planned = JSON.parse(rig.cli("plan", "p.yml", "--json").stdout);
  return { planned, view: rig.run("run", "p.yml") };
}

function check({ planned, view }: Quiet, expected: string): void {
  expect(view.status).toBe("Completed");
  const step = (name: string) => view.steps.find((one) => one.name === name);
  const path = step("last")?.outputs.o?.path;
  expect(fs.readFileSync(path as string, "utf8")).toBe(expected);
  for (const { name, decision } of planned.steps) {
    const did = step(name)?.reuse.decision;
    if (decision === "run") expect(`${name} ${did}`).toBe(`${name} ran`);
    if (decision === "reuse") expect(`${name} ${did}`).not.toBe(`${name} ran`);
  }
}

it("files that are saved while commands read them are never taken for what they were", async () => {
  const rig = makeRig("saved");
  fs.mkdirSync(rig.at(".git"));
  const chance = chanceOf("saved-meanwhile");
  const project = makeSavedProject(rig.folder, chance);
  check(quietly(rig), project.expected());
  const codes = new Map<number | null, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { words, code, said } of await disturb(rig, project, chance)) {
      // What changes while it is read may be told, and is no fault of ours.
      expect([0, 1, 2], `${words.join(" ")}: ${said}`).toContain(code);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    // Longer and shorter than what the clock of a file system can hide.
    await sleep(chance.pick([0, 0, 100, 2100]));
    check(quietly(rig), project.expected());
  }
  const ends = [...codes].map(([code, count]) => `${count} with ${code}`).join(", ");
  tell(`saved meanwhile: ${ROUNDS} rounds, commands that ended: ${ends}`, "saved-meanwhile");
  rig.remove();
}, 1_800_000);
