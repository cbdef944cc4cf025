import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually, exited, makeRig, type Rig } from "./rig.ts";
import { startWebServer } from "./servers/web-server.ts";

// Where reuse is easily wrong or wasteful: each of these once took a stale result, ran something again for nothing, or let
// `plan` say other than what the run did.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("edges");
});

afterAll(() => rig.remove());

beforeEach(() => {
  rig.ran();
});

type Steps = readonly { readonly [field: string]: unknown }[];

function planned(...words: readonly string[]): Steps {
  return JSON.parse(rig.cli("plan", ...words, "--json").stdout).steps;
}

/** Plans and runs, and holds that both say the same; gives what they said of the one step. */
function both(...words: readonly string[]): unknown {
  const [before] = planned(...words);
  const run = rig.run("run", ...words);
  const { decision, reason } = run.steps[0]?.reuse ?? {};
  expect(before).toMatchObject({ decision: decision === "ran" ? "run" : "reuse", reason });
  return reason?.detail;
}

it("a code folder that is the whole project does not change with locks, nor with what stepwell.yml says of other things", () => {
  const project = makeRig("whole");
  try {
    project.write(
      "make.yml",
      `
type: pipeline
jobs:
  make: {command: echo made, code: .}
`,
    );
    const decision = (): unknown => project.run("run", "make.yml").steps[0]?.reuse.decision;
    expect(decision()).toBe("ran");
    project.write("stepwell.lock.d/sklearn-0123456789ab.txt", "numpy==2.0.0\n");
    project.write("stepwell.yml", "computes: {big: {type: local, cpus: 2}}\n");
    expect(decision()).toBe("reused");
    project.write("helper.py", "");
    expect(decision()).toBe("ran");
  } finally {
    project.remove();
  }
});

describe("a result that cannot be taken", () => {
  const write = (n: number, reuse: string): string => {
    rig.write(
      "lost.yml",
      `
type: pipeline
jobs:
  a:
    command: mkdir -p outputs; echo \${{inputs.n}} > outputs/kept; echo \${{inputs.n}} > \${{outputs.o}}
    inputs: {n: ${n}}
    outputs: {o: {type: uri_file}}
    reuse: ${reuse}
`,
    );
    return "lost.yml";
  };

  beforeAll(() => {
    for (const n of [1, 2, 3]) rig.run("run", write(n, "auto"));
  });

  const lose = (run: string, file: string): void =>
    fs.rmSync(path.join(rig.at(".stepwell/store/azureml"), run, "a", file));

  it("is said to have lost its outputs by plan and run alike, whatever ran since", () => {
    lose("lost-1", "o/o");
    expect(both(write(1, "auto"))).toBe("outputs were deleted or changed");
  });

  it("has lost them too when only what it left in ./outputs is gone", () => {
    lose("lost-2", ".artifacts/outputs/kept");
    expect(both(write(2, "auto"))).toBe("outputs were deleted or changed");
    expect(both(write(2, "auto"))).toMatch(/^unchanged since/);
  });

  it("is too old by plan and run alike, whatever ran since", () => {
    expect(both(write(3, "{max_age: 0s}"))).toBe("its result is older than 0 s");
  });

  it("is not called too old where its outputs are gone", () => {
    for (const run of fs.readdirSync(rig.at(".stepwell/store/azureml")))
      fs.rmSync(rig.at(`.stepwell/store/azureml/${run}/a/o/o`), { force: true });
    expect(both(write(3, "{max_age: 1h}"))).toBe("outputs were deleted or changed");
  });
});

it("equal steps of one run are one work where one of them takes young results only", () => {
  const step = `command: echo twin >> "$LEDGER", environment_variables: {LEDGER: "${rig.at("ledger")}"}`;
  rig.write(
    "twins.yml",
    `
type: pipeline
jobs:
  a: {${step}, properties: {stepwell.reuse: '{"max_age": "1h"}'}}
  b: {${step}}
`,
  );
  expect(planned("twins.yml")).toMatchObject([{ decision: "run" }, { decision: "reuse" }]);
  expect(rig.run("run", "twins.yml").status).toBe("Completed");
  expect(rig.ran()).toEqual(["twin"]);
});

it("the folder that the workspace lies in may be an input, and is unchanged by its runs", () => {
  rig.write("around/a.txt", "a");
  rig.write(
    "around/list.yml",
    `
type: pipeline
jobs:
  list: {command: "ls \${{inputs.all}}", inputs: {all: {type: uri_folder, path: .}}}
`,
  );
  const run = () =>
    JSON.parse(
      rig.cli("--workspace", rig.at("around"), "run", rig.at("around/list.yml"), "--json").stdout,
    );
  expect(run()).toMatchObject({ status: "Completed", steps: [{ reuse: { decision: "ran" } }] });
  expect(run()).toMatchObject({ status: "Completed", steps: [{ reuse: { decision: "reused" } }] });
  rig.write("around/a.txt", "b");
  expect(run()).toMatchObject({ status: "Completed", steps: [{ reuse: { decision: "ran" } }] });
});

it("the user's cache may lie in the code folder and in an input, as that of a CI job does", () => {
  rig.write("job/a.py", "");
  rig.write(
    "job/use.yml",
    `
type: pipeline
jobs:
  use:
    command: ls -A > \${{outputs.o}}; ls \${{inputs.all}}; python -c pass
    code: .
    inputs: {all: {type: uri_folder, path: .}}
    outputs: {o: {type: uri_file}}
`,
  );
  const words = ["--workspace", rig.at("job"), "run", rig.at("job/use.yml"), "--json"];
  const run = () =>
    JSON.parse(rig.cliWith({ STEPWELL_CACHE_DIR: rig.at("job/.cache") }, ...words).stdout);
  const first = run();
  expect(first).toMatchObject({ status: "Completed", steps: [{ reuse: { decision: "ran" } }] });
  expect(fs.readdirSync(rig.at("job/.cache"))).not.toEqual([]);
  expect(fs.readFileSync(first.steps[0].outputs.o.path, "utf8")).not.toContain(".cache");
  expect(run()).toMatchObject({ status: "Completed", steps: [{ reuse: { decision: "reused" } }] });
});

