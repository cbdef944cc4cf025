import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { Ajv } from "ajv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FORMATS, OPEN_LINEAGE_SCHEMA } from "./open-lineage-schema.ts";
import { makeRig, type Rig } from "./rig.ts";

// Where a model comes from and what became of some data, asked as a person would: over reused steps, copies, other names.

let rig: Rig;

const PIPELINE = `
type: pipeline
display_name: taxi
settings: {default_compute: azureml:local}
inputs: {alpha: 0.5}
jobs:
  prepare:
    command: mkdir \${{outputs.rows}}/part && tail -n +2 \${{inputs.data}} > \${{outputs.rows}}/part/a.csv
    inputs: {data: {type: uri_file, path: azureml:fares:1}}
    outputs: {rows: {type: uri_folder}}
  train:
    code: ./code
    command: sh train.sh \${{inputs.rows}}/part/a.csv \${{inputs.alpha}} > \${{outputs.model}}/weights; echo logged > outputs/log.txt
    inputs: {rows: "\${{parent.jobs.prepare.outputs.rows}}", alpha: "\${{parent.inputs.alpha}}"}
    outputs: {model: {type: custom_model, name: trees}}
  evaluate:
    command: wc -c < \${{inputs.model}}/weights > \${{outputs.score}}
    inputs: {model: "\${{parent.jobs.train.outputs.model}}"}
    outputs: {score: {type: uri_file}}
`;

const USE = `
type: pipeline
display_name: use
settings: {default_compute: azureml:local}
jobs:
  score:
    command: cat \${{inputs.m}}/weights > \${{outputs.o}}
    inputs: {m: {type: custom_model, path: azureml:trees:1}}
    outputs: {o: {type: uri_file}}
  again:
    command: cat \${{inputs.m}} > \${{outputs.o}}
    inputs: {m: {type: uri_file, path: ./fares.csv}}
    outputs: {o: {type: uri_file}}
  broken:
    command: echo "it broke" >&2; exit 3
`;

beforeAll(() => {
  rig = makeRig("lineage");
  for (const words of [
    ["init", "-q"],
    ["config", "user.email", "ann@example.com"],
    ["config", "user.name", "ann"],
    ["remote", "add", "origin", "git@example.com:ann/taxi.git"],
  ])
    spawnSync("git", words, { cwd: rig.folder });
  rig.write("fares.csv", "fare,tip\n1,2\n3,4\n");
  rig.write("code/train.sh", 'cat "$1"; echo "$2"\n');
  rig.write("pipeline.yml", PIPELINE);
  rig.write("use.yml", USE);
  rig.write(".gitignore", ".stepwell\n");
  spawnSync("git", ["add", "-A"], { cwd: rig.folder });
  spawnSync("git", ["commit", "-qm", "one"], { cwd: rig.folder });
  expect(rig.cli("data", "create", "--name", "fares", "--path", "fares.csv").code).toBe(0);
  expect(rig.run("run").status).toBe("Completed");
  rig.write("code/train.sh", 'cat "$1" && echo "$2"\n');
  for (let again = 0; again < 2; again += 1) expect(rig.run("run").status).toBe("Completed");
  expect(rig.cli("run", "use.yml").code).toBe(1);
});

afterAll(() => rig.remove());

function run(...words: readonly string[]): string {
  const done = rig.cli(...words);
  expect([words, done.code, done.stderr]).toEqual([words, 0, ""]);
  return done.stdout;
}

interface View {
  readonly subject: {
    readonly name: string;
    readonly contentId: string;
    readonly inside: string | null;
  };
  readonly made: null | {
    readonly run: string;
    readonly step: string;
    readonly commits: readonly { readonly dirty: boolean; readonly commit: string }[];
    readonly reusedBy: readonly string[];
    readonly others: number;
    readonly parameters: object;
    readonly code: string;
  };
  readonly origins: readonly { readonly name: string; readonly contentId: string }[];
  readonly complete: boolean;
  readonly nodes: readonly { readonly id: string; readonly kind: string }[];
  readonly edges: readonly { readonly kind: string; readonly from: string; readonly to: string }[];
  readonly cuts: readonly { readonly reason: string; readonly more: number }[];
}

