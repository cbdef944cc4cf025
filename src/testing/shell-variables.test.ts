import fs from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { eventually, exited, makeRig, type Rig } from "./rig.ts";

// Values of `--env` are handed to the steps of one run only, and lie on the disk only while that run needs them.

let rig: Rig;

afterEach(() => rig.remove());

const SECRET = "s3cr3t-of-another-run";

/** Two steps; the second waits for a file `go` and writes the value that it was given. */
function pipeline(label: string): string {
  return `type: pipeline
display_name: ${label}
settings: {default_compute: azureml:local}
jobs:
  hold:
    command: 'echo held >> "$HERE/ledger"; until [ -e "$HERE/go" ]; do sleep 0.05; done; echo x > \${{outputs.out}}'
    environment_variables: {HERE: ${JSON.stringify(rig.folder)}}
    outputs: {out: {type: uri_file}}
  tell:
    command: 'cat \${{inputs.from}}; printf %s "$TOKEN" > "$HERE/told"'
    environment_variables: {HERE: ${JSON.stringify(rig.folder)}}
    inputs: {from: "\${{parent.jobs.hold.outputs.out}}"}
`;
}

function filesWith(text: string): readonly string[] {
  const runs = rig.at(".stepwell/runs");
  return (fs.readdirSync(runs, { recursive: true }) as string[]).filter(
    (name) =>
      fs.statSync(`${runs}/${name}`).isFile() && rig.read(`.stepwell/runs/${name}`).includes(text),
  );
}

