import fs from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { prepareDefinition } from "../operations/plans/prepare-definition.ts";
import { isRefusal } from "../operations/refusal.ts";
import type { Workspace } from "../operations/workspace.ts";
import type { Problem } from "../spec/problem.ts";
import { openWorkspace } from "../wiring.ts";
import { mutated, mutatedText, type Plain } from "./mutate.ts";
import { makeRig, type Rig } from "./rig.ts";
import { createChance } from "./simulation/chance.ts";

// Definitions that nobody would write: whole ones with a few places altered at random. Each becomes a plan, or mistakes with
// their places; none ends as a bug.

const SEEDS = Number(process.env.STEPWELL_ODD_DEFINITIONS ?? 150);

const COMMAND = {
  command: "cp -r ${{inputs.x}} ${{outputs.o}} $[[--n ${{inputs.n}}]]",
  code: "./code",
  environment: { image: "python", conda_file: { dependencies: ["python=3.11", { pip: ["six"] }] } },
  environment_variables: { A: 1 },
  resources: { instance_count: 1, cpus: 1, memory: "1GB" },
  limits: { timeout: 9 },
  retry: { max_retries: 1, on: ["failure"] },
};
const COMPONENT = {
  ...COMMAND,
  type: "command",
  name: "c",
  version: 1,
  inputs: { x: { type: "uri_folder" }, n: { type: "integer", default: 1, min: 0, optional: true } },
  outputs: { o: { type: "uri_folder" } },
};
const PIPELINES: readonly Plain[] = [
  {
    type: "pipeline",
    settings: { default_compute: "local" },
    inputs: { x: { type: "uri_folder", path: "./code" }, n: 3 },
    outputs: { o: { type: "uri_folder", path: "azureml://datastores/lake/paths/o" } },
    jobs: {
      a: { component: "./c.yml", inputs: { x: "${{parent.inputs.x}}", n: "${{parent.inputs.n}}" } },
      b: {
        ...COMMAND,
        inputs: { x: { path: "${{parent.jobs.a.outputs.o}}" }, n: 2 },
        outputs: { o: "${{parent.outputs.o}}" },
        depends_on: ["a"],
      },
    },
  },
  {
    type: "pipeline",
    jobs: {
      bring: {
        type: "data_transfer",
        task: "import_data",
        source: { type: "file_system", connection: "azureml:lake", path: "in" },
        outputs: { sink: { type: "uri_folder" } },
      },
      all: {
        type: "data_transfer",
        task: "copy_data",
        inputs: { x: "${{parent.jobs.bring.outputs.sink}}" },
        outputs: { o: { type: "uri_folder" } },
      },
      send: {
        type: "data_transfer",
        task: "export_data",
        inputs: { source: "${{parent.jobs.all.outputs.o}}" },
        sink: { type: "database", connection: "azureml:rows", table_name: "t" },
      },
    },
  },
  { ...COMPONENT, inputs: { x: { type: "uri_folder", path: "code" }, n: 1 } },
];

let rig: Rig;
let workspace: Workspace;

beforeAll(async () => {
  rig = makeRig("odd-definitions");
  rig.write("code/x", "1");
  rig.write("lake/in/x", "1");
  rig.write(
    "stepwell.yml",
    "datastores:\n  lake: {type: file, path: lake}\n  rows: {type: postgres, host: 127.0.0.1, port: 9, database: d, user: u}\n",
  );
  const opened = await openWorkspace({
    option: rig.folder,
    currentFolder: rig.folder,
    shell: process.env,
    create: "make",
    notice: () => {},
  });
  workspace = isRefusal(opened) ? expect.unreachable(opened.message) : opened;
});

afterAll(async () => {
  await workspace.close();
  rig.remove();
});

const NOTHING_ASKED = {
  ...{ force: [], skip: [], taken: {}, onlyCached: false, strict: false, keepWork: false },
  ...{ passEnv: [], mayResolve: false, nearOnly: true, locked: false },
};

function writeBoth(seed: number): void {
  const chance = createChance(seed);
  const [pipeline, component] = chance.happens(0.7)
    ? [mutated(chance.pick(PIPELINES), chance), COMPONENT]
    : [PIPELINES[0] as Plain, mutated(COMPONENT, chance)];
  const text = JSON.stringify(pipeline, null, chance.whole(0, 1));
  rig.write("p.yml", chance.happens(0.2) ? mutatedText(text, chance) : text);
  rig.write("c.yml", JSON.stringify(component));
}

/** What is wrong with a finding; null: nothing. */
function amiss({ severity, message, position: at }: Problem): string | null {
  if (/undefined|\[object/.test(message)) return "its words are ours";
  if (at === null) return severity === "warning" ? null : "it has no place";
  const lines = fs.readFileSync(at.file, "utf8").split(/\r\n|[\r\n]/);
  const line = lines[at.line - 1];
  return line !== undefined && at.column >= 1 && at.column <= line.length + 1
    ? null
    : "its place is not in the file";
}

/** What is told of a definition. */
async function codesOf(text: string): Promise<readonly string[]> {
  rig.write("p.yml", text);
  const definition = { file: rig.at("p.yml"), set: [], inputs: {}, compute: null };
  const { problems } = await prepareDefinition(workspace, definition, async () => NOTHING_ASKED);
  return problems.map(({ code }) => code);
}

it("tell of a transfer without a source only that, although datastores are looked for", async () => {
  const bring = "type: data_transfer, task: import_data, outputs: {sink: {type: uri_folder}}";
  const text = `type: pipeline\njobs:\n  bring: {${bring}}\n`;
  expect(await codesOf(text)).toEqual(["missing_field"]);
});

it(`never end as a bug, and what is wrong has its place, in ${SEEDS} of them`, async () => {
  const found: unknown[] = [];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    writeBoth(seed);
    const file = rig.at("p.yml");
    try {
      const definition = { file, set: [], inputs: {}, compute: null };
      const { plan, problems } = await prepareDefinition(
        workspace,
        definition,
        async () => NOTHING_ASKED,
      );
      if (plan === null && problems.length === 0) found.push({ seed, why: "nothing is said" });
      for (const problem of problems) {
        const why = amiss(problem);
        if (why !== null) found.push({ seed, why, problem });
      }
    } catch (error) {
      found.push({ seed, error: (error as Error).stack });
    }
  }
  expect(found.slice(0, 3)).toEqual([]);
}, 60_000);

it("tell of a path with a NUL character only that, although what else is wrong is looked for", async () => {
  const text = '{"type": "command", "command": "ls", "inputs": {"x": {"path": "./code\\u0000"}}}';
  expect(await codesOf(text)).toEqual(["nul_character"]);
});
