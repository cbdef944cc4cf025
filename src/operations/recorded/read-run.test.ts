import { afterEach, beforeEach, expect, it } from "vitest";
import type { RecordStore } from "../../ports/records.ts";
import { makeRig, type Rig } from "../../testing/rig.ts";
import { openWorkspace } from "../../wiring.ts";
import { isRefusal } from "../refusal.ts";
import { type RecordedRun, readRun } from "./read-run.ts";

// A run of ten thousand steps is read by its events: results that are in them are not asked for again.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("read");
  const step = (at: number): string =>
    `  s${at}: {command: "echo ${at} > \${{outputs.o}}", outputs: {o: {type: uri_file}}}\n`;
  const steps = Array.from({ length: 5 }, (_, at) => step(at)).join("");
  rig.write(
    "pipeline.yml",
    `type: pipeline\ndisplay_name: taxi\nsettings: {default_compute: azureml:local}\njobs:\n${steps}`,
  );
});

afterEach(() => rig.remove());

/** The run, and how often the record was asked for results. */
async function read(name: string): Promise<{ run: RecordedRun; asked: number }> {
  const workspace = await openWorkspace({
    option: rig.folder,
    currentFolder: rig.folder,
    shell: process.env,
    create: "refuse",
    notice: () => {},
  });
  if (isRefusal(workspace)) return expect.unreachable(workspace.message);
  let asked = 0;
  const records = { ...workspace.records } as RecordStore;
  for (const verb of ["resultsOf", "resultsAt"] as const) {
    const ask = records[verb] as (...words: unknown[]) => unknown;
    (records as unknown as Record<string, unknown>)[verb] = (...words: unknown[]) => {
      asked += 1;
      return ask(...words);
    };
  }
  const run = await readRun({ ...workspace, records }, name);
  await workspace.close();
  return isRefusal(run) ? expect.unreachable(run.message) : { run, asked };
}

it("asks for no result that the run has made itself", async () => {
  rig.run("run", "pipeline.yml");
  const { run, asked } = await read("taxi-1");
  expect(asked).toBe(0);
  expect([...run.results.keys()]).toEqual([0, 1, 2, 3, 4]);
  expect(run.results.get(3)).toMatchObject({ run: "taxi-1", path: "s3" });
});

it("has the results that it took over as the run recorded them that made them", async () => {
  rig.run("run", "pipeline.yml");
  rig.run("run", "pipeline.yml");
  const made = (await read("taxi-1")).run;
  const { run } = await read("taxi-2");
  expect([...run.results]).toEqual([...made.results]);
});
