import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exited, leftovers, makeRig, type Rig } from "./rig.ts";
import { chanceOf, checkEnd, SEED, STEPS, thirtySteps } from "./thirty-steps.ts";

// kill -9 of a real run of 30 steps: at every named crash point, and at random instants. After each kill the run is
// resumed; in the end the outputs are those of a run that nobody killed, and nothing that finished ran twice.

const KILLS = Number(process.env.STEPWELL_KILLS ?? (process.env.STEPWELL_DEEP ? 2000 : 60));
const KILLS_A_RUN = 6;
const POINTS = ["before-sync", "before-commit", "after-commit"];

let rig: Rig;

beforeAll(() => {
  rig = makeRig("crash");
});

afterAll(() => rig.remove());

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

function check(name: string, version: number): void {
  checkEnd(rig, name, `v${version}.yml`);
  const ran = rig.ran().filter((line) => line.startsWith(`v${version}-`));
  expect(new Set(ran).size).toBe(STEPS);
  expect(leftovers(rig.folder)).toEqual([]);
}

describe("kill -9", () => {
  it.each(POINTS)("at the crash point %s loses nothing and repeats nothing", async (point) => {
    const version = 1000 + POINTS.indexOf(point);
    rig.write(`v${version}.yml`, thirtySteps({ version, ledger: rig.at("ledger") }));
    for (const count of [1, 2, 5])
      await killOnce(point, `v${version}.yml`, { crashAt: `${point}:${count}` });
    check(point, version);
  });

  it(`at ${KILLS} random instants loses nothing and repeats nothing`, async () => {
    const chance = chanceOf("kills");
    let kills = 0;
    for (let version = 1; kills < KILLS; version += 1) {
      rig.write(`v${version}.yml`, thirtySteps({ version, ledger: rig.at("ledger") }));
      const name = `random-${version}`;
      for (let kill = 0; kill < KILLS_A_RUN && kills < KILLS; kill += 1) {
        kills += 1;
        const afterMs = chance.whole(60, 560);
        if (await killOnce(name, `v${version}.yml`, { afterMs })) break;
      }
      check(name, version);
    }
    console.log(
      `${kills} kills, seed=${SEED} (replay: STEPWELL_SEED=${SEED} npm test -- crash-points)`,
    );
  }, 3_600_000);
});
