import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// Runs and steps that are large in one respect: many failures, warnings and logs, long commands and values.

const SETTINGS = "settings: {default_compute: azureml:local, continue_on_step_failure: true}";
const MANY = 25;

const pipeline = (jobs: Readonly<Record<string, unknown>>): string =>
  `type: pipeline\n${SETTINGS}\njobs: ${JSON.stringify(jobs)}\n`;

const many = (job: (index: number) => unknown, count = MANY): string =>
  pipeline(Object.fromEntries(Array.from({ length: count }, (_, at) => [`s${at}`, job(at)])));

let rig: Rig;
beforeAll(() => {
  rig = makeRig("large");
});
afterAll(() => rig.remove());

describe("a run of many steps", () => {
  it("tells twenty failures in full and the others by their number", () => {
    rig.write(
      "failing.yml",
      many((at) => ({ command: `echo ${at}; exit 3` })),
    );
    const { code, stderr } = rig.cli("run", "failing.yml", "--name", "failing");
    expect(code).toBe(1);
    expect(stderr.match(/ended with exit code 3/g)).toHaveLength(20);
    expect(stderr).toContain("failed  … 5 more steps: stepwell show failing\n");
    const shown = rig.cli("show", "failing").stdout;
    expect(shown.match(/error {2}step s\d+ ended with exit code 3/g)).toHaveLength(MANY);
  });

  it("tells twenty warnings of its steps and the others by their number", () => {
    const outputs = { o: { type: "uri_folder" } };
    rig.write(
      "warning.yml",
      many((at) => ({ command: `echo ${at}`, outputs })),
    );
    const { stderr } = rig.cli("run", "warning.yml");
    expect(stderr.match(/^warning .* is empty/gm)).toHaveLength(20);
    expect(stderr).toContain("… 5 more: stepwell show\n");
  });

  it("shows every step where nobody watches: a program may search them", () => {
    rig.write(
      "large.yml",
      many((at) => ({ command: at === 229 ? "exit 4" : `echo ${at}` }), 230),
    );
    expect(rig.cli("run", "large.yml", "--name", "large").code).toBe(1);
    const { stdout, stderr } = rig.cli("show", "large");
    expect(stdout).toMatch(/^s229 +Failed/m);
    expect(stdout).toContain("error  step s229 ended with exit code 4");
    expect(stdout.match(/^s\d+ +Completed/gm)).toHaveLength(229);
    expect(stderr).toBe("");
  });

  it("has no attempt that ended before it began, however late the engine hears of its start", () => {
    rig.write(
      "short.yml",
      many((at) => ({ command: `true ${at}` }), 300),
    );
    const attempts = rig.run("run", "short.yml").steps.flatMap((step) => step.attempts);
    expect(attempts).toHaveLength(300);
    expect(attempts.filter(({ started, finished }) => `${finished}` < `${started}`)).toEqual([]);
  });

  it("names all results that were made from an invalidated one", () => {
    const o = { o: { type: "uri_file" } };
    const jobs = Object.fromEntries(
      Array.from({ length: 205 }, (_, at) => [
        `s${at}`,
        {
          command: `echo ${at} ${"${{inputs.i}}"}`,
          inputs: { i: "${{parent.jobs.first.outputs.o}}" },
        },
      ]),
    );
    const first = { command: "echo 1 > ${{outputs.o}}", outputs: o };
    rig.write("below.yml", pipeline({ first, ...jobs }));
    expect(rig.cli("run", "below.yml", "--name", "below").code).toBe(0);
    const { stdout, stderr } = rig.cli("invalidate", "below", "first", "--reason", "x");
    expect(stdout.match(/^ {2}s\d+ of below$/gm)).toHaveLength(205);
    expect(stderr).toBe("");
  });

  it("has its logs printed by a process that may hold few files open", () => {
    rig.write(
      "logging.yml",
      many((at) => ({ command: `echo line ${at}` }), 80),
    );
    expect(rig.cli("run", "logging.yml", "--name", "logging").code).toBe(0);
    const few = makeRigWithFewFiles(rig);
    const { code, stdout, stderr } = few("logs", "logging");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout.match(/^line \d+$/gm)).toHaveLength(80);
  });
});

/** 64 files: what Node itself, the records and one log need. */
function makeRigWithFewFiles({ folder }: Rig): Rig["cli"] {
  const limited = makeRig("few", undefined, ["bash", "-c", 'ulimit -n 64; exec "$@"', "bash"]);
  return (...words) => {
    try {
      return limited.cli(...words, "--workspace", folder);
    } finally {
      limited.remove();
    }
  };
}

describe("a large step", () => {
  it("runs a command longer than one argument of a process can be", () => {
    const command = `${"# a long word of nothing\n".repeat(8_000)}echo \${{inputs.x}} > \${{outputs.o}}; exit 0`;
    const outputs = { o: { type: "uri_file" } };
    rig.write("long.yml", pipeline({ a: { command, inputs: { x: "it's" }, outputs } }));
    const view = rig.run("run", "long.yml");
    expect(view.status).toBe("Completed");
    const made = view.steps[0]?.outputs.o?.path;
    expect(rig.read(path.relative(rig.folder, String(made)))).toBe("it's\n");
  });

  it.each([
    [
      "an input",
      "value_too_long",
      { command: "echo ${{inputs.x}}", inputs: { x: "x".repeat(130_000) } },
    ],
    [
      "a variable",
      "value_too_long",
      { command: "x", environment_variables: { X: "x".repeat(130_000) } },
    ],
    [
      "all variables",
      "values_too_long",
      {
        command: "x",
        environment_variables: Object.fromEntries(
          Array.from({ length: 11 }, (_, at) => [`X${at}`, "x".repeat(100_000)]),
        ),
      },
    ],
  ])("is refused before anything starts where no process can be given %s", (_, code, job) => {
    rig.write("large.yml", pipeline({ a: job }));
    const done = rig.cli("validate", "large.yml", "--json");
    expect(done.code).toBe(2);
    expect(JSON.parse(done.stdout).problems).toMatchObject([{ severity: "error", code }]);
  });
});
