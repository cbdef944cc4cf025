import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Ended, eventually, exited, makeRig, type Rig } from "../testing/rig.ts";

// The commands beside run and plan, as a user types them: one workspace, one story.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("commands");
  // `gc` looks at the per-user cache: that of whoever runs the tests is none of its business.
  vi.stubEnv("STEPWELL_CACHE_DIR", rig.at("cache"));
});

afterAll(() => {
  vi.unstubAllEnvs();
  rig.remove();
});

/** The one object on stdout, when nothing was said beside it. */
function json(ended: Ended): ReturnType<typeof JSON.parse> {
  expect(ended.stderr).toBe("");
  return JSON.parse(ended.stdout);
}

const COMPONENT = `
type: command
name: count
command: bash count.sh \${{inputs.words}} \${{inputs.factor}} > \${{outputs.counted}}
code: .
inputs: {words: {type: uri_file}, factor: {type: integer, default: 1}}
outputs: {counted: {type: uri_file}}
`;

const PIPELINE = `
type: pipeline
display_name: words
settings: {default_compute: azureml:local}
jobs:
  count:
    component: azureml:count:1
    inputs: {words: {type: uri_file, path: "azureml:words@latest"}, factor: FACTOR}
  say:
    command: "echo \\"it's $(cat \${{inputs.counted}})\\" | tee said > \${{outputs.said}}; echo '{\\"name\\": \\"factor\\", \\"value\\": FACTOR}' >> $STEPWELL_METRICS"
    inputs: {counted: "\${{parent.jobs.count.outputs.counted}}"}
    outputs: {said: {type: uri_file}}
`;

describe("assets", () => {
  it("registers a component, and the same content again is a no-op", () => {
    rig.write("count/component.yml", COMPONENT);
    rig.write("count/count.sh", 'echo $(($(wc -w < "$1") * $2))\n');
    expect(rig.cli("component", "create", "count/component.yml").stdout).toMatch(
      /registered component count:1/,
    );
    const again = json(rig.cli("component", "create", "count/component.yml", "--json"));
    expect(again).toMatchObject({ schema: 1, outcome: "same", name: "count", version: "1" });
  });

  it("refuses other code under an existing version and names the next free one", () => {
    rig.write("count/component.yml", `${COMPONENT}version: 1\n`);
    expect(rig.cli("component", "create", "count/component.yml").code).toBe(0);
    const code = rig.read("count/count.sh");
    rig.write("count/count.sh", `# other\n${code}`);
    const refused = rig.cli("component", "create", "count/component.yml");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/count:1 exists with other content/);
    expect(refused.stderr).toMatch(/next free version is 2/);
    rig.write("count/count.sh", code);
  });

  it("registers data by words, and refuses other bytes under its version", () => {
    rig.write("words.txt", "one two three\n");
    const words = ["data", "create", "--name", "words", "--version", "1", "--path", "words.txt"];
    expect(json(rig.cli(...words, "--json"))).toMatchObject({
      outcome: "created",
      definition: { type: "uri_file", reference: { kind: "local", path: rig.at("words.txt") } },
    });
    rig.write("words.txt", "four five\n");
    const refused = rig.cli(...words);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("version is 2")]);
    const table = rig.cli(...words, "--type", "uri_folder");
    expect(table.code).toBe(2);
    rig.write("words.txt", "one two three\n");
  });

  it("lists and shows them by name, version and label", () => {
    expect(json(rig.cli("data", "list", "--json")).assets).toHaveLength(1);
    expect(json(rig.cli("data", "show", "words:1", "--json")).contentId).toBe(
      json(rig.cli("data", "show", "words@latest", "--json")).contentId,
    );
    const unknown = rig.cli("data", "show", "words:7");
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("words:1")]);
  });

  it("registers an environment and a model", () => {
    rig.write("environment.yml", "name: tools\npython: /usr/bin/python3\n");
    const environment = json(rig.cli("environment", "create", "environment.yml", "--json"));
    expect(environment.definition).toMatchObject({ kind: "inline", python: "/usr/bin/python3" });
    const model = rig.cli("model", "create", "--name", "m", "--path", "count");
    expect(model.stdout).toMatch(/registered model m:1/);
  });

  it("says every mistake of a definition with its place", () => {
    rig.write("bad.yml", "name: x\nkind: data\npath: ./nowhere\n");
    const refused = rig.cli("data", "create", "bad.yml");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/bad\.yml:2:1/);
    expect(refused.stderr).toMatch(/bad\.yml:3:7/);
  });
});