describe("variables of the shell", () => {
  it("that it does not have are told by plan as by run, once", () => {
    rig = makeRig("variables");
    rig.write("stepwell.yml", "pass_env: [{name: HOOK, secret: hook}]\n");
    rig.write(
      "pipeline.yml",
      "type: command\ncompute: local\ncommand: echo ${{inputs.a}}\ninputs: {a: 1}\n",
    );
    expect(
      rig.cliWith({ HUSH: "a-secret" }, "secret", "set", "hook", "--from-env", "HUSH").code,
    ).toBe(0);
    const given = ["--env", "MISSING", "--env", "EMPTY=", "--env", "THERE", "--env", "THE_*"];
    const words = [...given, "--env", "HOOK", "--env", "LACK_*", "--env", "PIN=471"];
    const told = (...command: readonly string[]): readonly string[] =>
      rig
        .cliWith({ THERE: "a-value", THE_ONE: "a-value" }, ...command, ...words)
        .stderr.split("\n")
        .filter((line) => line.includes("--env"));
    const lacks = (name: string, wayOut = ""): string =>
      `warning: --env ${name}: this shell has no such variable to hand to the steps: export it${wayOut}`;
    const warned = [lacks("MISSING", ", or write --env MISSING=VALUE"), lacks("LACK_*")];
    const short = "warning: --env PIN: a value of fewer than 4 characters is not masked in logs";
    expect(told("plan", "pipeline.yml")).toEqual([...warned, short]);
    expect(told("run", "pipeline.yml")).toEqual([...warned, short]);
    const each = ["run", "pipeline.yml", "--each", "a=2,3"];
    expect(told(...each)).toEqual([...warned, short]);
  });

  it.each(["1x", "A B", "A-B", " A", "a.b", "*A", "A*"])(
    "of no shell are no names for --env: %j is refused, and its value not shown",
    (name) => {
      rig = makeRig("variables");
      rig.write("pipeline.yml", "type: command\ncompute: local\ncommand: env\n");
      const refused = rig.cli("run", "pipeline.yml", "--json", "--env", `${name}=${SECRET}`);
      const said = `--env ${name}: not the name of a variable: `;
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(said)]);
      expect(JSON.parse(refused.stdout).error.message).toContain(said);
      expect(refused.stdout + refused.stderr).not.toContain(SECRET);
    },
  );

  it("stay those of the run that has the name when the name, or the key, is given again", async () => {
    rig = makeRig("variables");
    rig.write("pipeline.yml", pipeline("one"));
    const words = ["run", "pipeline.yml", "--name", "one", "--idempotency-key", "k"];
    const child = rig.start(...words, "--env", "TOKEN=mine");
    await eventually(() => rig.peek().includes("held"), "the first step runs");
    const taken = rig.cli("run", "pipeline.yml", "--name", "one", "--env", `TOKEN=${SECRET}`);
    expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining("exists already")]);
    const again = rig.cli(...words, "--detach", "--env", `TOKEN=${SECRET}`);
    expect([again.code, again.stdout]).toEqual([0, "one\n"]);
    expect(filesWith(SECRET)).toEqual([]);
    rig.write("go", "");
    expect(await exited(child)).toBe(0);
    expect(rig.read("told")).toBe("mine");
    rig.cli("run", "pipeline.yml", "--name", "one", "--env", `TOKEN=${SECRET}`);
    expect(filesWith(SECRET)).toEqual([]);
  });

  it("are in nothing that is recorded of what a step logs: metrics, parameters and their warnings", () => {
    rig = makeRig("variables");
    rig.write(
      "pipeline.yml",
      `type: command
compute: local
command: bash log.sh \${{outputs.metrics}}
code: ./src
outputs: {metrics: {type: uri_file}}
`,
    );
    rig.write(
      "src/log.sh",
      `run="\${MLFLOW_TRACKING_URI#file://}/1/r"; mkdir -p "$run"/{metrics,params}; touch "$run/meta.yaml"
printf '1 0.5 0\\n' > "$run/metrics/at $TOKEN"
printf %s "https://me:$TOKEN@host/x" > "$run/params/address"
printf %s "4711 of 47110" > "$run/params/$TOKEN"
printf %s plain > "$run/params/plain"
printf '{"name":"line-%s","value":1}\\n{"name":"odd-%s","value":"x"}\\n' "$TOKEN" "$TOKEN" > "$STEPWELL_METRICS"
printf '{"out": {"%s": 2}, "rows": 3}' "$TOKEN" > "$1"
`,
    );
    const view = rig.run("run", "--name", "one", "--env", `TOKEN=${SECRET}`, "--env", "PIN=4711");
    const [step] = view.steps;
    expect(step?.metrics).toEqual({ "out.***": 2, rows: 3, "at ***": 0.5, "line-***": 1 });
    expect(step?.parameters).toEqual({
      address: "https://me:***@host/x",
      "***": "*** of 47110",
      plain: "plain",
    });
    expect(view.warnings.join("\n")).toContain('"value" of odd-*** must be a number');
    const records = ["stepwell.db", "stepwell.db-wal"].map((name) => rig.at(`.stepwell/${name}`));
    const kept = records.filter((file) => fs.existsSync(file)).map((file) => fs.readFileSync(file));
    expect(Buffer.concat(kept).includes(SECRET)).toBe(false);
  });

  it("are in a log that nobody else can read, from its first byte on", async () => {
    rig = makeRig("variables");
    rig.write(
      "pipeline.yml",
      "type: command\ncompute: local\ncommand: 'echo $TOKEN; until [ -e \"$HERE/go\" ]; do sleep 0.05; done'\n",
    );
    const words = ["--name", "one", "--env", `TOKEN=${SECRET}`, "--env", `HERE=${rig.folder}`];
    const child = rig.start("run", "pipeline.yml", ...words);
    const log = rig.at(".stepwell/logs/one/_.1.log");
    const found = () => [fs.readFileSync(log, "utf8"), fs.statSync(log).mode & 0o777];
    await eventually(() => fs.existsSync(log) && fs.statSync(log).size > 0, "it has printed");
    expect(found()).toEqual([`${SECRET}\n`, 0o600]);
    rig.write("go", "");
    expect(await exited(child)).toBe(0);
    expect(found()).toEqual(["***\n", 0o600]);
  });

  it("that a run was handed by name are there in its `shell` and for `rerun` where this shell has them, else told", () => {
    rig = makeRig("variables");
    rig.write("pipeline.yml", "type: command\ncompute: local\ncommand: 'echo $TOKEN$EX; exit 1'\n");
    rig.cli("run", "pipeline.yml", "--name", "one", "--env", `TOKEN=${SECRET}`, "--env", "EX=abc");
    const look = ["shell", "one", ".", "--", "bash", "-c", "./step.sh"];
    const there = rig.cliWith({ TOKEN: "mine" }, ...look);
    expect([there.code, there.stdout]).toEqual([1, "mine\n"]);
    expect(there.stderr).toContain(
      "warning: the step was handed EX, which this shell does not have",
    );
    expect(there.stderr).not.toContain("TOKEN");
    const again = rig.cliWith({ TOKEN: "mine" }, "rerun", "one", "--name", "two");
    expect(again.stderr).toContain("warning: one was handed EX, which this shell does not have");
    expect(again.stderr).not.toContain("handed TOKEN");
    expect(rig.cli("logs", "two").stdout).toBe("***\n");
  });

  it("that a killed submit left behind go with the next run of the name, or with gc", () => {
    rig = makeRig("variables");
    rig.write("go", "");
    rig.write("pipeline.yml", pipeline("one"));
    for (const stray of ["one/shell.json", "one/shell.json.9.partial", "two/shell.json"])
      rig.write(`.stepwell/runs/${stray}`, JSON.stringify({ passed: { TOKEN: SECRET } }));
    expect(rig.cli("run", "pipeline.yml", "--name", "one").code).toBe(0);
    expect(rig.read("told")).toBe("");
    expect(filesWith(SECRET)).toEqual(["two/shell.json"]);
    expect(rig.cli("gc").code).toBe(0);
    // As young as this it may be that of a run which is being submitted.
    expect(filesWith(SECRET)).toEqual(["two/shell.json"]);
    fs.utimesSync(rig.at(".stepwell/runs/two/shell.json"), 1, 1);
    expect(JSON.parse(rig.cli("gc", "--json").stdout).removed.variables.count).toBe(1);
    expect(filesWith(SECRET)).toEqual([]);
  });
});
