import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { exited, makeRig, type Rig } from "./rig.ts";
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