describe("diff", () => {
  it("names the changed parameter, the input below it and the metric", () => {
    for (const factor of ["2", "3"]) {
      rig.write("pipeline.yml", PIPELINE.replaceAll("FACTOR", factor));
      expect(rig.run("run", "pipeline.yml").status).toBe("Completed");
    }
    const found = json(rig.cli("diff", "words-1", "words-2", "--json"));
    expect(found).toMatchObject({ same: false, onlyBefore: [], onlyAfter: [] });
    expect(found.steps[0]).toMatchObject({
      name: "count",
      differences: [{ kind: "parameter_changed", detail: expect.stringContaining("2 → 3") }],
    });
    const kinds = found.steps[1].differences.map((one: { kind: string }) => one.kind);
    expect(kinds.sort()).toEqual(["command_changed", "input_changed"]);
    expect(found.steps[1].metrics).toEqual([{ name: "factor", before: 2, after: 3 }]);
  });

  it("finds nothing between a run and itself", () => {
    expect(rig.cli("diff", "words-1", "words-1").stdout).toMatch(/nothing that counts/);
    expect(rig.cli("diff", "words-1", "nobody").code).toBe(2);
  });
});

describe("shell", () => {
  it("runs the step's exact command in a copy of its own, and records nothing", () => {
    const before = rig.cli("outputs", "words-2", "say.said").stdout.trim();
    const done = rig.cli("shell", "words-2", "say", "--", "bash", "-c", "./step.sh && cat said");
    expect([done.code, done.stdout]).toEqual([0, "it's 9\n"]);
    const output = /output said {2}(.*)/.exec(done.stderr)?.[1] ?? "";
    expect(fs.readFileSync(output, "utf8")).toBe("it's 9\n");
    expect(output).not.toBe(before);
    expect(json(rig.cli("runs", "--json")).runs).toHaveLength(2);
    // Whoever reads it has a clock of another zone.
    expect(rig.cli("runs").stdout).toMatch(/^RUN +STATUS +CREATED \(UTC\) /);
    expect(rig.cli("runs", "--status", "Failed").stderr).toBe("no run fits\n");
  });

  it("has the code snapshot of the run, writable, and hands the exit code on", () => {
    rig.write("count/count.sh", "exit 1\n");
    const words = ["shell", "words-1", "count", "--", "bash", "-c"];
    const done = rig.cli(...words, "grep -c wc count.sh && echo >> count.sh && exit 7");
    expect([done.code, done.stdout]).toEqual([7, "1\n"]);
    expect(rig.cli("shell", "words-1", "nobody").code).toBe(2);
  });
});

describe("gc", () => {
  it("says with --dry-run what it would remove, and removes nothing", () => {
    const before = listing();
    const told = json(rig.cli("gc", "--dry-run", "--json"));
    expect(told.removed.work.count).toBe(2);
    expect(listing()).toEqual(before);
  });

  it("removes ended work and unnamed snapshots, and no output, log or named snapshot", () => {
    rig.write("unnamed/a.txt", "a");
    rig.write("unnamed.yml", "type: command\ncommand: ls\ncode: ./unnamed\ncompute: local\n");
    expect(rig.cli("plan", "unnamed.yml").code).toBe(0);
    age(rig.at(".stepwell/code"));
    const removed = json(rig.cli("gc", "--json")).removed;
    expect(removed.work.count).toBe(2);
    expect(removed.code.count).toBeGreaterThan(0);
    // Both runs share one snapshot: its folder and its list are what stays.
    expect(fs.readdirSync(rig.at(".stepwell/code"))).toHaveLength(2);
    expect(fs.readdirSync(rig.at(".stepwell/work"))).toEqual([]);
    expect(rig.cli("logs", "words-2").code).toBe(0);
    expect(rig.cli("outputs", "words-1", "count.counted").code).toBe(0);
    expect(rig.cli("shell", "words-1", "count", "--", "./step.sh").code).toBe(0);
    expect(rig.cli("rerun", "words-1").stdout).toMatch(/0 steps ran, 2 reused/);
  });

  it("removes an environment that nobody used for 30 days, and no younger one", () => {
    const made = (key: string, days: number): string => {
      const at = `cache/environments/${key}`;
      rig.write(`${at}-0a/bin/python`, "");
      const mark = `{"folder":"${key}-0a","label":"${key}"}`;
      rig.write(`${at}.complete`, mark);
      const used = Date.now() / 1000 - days * 86_400;
      fs.utimesSync(rig.at(`${at}.complete`), used, used);
      return rig.at(`${at}-0a`);
    };
    const [old, young] = [made("aa", 31), made("bb", 29)];
    expect(json(rig.cli("gc", "--json", "--dry-run")).removed.environments.count).toBe(1);
    expect(rig.cli("gc").code).toBe(0);
    expect([fs.existsSync(old), fs.existsSync(young)]).toEqual([false, true]);
  });

  it("leaves a run alone that is going on", async () => {
    rig.write(
      "slow.yml",
      `type: command\ncompute: local\ncommand: touch "${rig.at("started")}"; while [ ! -e "${rig.at("go")}" ]; do sleep 0.05; done; echo done > made; cp made \${{outputs.o}}\noutputs: {o: {type: uri_file}}\n`,
    );
    const run = rig.start("run", "slow.yml");
    await eventually(() => fs.existsSync(rig.at("started")), "the step to start");
    expect(rig.cli("gc").code).toBe(0);
    rig.write("go", "");
    expect(await exited(run)).toBe(0);
  });
});

