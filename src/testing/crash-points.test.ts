import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exited, leftovers, makeRig, type Rig } from "./rig.ts";

// kill -9 of a real run of 30 steps: at every named crash point, and at random instants. After each kill the run is
// resumed; in the end the outputs are those of a run that nobody killed, and nothing that finished ran twice.

const STEPS = 30;
const KILLS = Number(process.env.STEPWELL_KILLS ?? (process.env.STEPWELL_DEEP ? 2000 : 60));
const KILLS_A_RUN = 6;
const SEED = Number(process.env.STEPWELL_SEED ?? Date.now() % 1_000_000);
const POINTS = ["before-sync", "before-commit", "after-commit"];

let rig: Rig;

beforeAll(() => {
  rig = makeRig("crash");
});

afterAll(() => rig.remove());

/** Ten layers of three; each step reads two of the layer above. Everything differs between versions. */
function pipeline(version: number): string {
  const jobs = Array.from({ length: STEPS }, (_, index) => {
    const layer = Math.floor(index / 3);
    const above =
      layer === 0 ? [] : [(layer - 1) * 3 + (index % 3), (layer - 1) * 3 + ((index + 1) % 3)];
    const inputs = above.map((at, place) => `i${place}: "\${{parent.jobs.s${at}.outputs.out}}"`);
    const reads = above.map((_, place) => `\${{inputs.i${place}}}`).join(" ");
    return `
  s${index}:
    command: cat ${reads || "/dev/null"} | cksum > \${{outputs.out}}; echo s${index} \${{inputs.version}} >> \${{outputs.out}}; echo v${version}-s${index} >> ${rig.at("ledger")}
    inputs: {version: ${version}${inputs.map((input) => `, ${input}`).join("")}}
    outputs: {out: {type: uri_file}}`;
  });
  return `type: pipeline\ndisplay_name: crash\nsettings: {default_compute: azureml:local}\njobs:${jobs.join("")}\n`;
}

/** Ids of all outputs of a run, in order. */
function ids(name: string): readonly (string | undefined)[] {
  return rig.run("show", name).steps.map((step) => step.outputs.out?.id);
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** Starts or resumes `name` so that it dies, then answers whether it has its end. */
async function killOnce(
  name: string,
  file: string,
  how: { readonly crashAt?: string; readonly afterMs?: number },
): Promise<boolean> {
  const isNew = rig.cli("show", name).code === 2;
  const words = isNew ? ["run", file, "--name", name] : ["run", "--resume", name];
  const child = rig.startWith({ STEPWELL_CRASH_AT: how.crashAt ?? "" }, ...words);
  const timer =
    how.afterMs === undefined ? null : setTimeout(() => child.kill("SIGKILL"), how.afterMs);
  const code = await exited(child);
  if (timer !== null) clearTimeout(timer);
  return code === 0;
}

function checkEnd(name: string, version: number): void {
  const resumed = rig.cli("show", name).code === 2 ? null : rig.run("run", "--resume", name);
  const run = resumed ?? rig.run("run", `v${version}.yml`, "--name", name);
  expect(run.steps.flatMap((step) => step.error?.message ?? [])).toEqual([]);
  expect(run.status).toBe("Completed");
  const ran = rig.ran().filter((line) => line.startsWith(`v${version}-`));
  const finishedTwice = run.steps.filter(
    (step) => step.attempts.filter((attempt) => attempt.exitCode === 0).length > 1,
  );
  expect(finishedTwice).toEqual([]);
  expect(new Set(ran).size).toBe(STEPS);
  const undisturbed = rig.run("run", `v${version}.yml`, "--force");
  rig.ran();
  expect(ids(name)).toEqual(ids(undisturbed.name));
  expect(leftovers(rig.folder)).toEqual([]);
}

describe("kill -9", () => {
  it.each(POINTS)("at the crash point %s loses nothing and repeats nothing", async (point) => {
    const version = 1000 + POINTS.indexOf(point);
    rig.write(`v${version}.yml`, pipeline(version));
    for (const count of [1, 2, 5])
      await killOnce(point, `v${version}.yml`, { crashAt: `${point}:${count}` });
    checkEnd(point, version);
  });

  it(`at ${KILLS} random instants loses nothing and repeats nothing`, async () => {
    const next = random(SEED);
    let kills = 0;
    for (let version = 1; kills < KILLS; version += 1) {
      rig.write(`v${version}.yml`, pipeline(version));
      const name = `random-${version}`;
      for (let kill = 0; kill < KILLS_A_RUN && kills < KILLS; kill += 1) {
        kills += 1;
        const afterMs = 60 + Math.floor(next() * 500);
        if (await killOnce(name, `v${version}.yml`, { afterMs })) break;
      }
      checkEnd(name, version);
    }
    console.log(
      `${kills} kills, seed=${SEED} (replay: STEPWELL_SEED=${SEED} npm test -- crash-points)`,
    );
  }, 3_600_000);
});
