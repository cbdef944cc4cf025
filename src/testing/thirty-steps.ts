// A pipeline for tests that disturb a run: ten layers of three steps, each reading two of the layer above, and what must
// hold of it in the end, whatever happened.

import { expect } from "vitest";
import type { Rig } from "./rig.ts";
import { createChance } from "./simulation/chance.ts";

export const STEPS = 30;

export interface ThirtySteps {
  /** Everything differs between versions, so nothing of one is reused in another. */
  readonly version: number;
  /** Where each step writes its name when it starts: outside of a disk that is to be disturbed. */
  readonly ledger: string;
  /** Writes again until it can: the step itself survives a full disk. */
  readonly patient?: boolean;
  /** How long each step takes beside its work. */
  readonly seconds?: number;
  /** Each output is large, and what makes it so is a script in this folder. */
  readonly code?: string;
}

/** The script of `code`: it differs between versions as well. */
export function scriptOf(version: number): string {
  return `# ${version}\nhead -c 150000 /dev/zero | tr '\\0' .\n`;
}

export function thirtySteps({
  version,
  ledger,
  patient = false,
  seconds = 0,
  code,
}: ThirtySteps): string {
  const rest = seconds === 0 ? "" : `sleep ${seconds}; `;
  const jobs = Array.from({ length: STEPS }, (_, index) => {
    const layer = Math.floor(index / 3);
    const above =
      layer === 0 ? [] : [(layer - 1) * 3 + (index % 3), (layer - 1) * 3 + ((index + 1) % 3)];
    const inputs = above.map((at, place) => `i${place}: "\${{parent.jobs.s${at}.outputs.out}}"`);
    const reads = above.map((_, place) => `\${{inputs.i${place}}}`).join(" ");
    const more = code === undefined ? "" : " && sh grow.sh";
    const made = `{ cat ${reads || "/dev/null"} | cksum && echo s${index} \${{inputs.version}}${more}; }`;
    // The file is there before the disk is full, so that it is the engine that wants for one.
    const make = patient ? "until touch ${{outputs.out}}; do sleep 0.05; done 2>/dev/null; " : "";
    const write = patient
      ? `until ${made} > \${{outputs.out}}; do sleep 0.05; done 2>/dev/null`
      : `${made} > \${{outputs.out}}`;
    return `
  s${index}:
    command: echo v${version}-s${index} >> ${ledger}; ${make}${rest}${write}${code === undefined ? "" : `\n    code: ${code}`}
    inputs: {version: ${version}${inputs.map((input) => `, ${input}`).join("")}}
    outputs: {out: {type: uri_file}}`;
  });
  return `type: pipeline\ndisplay_name: thirty\nsettings: {default_compute: azureml:local}\njobs:${jobs.join("")}\n`;
}

/** STEPWELL_SEED replays a test; without it each run of the tests tries other moments. */
export const SEED = Number(process.env.STEPWELL_SEED ?? Date.now() % 1_000_000);

export function chanceOf(test: string): ReturnType<typeof createChance> {
  return createChance([...test].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), SEED));
}

export function tell(figures: string, file: string): void {
  console.log(
    `${figures}, seed=${SEED} (replay: STEPWELL_SEED=${SEED} npm run test:deep -- ${file})`,
  );
}

/** Sees the run to its end, and checks it against a run that nobody disturbed. */
export function checkEnd(rig: Rig, name: string, file: string): void {
  const isThere = rig.cli("show", name).code !== 2;
  const run = isThere ? rig.run("run", "--resume", name) : rig.run("run", file, "--name", name);
  expect(run.steps.flatMap((step) => step.error?.message ?? [])).toEqual([]);
  expect(run.status).toBe("Completed");
  const finishedTwice = run.steps.filter(
    (step) => step.attempts.filter((attempt) => attempt.exitCode === 0).length > 1,
  );
  expect(finishedTwice).toEqual([]);
  const undisturbed = rig.run("run", file, "--force");
  expect(outputIds(rig, name)).toEqual(outputIds(rig, undisturbed.name));
}

/** Ids of all outputs of a run, in order. */
function outputIds(rig: Rig, name: string): readonly (string | undefined)[] {
  return rig.run("show", name).steps.map((step) => step.outputs.out?.id);
}