describe("shell with a line of shell text as one word", () => {
  it("says how to hand it to a shell", () => {
    const quoted = rig.cli("shell", "words-1", "count", "--", "ls; pwd");
    expect(quoted.stderr).toContain("ls; pwd cannot be started");
    expect(quoted.stderr).toContain("-- bash -c 'TEXT'");
  });
});

describe("init, schema, doctor, completion", () => {
  it("init writes a pipeline that is valid, and never overwrites", () => {
    const fresh = makeRig("init");
    try {
      expect(fresh.cli("init").code).toBe(0);
      for (const file of ["pipeline.yml", "stepwell.yml"]) {
        const [, schema = ""] =
          /^# yaml-language-server: \$schema=(\S+)\n/.exec(fresh.read(file)) ?? [];
        expect(JSON.parse(fresh.read(schema)).title).toMatch(/^Stepwell: /);
      }
      expect(fresh.run("run", "pipeline.yml").status).toBe("Completed");
      const before = fresh.read("pipeline.yml");
      expect(fresh.cli("init").code).toBe(2);
      expect(fresh.read("pipeline.yml")).toBe(before);
    } finally {
      fresh.remove();
    }
  });

  it("schema lists the kinds and prints each", () => {
    const kinds = rig.cli("schema").stdout.trim().split("\n");
    expect(kinds).toContain("pipeline");
    expect(json(rig.cli("schema", "pipeline")).properties).toHaveProperty("jobs");
    expect(rig.cli("schema", "nothing").code).toBe(2);
  });

  it("doctor ends with 4 when bash is missing or the record is damaged, and says what to do", () => {
    expect(rig.cli("doctor").code).toBe(0);
    const damaged = makeRig("damaged");
    damaged.write(".stepwell/stepwell.db", "no database\n".repeat(1000));
    const told = damaged.cli("doctor");
    damaged.remove();
    expect([told.code, told.stdout]).toEqual([
      4,
      expect.stringMatching(/^workspace: missing: .*stepwell\.db is damaged/m),
    ]);
    const poor = rig.cliWith({ PATH: rig.at("nowhere") }, "doctor");
    expect(poor.code).toBe(4);
    expect(poor.stdout).toMatch(/bash: missing: .*\n {2}install it/);
  });

  it("has no completion for a shell that it does not know", () => {
    expect(rig.cli("completion", "cmd").code).toBe(2);
  });
});

function listing(): readonly string[] {
  const all = fs.readdirSync(rig.at(".stepwell"), { recursive: true }).map(String);
  return all.filter((name) => /^(work|attempts|code|store|logs)\b/.test(name)).sort();
}

/** As if it had been there since yesterday. */
function age(folder: string): void {
  const yesterday = Date.now() / 1000 - 86_400;
  for (const name of fs.readdirSync(folder))
    fs.utimesSync(path.join(folder, name), yesterday, yesterday);
}
