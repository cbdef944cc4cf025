import { afterAll, afterEach, expect, it } from "vitest";
import { fillDisk } from "./fill-disk.ts";
import { eventually, exited, leftovers, makeRig } from "./rig.ts";
import { type SmallDisk, smallDisk } from "./small-disk.ts";
import { chanceOf, checkEnd, SEED, STEPS, tell, thirtySteps } from "./thirty-steps.ts";

// The disk of the workspace becomes full at random moments of a run of 30 steps, and has room again after a while. The run
// goes on without a hand being lifted and makes the same outputs. STEPWELL_POINTS says how many moments (20 of each kind).

const POINTS = Number(process.env.STEPWELL_POINTS ?? 20);

const outside = makeRig("outside");
let disk: SmallDisk | null = null;
afterAll(() => outside.remove());
afterEach(() => disk?.remove());

for (const what of ["space", "inodes"] as const)
  it(`goes on by itself after ${POINTS} times without ${what} (seed ${SEED})`, async (context) => {
    const chance = chanceOf(what);
    let waited = 0;
    let refused = 0;
    for (let point = 0; point < POINTS; point += 1) {
      disk = smallDisk({ megabytes: 24, inodes: 4000 });
      if (disk === null) return context.skip();
      const version = what === "space" ? point : 1000 + point;
      const after = Math.floor((point * STEPS) / POINTS);
      const met = await onePoint(disk, what, { version, after, ms: () => chance.whole(0, 100) });
      if (met === "waited") waited += 1;
      if (met === "refused") refused += 1;
      disk.remove();
    }
    tell(
      `${POINTS} times without ${what}: ${waited} runs waited and went on, ${refused} were refused before they began; the rest of a run took at most ${slowest} ms from then`,
      "full-disk",
    );
    expect(waited).toBeGreaterThan(0);
  }, 1_800_000);

interface Point {
  readonly version: number;
  /** So many steps have begun. */
  readonly after: number;
  readonly ms: () => number;
}

async function onePoint(
  { folder }: SmallDisk,
  what: "space" | "inodes",
  { version, after, ms }: Point,
): Promise<"waited" | "refused" | "unnoticed"> {
  const rig = makeRig("full", folder);
  const file = { version, ledger: outside.at("ledger"), patient: true, seconds: 0.05 };
  rig.write("p.yml", thirtySteps(file));
  const run = rig.watch({}, "run", "p.yml", "--name", "one");
  await eventually(() => outside.peek().length >= after, `${after} steps have begun`);
  await pause(ms());
  const filler = fillDisk(folder, what);
  const waits = (): boolean => run.said().includes("waiting for disk space");
  for (let waited = 0; waited < PATIENCE_MS && !waits(); waited += 20) await pause(20);
  await pause(ms());
  filler.free();
  const freedAt = Date.now();
  const code = await exited(run.child);
  const isRefused = code === 4 && !run.said().includes("run one:");
  if (!isRefused) expect(`${code} ${run.said()}`).toMatch(/^0 /);
  slowest = Math.max(slowest, Date.now() - freedAt);
  const ran = outside.ran();
  if (!isRefused) expect(ran.length).toBe(STEPS);
  checkEnd(rig, "one", "p.yml");
  outside.ran();
  expect(leftovers(rig.folder)).toEqual([]);
  if (isRefused) return "refused";
  return waits() ? "waited" : "unnoticed";
}

/** A step that tries to write again and again may be all that meets the full disk. */
const PATIENCE_MS = 2000;
let slowest = 0;

/** Moments are what this test is about. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