function lineage(...words: readonly string[]): View {
  return JSON.parse(run("lineage", ...words, "--json"));
}

/** Nodes that are neither code, environment nor run, by how they are called without numbers of events. */
function names({ nodes }: View): readonly string[] {
  return nodes
    .filter(({ kind }) => !["code", "environment", "run"].includes(kind))
    .map(({ id }) => id.replace(/ #\d+$/, ""));
}

function refused(...words: readonly string[]): string {
  const done = rig.cli("lineage", ...words);
  expect([words, done.code]).toEqual([words, 2]);
  return done.stderr;
}

describe("lineage upwards", () => {
  it("of a model names run, commit, code, environment, parameters and data in six lines", () => {
    const lines = run("lineage", "model:trees:1").split("\n");
    expect(lines.slice(0, 6).map((line) => line.split(" ")[0])).toEqual([
      "model",
      "run",
      "code",
      "environment",
      "parameters",
      "data",
    ]);
    expect(lines[0]).toMatch(/trees:1 {2}sha256:[0-9a-f]{64}$/);
    expect(lines[1]).toMatch(
      /taxi-1, step train, by \S+ on \S+, [\d-]+ [\d:]+ UTC, commit [0-9a-f]{40} of git@example.com:ann\/taxi.git \(clean\)/,
    );
    expect(lines[3]).toMatch(/sha256:[0-9a-f]{64}, .*no lock$/);
    expect(lines[4]).toMatch(/alpha=0\.5$/);
    expect(lines[5]).toMatch(/data fares:1 sha256:[0-9a-f]{64}$/);
  });

  it("of a reused output names the run that made it and the runs that took it over", () => {
    const { made, subject } = lineage("taxi-3.train.model");
    expect(subject.name).toBe("taxi-3 train.model");
    expect(made).toMatchObject({ run: "taxi-2", step: "train", reusedBy: ["taxi-3"], others: 1 });
    expect(made?.commits[0]?.dirty).toBe(true);
    expect(run("lineage", "taxi-3.train.model")).toMatch(
      /run +taxi-2, step train, .*\(with uncommitted changes\), reused by taxi-3, and 1 more/,
    );
  });

  it("follows the very output that was read, not one that happens to be the same bytes", () => {
    const view = lineage("taxi-2.train.model", "--up");
    expect(names(view)).toEqual([
      "output taxi-2.train.model",
      "step_run taxi-2.train",
      "output taxi-1.prepare.rows",
      "step_run taxi-1.prepare",
      "data fares:1",
    ]);
    const ids = new Set(lineage("taxi-1.train.model").nodes.map(({ id }) => id));
    expect([...ids].filter((id) => /taxi-2/.test(id))).toEqual([]);
  });

  it("of a run that used a registered model goes on through its version", () => {
    const view = lineage("use-1.score.o", "--up");
    expect(names(view)).toContain("model trees:1");
    expect(names(view).at(-1)).toBe("data fares:1");
    expect(view.origins.map(({ name }) => name)).toEqual(["data fares:1"]);
  });

  it("says where it stops, by depth and by limit, and still names all the data for a depth", () => {
    const near = lineage("taxi-1.train.model", "--up", "--depth", "1");
    expect(names(near)).not.toContain("step_run taxi-1.prepare");
    expect(near.cuts).toMatchObject([{ reason: "depth", more: 1 }]);
    expect(near.origins.map(({ name }) => name)).toEqual(["data fares:1"]);
    const few = lineage("taxi-1.train.model", "--up", "--limit", "2");
    expect(few.cuts.map(({ reason }) => reason)).toEqual(["limit"]);
    expect(few.complete).toBe(false);
    const said = run("lineage", "taxi-1.train.model", "--up", "--depth", "1");
    expect(said).toMatch(/and 1 more further away \(a larger --depth shows them\)/);
  });
});

describe("lineage downwards", () => {
  it("of data lists every step run that read it, what they made, and what is registered of that", () => {
    const view = lineage("data:fares@latest", "--down");
    for (const name of [
      "step_run taxi-1.prepare",
      "step_run taxi-1.train",
      "step_run taxi-2.train",
      "model trees:1",
      "step_run use-1.score",
      "step_run taxi-1.evaluate",
    ])
      expect(names(view)).toContain(name);
    expect(view.edges).toContainEqual(
      expect.objectContaining({ kind: "registered_as", to: "model trees:1" }),
    );
  });

  it("of data that was copied unchanged shows who read the copy once, below the copy", () => {
    const copied = makeRig("lineage-copy");
    copied.write("x.csv", "a\n1\n");
    copied.cli("data", "create", "--name", "x", "--path", "x.csv", "--type", "uri_file");
    copied.write(
      "p.yml",
      `type: pipeline
jobs:
  copy:
    command: cp \${{inputs.from}} \${{outputs.to}}
    inputs: {from: {type: uri_file, path: azureml:x:1}}
    outputs: {to: {type: uri_file}}
  use:
    command: wc -l < \${{inputs.it}} > \${{outputs.lines}}
    inputs: {it: "\${{parent.jobs.copy.outputs.to}}"}
    outputs: {lines: {type: uri_file}}
`,
    );
    copied.run("run", "p.yml", "--name", "r");
    for (const word of ["data:x:1", "x.csv"]) {
      const said = copied.cli("lineage", word, "--down").stdout;
      expect(said).toContain("made r.copy.to");
      expect(said.match(/read as it by use of r/g)).toEqual(["read as it by use of r"]);
      expect(said).not.toContain("the same bytes as output");
    }
    copied.remove();
  });

  it("finds who read the same bytes under another name, and says so", () => {
    expect(run("lineage", "data:fares:1", "--down")).toMatch(
      /the same bytes as \S*fares\.csv .*\n +read as m by again of use-1/,
    );
  });
});

describe("lineage by content", () => {
  it("finds what made a file wherever it was copied to, and a file inside of a folder output", () => {
    const store = rig.at(".stepwell/store/azureml/taxi-1");
    fs.copyFileSync(`${store}/evaluate/score/score`, rig.at("copy.txt"));
    expect(lineage("copy.txt").made).toMatchObject({ run: "taxi-1", step: "evaluate" });
    fs.copyFileSync(`${store}/prepare/rows/part/a.csv`, rig.at("part.csv"));
    const inside = lineage("./part.csv");
    expect(inside.subject.inside).toBe("part/a.csv");
    expect(inside.made).toMatchObject({ run: "taxi-1", step: "prepare" });
    fs.cpSync(`${store}/prepare/rows/part`, rig.at("folder"), { recursive: true });
    expect(lineage("./folder").subject.inside).toBe("part");
    expect(lineage(`${rig.folder}/fares.csv`).made).toBeNull();
  });

  it("takes an id, or the beginning of one, and says when there are several or none", () => {
    const { contentId } = lineage("model:trees:1").subject;
    expect(lineage(contentId.slice(0, 20)).made?.run).toBe("taxi-1");
    expect(refused("sha256:0123")).toMatch(/expected sha256: and 8 to 64 hex digits/);
    expect(refused("sha256:0123456789")).toMatch(/nothing recorded has an id that begins with/);
    expect(refused(`sha256:${"0".repeat(64)}`)).toMatch(/nothing recorded has the bytes of/);
  });

  it("says that nothing recorded has the bytes of a strange file", () => {
    rig.write("strange.txt", "never seen");
    expect(refused("./strange.txt")).toMatch(
      /nothing recorded has the bytes of .*strange.txt \(sha/,
    );
  });
});

describe("the word of lineage", () => {
  it("is an output of the last run, or of a run that is named in front or apart", () => {
    expect(lineage("score.o").made?.run).toBe("use-1");
    expect(lineage("last~1.train.model").made?.run).toBe("taxi-2");
    expect(lineage("taxi-1", "train.model").made?.run).toBe("taxi-1");
    expect(lineage("taxi-1.train.artifacts").made?.step).toBe("train");
    expect(names(lineage("taxi-1"))).toContain("step_run taxi-1.evaluate");
    expect(lineage("azureml:trees:1").subject.name).toBe("trees:1");
  });

  it("is what is registered under a bare name where no run and no output is called so", () => {
    const whole = run("lineage", "model:trees:1");
    expect([run("lineage", "trees:1"), run("lineage", "trees@latest")]).toEqual([whole, whole]);
  });

  it("is refused where it is nothing, or both a file and an output", () => {
    expect(refused("data:nothing:1")).toMatch(/there is no data nothing:1/);
    expect(refused("azureml:fares:7")).toMatch(/there is fares:1/);
    expect(refused("./nowhere")).toMatch(/there is nothing at .*nowhere/);
    expect(refused("nobody")).toMatch(/neither a run nor an output of use-1/);
    expect(refused("taxi-1.train.nothing")).toMatch(/has no output train.nothing/);
    expect(refused("--depth", "0", "data:fares:1")).toMatch(/--depth 0: expected a whole number/);
    rig.write("score.o", "a file");
    expect(refused("score.o")).toMatch(/is a file here and a name of a run or an output/);
    fs.rmSync(rig.at("score.o"));
  });
});

describe("lineage for others", () => {
  it("writes OpenLineage events that its schema takes, with data, parameters, commit and failures", () => {
    const ajv = new Ajv({ strict: false, formats: FORMATS });
    const validate = ajv.compile(OPEN_LINEAGE_SCHEMA);
    const events = ["use-1", "model:trees:1", "taxi-2"].flatMap((word) =>
      run("lineage", word, "--openlineage")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    );
    for (const event of events) expect([validate(event), validate.errors]).toEqual([true, null]);
    const kinds = (job: string) =>
      events.filter((event) => event.job.name === job).map((event) => event.eventType);
    expect(kinds("use")).toEqual(["START", "FAIL"]);
    expect(kinds("use.broken")).toEqual(["START", "FAIL"]);
    expect(kinds("taxi")).toEqual(["START", "COMPLETE"]);
    const broken = events.find((one) => one.job.name === "use.broken" && one.eventType === "FAIL");
    expect(broken.run.facets.errorMessage.message).toMatch(/broken/);
    expect(broken.run.facets.parent.job.name).toBe("use");
    const prepared = events.find((one) => one.job.name === "taxi.prepare");
    expect(prepared.inputs[0]).toMatchObject({
      name: "data/fares",
      facets: {
        version: { datasetVersion: "1" },
        schema: { fields: [{ name: "fare" }, { name: "tip" }] },
        dataSource: { uri: expect.stringMatching(/^file:\/\/.*fares\.csv$/) },
      },
    });
    expect(prepared.outputs[0].name).toBe("taxi.prepare.rows");
    expect(prepared.job.facets.sourceCodeLocation).toMatchObject({
      url: "ssh://git@example.com/ann/taxi.git",
    });
    const trained = events.find((one) => one.job.name === "taxi.train");
    expect(trained.inputs[0].name).toBe("taxi.prepare.rows");
    expect(trained.run.facets.jobRunParameters.parameters).toEqual([
      { key: "alpha", value: "0.5" },
    ]);
  });

  it("draws it for Graphviz and as a picture", () => {
    const dot = run("lineage", "model:trees:1", "--dot");
    expect(dot).toMatch(/^digraph lineage \{/);
    expect(dot).toMatch(/-> "model trees:1" \[label="registered as"\]/);
    expect(rig.cli("lineage", "model:trees:1", "--svg", "trees.svg").code).toBe(0);
    expect(rig.read("trees.svg")).toMatch(/^<svg [\s\S]*data fares:1[\s\S]*<\/svg>$/);
  });

  it("writes a report for a person without Stepwell, and no other ending", () => {
    const done = rig.cli("lineage", "model:trees:1", "--report", "audit.html");
    expect([done.code, done.stderr]).toEqual([0, "written: audit.html\n"]);
    const html = rig.read("audit.html");
    for (const text of ["trees:1", "taxi-1, step train", "data fares:1", "alpha=0.5", "<svg"])
      expect(html).toContain(text);
    expect(html).not.toMatch(/<script|src=|href=/);
    expect(rig.cli("lineage", "model:trees:1", "--report", "audit.md").code).toBe(0);
    expect(rig.read("audit.md")).toMatch(/^# Lineage of model:trees:1\n/);
    expect(refused("model:trees:1", "--report", "audit.pdf")).toMatch(/FILE\.html or FILE\.md/);
    expect(refused("model:trees:1", "--report", "no/folder.md")).toMatch(/cannot be written/);
  });
});