it("a result is not taken again when an input was written to and back while it was made", () => {
  rig.write("swapped/x", "right");
  rig.write(
    "swapped.yml",
    `
type: pipeline
jobs:
  copy:
    command: printf wrong > "$X"; cp \${{inputs.data}}/x \${{outputs.o}}; printf right > "$X"
    inputs: {data: {type: uri_folder, path: swapped}}
    outputs: {o: {type: uri_file}}
    environment_variables: {X: "${rig.at("swapped/x")}"}
`,
  );
  const first = rig.run("run", "swapped.yml");
  expect(first).toMatchObject({
    status: "Completed",
    warnings: [expect.stringContaining("copy: input data was written to while it was read")],
  });
  expect(both("swapped.yml")).toBe("not certain: input data was written to while it was read");
});

it("a result that was made in a changed environment is not that of the environment it was planned with", () => {
  execFileSync("python3", ["-m", "venv", "--without-pip", rig.at("venv")]);
  const lib = rig.at("venv/lib");
  const site = path.join(lib, fs.readdirSync(lib)[0] ?? "", "site-packages");
  fs.writeFileSync(path.join(site, "mine.pth"), `${rig.at("mine")}\n`);
  rig.write("mine/rates.py", "RATE = 1");
  rig.write(
    "env.yml",
    `
type: pipeline
jobs:
  edit:
    command: echo "RATE = 2" > "$RATES" && echo done > \${{outputs.o}}
    outputs: {o: {type: uri_file}}
    environment_variables: {RATES: "${rig.at("mine/rates.py")}"}
  use:
    command: cat \${{inputs.o}} && python -c "import rates; print(rates.RATE)" > \${{outputs.r}}
    inputs: {o: "\${{parent.jobs.edit.outputs.o}}"}
    outputs: {r: {type: uri_file}}
    environment: {python: ${rig.at("venv/bin/python")}}
`,
  );
  const said =
    "its environment changed after it was planned (the source of path:mine (editable) changed)";
  expect(rig.run("run", "env.yml")).toMatchObject({
    status: "Completed",
    warnings: [`use: ${said}: this result is not reused`],
  });
  rig.write("mine/rates.py", "RATE = 1");
  const reason = { kind: "other_environment", detail: `not certain: ${said}` };
  expect(planned("env.yml")[1]).toMatchObject({ decision: "run", reason });
  const second = rig.run("run", "env.yml").steps[1];
  expect(second?.reuse).toMatchObject({ decision: "ran", reason });
  expect(fs.readFileSync(second?.outputs.r?.path as string, "utf8")).toBe("1\n");
  expect(planned("env.yml")[1]).toMatchObject({ decision: "reuse" });
});

it("a file of a server that tells no versions is fetched again while its date has room for another", async () => {
  const server = await startWebServer();
  server.manners.etags = "none";
  const modified = new Date().toUTCString();
  server.manners.instead = (_, response) => {
    response.setHeader("last-modified", modified);
    response.end(server.files.get("a.csv"));
    return true;
  };
  rig.write("web.yml", `name: web\ntype: http\nurl: ${server.url}\n`);
  expect(rig.cli("datastore", "create", "web.yml").code).toBe(0);
  rig.write(
    "fetched.yml",
    `
type: pipeline
jobs:
  copy:
    command: cat \${{inputs.data}} >> "$LEDGER"
    inputs: {data: {type: uri_file, path: azureml://datastores/web/paths/a.csv}}
    environment_variables: {LEDGER: "${rig.at("ledger")}"}
`,
  );
  for (const text of ["one\n", "two\n"]) {
    server.files.set("a.csv", Buffer.from(text));
    expect(await exited(rig.start("run", "fetched.yml"))).toBe(0);
  }
  expect(rig.ran()).toEqual(["one", "two"]);
});

it("plan calls work that another run is doing neither certain to run nor failed the last time", async () => {
  rig.write(
    "under-way.yml",
    `
type: pipeline
jobs:
  hold:
    command: echo held >> "$LEDGER"; until [ -e "$GO" ]; do sleep 0.05; done; echo 1 > \${{outputs.o}}
    outputs: {o: {type: uri_file}}
    environment_variables: {LEDGER: "${rig.at("ledger")}", GO: "${rig.at("go")}"}
  after: {command: "cat \${{inputs.i}}", inputs: {i: "\${{parent.jobs.hold.outputs.o}}"}}
`,
  );
  const first = rig.start("run", "under-way.yml");
  await eventually(() => rig.peek().includes("held"), "the step to start");
  const shared = { decision: "depends", reason: { kind: "in_flight" } };
  expect(planned("under-way.yml")).toMatchObject([shared, shared]);
  expect(planned("under-way.yml", "--force=hold")).toMatchObject([{ decision: "run" }, shared]);
  const second = rig.start("run", "under-way.yml");
  rig.write("go", "");
  expect(await Promise.all([exited(first), exited(second)])).toEqual([0, 0]);
  expect(rig.ran()).toEqual(["held"]);
  expect(planned("under-way.yml")).toMatchObject([{ decision: "reuse" }, { decision: "reuse" }]);
});
