import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// Tables as steps get them: a folder that can be loaded wherever it is, known by all bytes that it names.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("mltable");
  rig.write(
    "table/MLTable",
    "type: mltable\npaths:\n  - file: ./a.csv\n  - file: ../other/b.csv\n  - pattern: ../parts/*/c.csv\ntransformations:\n  - read_delimited: {delimiter: ','}\n",
  );
  rig.write("table/a.csv", "x\n1\n");
  rig.write("other/b.csv", "x\n2\n");
  rig.write("parts/p/c.csv", "x\n3\n");
  rig.write("p.yml", READS("./table"));
});

afterEach(() => rig.remove());

const READS = (at: string): string => `
type: command
compute: local
command: cp -rL \${{inputs.t}}/. \${{outputs.o}}/
inputs: {t: {type: mltable, path: "${at}"}}
outputs: {o: {type: uri_folder}}
`;

function made(): { readonly folder: string; readonly decision: string | undefined } {
  const run = rig.run("run", "p.yml");
  expect(run.status).toBe("Completed");
  const folder = rig.cli("outputs", run.name, "o").stdout.trim();
  return { folder, decision: run.steps[0]?.reuse?.decision };
}

describe("a table", () => {
  it("arrives with everything that it names, below its own folder", () => {
    const { folder } = made();
    const text = fs.readFileSync(path.join(folder, "MLTable"), "utf8");
    expect(text).not.toContain("../");
    const [, b = ""] = /file: (\S*b\.csv)/.exec(text) ?? [];
    expect(fs.readFileSync(path.join(folder, b), "utf8")).toBe("x\n2\n");
    const [, c = ""] = /pattern: (\S*)\/\*\/c\.csv/.exec(text) ?? [];
    expect(fs.readFileSync(path.join(folder, c, "p/c.csv"), "utf8")).toBe("x\n3\n");
    expect(text).toContain("read_delimited");
  });

  it("counts by all of its bytes, also those that lie elsewhere", () => {
    made();
    expect(made().decision).toBe("reused");
    rig.write("other/b.csv", "x\n22\n");
    expect(made().decision).toBe("ran");
  });

  it("is an asset whose drift is found wherever it happens", () => {
    rig.write("stepwell.yml", "keep: reference\n");
    expect(
      rig.cli("data", "create", "--name", "t", "--path", "table", "--type", "mltable").code,
    ).toBe(0);
    rig.write("p.yml", READS("azureml:t:1"));
    made();
    rig.write("parts/p/c.csv", "x\n4\n");
    const refused = rig.cli("run", "p.yml");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/not those that were recorded: .*c\.csv/);
  });

  it("that cannot be one is not registered as one, with the place of the mistake", () => {
    rig.write(
      "bad/MLTable",
      "paths: [{file: ./a.csv}]\ntransformations:\n  - read_delta_lake: {}\n",
    );
    const bad = rig.cli("data", "create", "--name", "bad", "--path", "bad", "--type", "mltable");
    expect([bad.code, bad.stderr]).toEqual([
      2,
      expect.stringContaining("MLTable:3:5: error: `read_delta_lake`"),
    ]);
    const none = rig.cli(
      "data",
      "create",
      "--name",
      "none",
      "--path",
      "other",
      "--type",
      "mltable",
    );
    expect(none.stderr).toContain("has no file MLTable");
    rig.write("gone/MLTable", "paths: [{file: ./gone.csv}]\n");
    rig.write("p.yml", READS("./gone"));
    expect(rig.cli("run", "p.yml").stderr).toContain(
      "names ./gone.csv, and there is nothing there",
    );
  });
});
