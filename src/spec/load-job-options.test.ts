import { describe, expect, it } from "vitest";
import { findings, loaded } from "../testing/loaded-job.ts";
import type { LoadOptions } from "./load-job.ts";

const COMPONENT =
  "command: ls\ninputs: {d: {type: uri_folder}, n: {type: number, default: 1}, s: {type: string, optional: true}}";
const JOB = `type: pipeline
name: mine
inputs: {raw: {type: uri_folder, path: ./data, mode: download}, rate: 0.1, label: "5", on: true}
jobs:
  a:
    component: ./c.yml
    inputs: {d: "\${{parent.inputs.raw}}", n: "\${{parent.inputs.rate}}", s: "\${{parent.inputs.label}}"}
    compute: azureml:cpu
  b: {command: ls}
`;
const MORE = { files: { "c.yml": COMPONENT }, folders: ["data", "other", "sub/data"] };

function withOptions(options: Partial<LoadOptions>) {
  return loaded(JOB, { ...MORE, options });
}

function set(path: string, value: string) {
  return withOptions({ set: [{ path, value }] });
}

describe("options that mean a field of a step", () => {
  const text = "type: pipeline\njobs: {a: {command: 'x ${{inputs.n}}', inputs: {n: 1}}}\n";
  const hint = (options: Partial<LoadOptions>) => loaded(text, { options }).problems[0]?.hint;

  it("are told how it is set", () => {
    const way = "`--set jobs.a.inputs.n=2`.";
    expect(hint({ inputs: { n: "2" } })).toBe(`It is an input of the step \`a\`: ${way}`);
    expect(hint({ inputs: { m: "2" } })).toBe("Its inputs: none.");
    for (const path of ["a.n", "a.inputs.n"])
      expect(hint({ set: [{ path, value: "2" }] })).toBe(
        `Fields of a step stand below \`jobs\`: ${way}`,
      );
    expect(hint({ set: [{ path: "a.command", value: "ls" }] })).toContain(
      "`--set jobs.a.command=ls`",
    );
  });

  it("are told without the secret of an address, which is an error of its own", () => {
    const address = "https://a.org/x?sig=h7Ks02mNq1";
    const found = [
      loaded(text, { options: { inputs: { n: address } } }).problems,
      loaded(text, { options: { set: [{ path: "a.n", value: address }] } }).problems,
    ];
    expect(JSON.stringify(found)).not.toContain("h7Ks02mNq1");
    expect(JSON.stringify(found)).toContain("--set jobs.a.inputs.n=https://a.org/x?sig=**");
  });

  it("are options of the job where a step has a name of its keys", () => {
    const job = "type: pipeline\njobs: {tags: {command: ls}}\n";
    const options = { set: [{ path: "tags.x", value: "1" }] };
    expect(loaded(job, { options }).graph?.tags).toEqual({ x: "1" });
  });
});

describe("--set of an input that a step does not have", () => {
  const text = `type: pipeline
inputs: {rate: 0.1}
jobs:
  a: {command: "echo \${{inputs.n}}", inputs: {n: "\${{parent.inputs.rate}}"}}
`;
  const given = (...options: readonly { readonly path: string; readonly value: string }[]) =>
    loaded(text, { options: { set: options } });

  it("is warned of, with the near name", () => {
    const job = given({ path: "jobs.a.inputs.nn", value: "1" });
    expect(findings(job)).toEqual(["warning unknown_input -"]);
    expect(job.problems[0]?.hint).toBe("Did you mean `n`?");
    const data = given({ path: "jobs.a.inputs.nn.path", value: "https://a.org/x" });
    expect(findings(data)).toEqual(["warning unknown_input -"]);
    expect(findings(given({ path: "inputs.rat", value: "1" }))).toEqual([
      "warning unknown_input -",
    ]);
  });

  it("is fine where another option makes the command use it", () => {
    const input = { path: "jobs.a.inputs.extra", value: "1" };
    const command = { path: "jobs.a.command", value: "echo ${{inputs.extra}}" };
    expect(findings(given(input, command))).toEqual([]);
    expect(findings(given({ path: "inputs.rate", value: "2" }))).toEqual([]);
  });
});

describe("--set of a step that is not there", () => {
  const text = `type: pipeline
jobs:
  train: {command: ls}
  sub: {type: pipeline, jobs: {train: {command: ls}}}
  made: {component: ./made.yml}
`;
  const files = { "made.yml": "type: pipeline\njobs: {train: {command: ls}}\n" };
  const given = (...options: readonly string[]) => {
    const pairs = options.map((one) => one.split(/=(.*)/s));
    const set = pairs.map(([path = "", value = ""]) => ({ path, value }));
    return loaded(text, { files, options: { set } });
  };

  it.each(["jobs.trian.inputs.alpha=3", "jobs.sub.jobs.trian.limits.timeout=3"])(
    "is an error that names the near one: %s",
    (option) => {
      const { problems } = given(option);
      expect(problems).toMatchObject([
        { severity: "error", code: "unknown_node", hint: "Did you mean `train`?" },
      ]);
    },
  );

  it("is fine where it is made: whole, or by its command, its component or its type", () => {
    expect(findings(given("jobs.trian={command: ls}", "jobs.trian.tags.x=1"))).toEqual([]);
    expect(findings(given("jobs.show.tags.x=1", "jobs.show.command=ls"))).toEqual([]);
    expect(findings(given("jobs.sub.jobs.show.command=ls"))).toEqual([]);
  });

  it("is warned of once where it is made field by field, with a name that is almost another's", () => {
    for (const options of [
      ["jobs.trian.command=ls", "jobs.trian.tags.x=1"],
      ["jobs.trian.tags.x=1", "jobs.trian.command=ls"],
    ]) {
      const { graph, problems } = given(...options);
      expect(problems).toMatchObject([
        { severity: "warning", code: "unknown_node", hint: "Did you mean `train`?" },
      ]);
      expect(graph?.steps.map(({ path }) => path)).toContain("trian");
    }
  });

  it("is an error in a component, whose steps stay as they are", () => {
    expect(findings(given("jobs.made.jobs.train.command=pwd"))).toEqual(["error bad_set -"]);
    const job = "type: pipeline\ncomponent: ./made.yml\n";
    const set = [{ path: "jobs.train.command", value: "pwd" }];
    expect(findings(loaded(job, { files, options: { set } }))).toEqual(["error bad_set -"]);
  });
});

describe("--set of an output that a step does not have", () => {
  const text =
    "type: pipeline\njobs: {a: {command: 'ls > ${{outputs.model}}', outputs: {model: }}}";
  const given = (...paths: readonly string[]) =>
    loaded(text, { options: { set: paths.map((path) => ({ path, value: "upload" })) } });

  it("is warned of, with the near name", () => {
    const { problems } = given("jobs.a.outputs.modle.mode");
    expect(problems).toMatchObject([
      { severity: "warning", code: "unknown_output", hint: "Did you mean `model`?" },
    ]);
  });

  it("is fine where it is there, or needs no name", () => {
    expect(findings(given("jobs.a.outputs.model.mode", "jobs.a.outputs.artifacts.mode"))).toEqual(
      [],
    );
  });
});

describe("--set", () => {
  it("changes any field, reading the value as YAML", () => {
    expect(set("name", "yours").graph?.name).toBe("yours");
    expect(set("settings.force_rerun", "True").graph?.forceRerun).toBe(true);
    expect(set("inputs.rate", "010").graph?.inputs.rate?.source).toMatchObject({
      literal: { kind: "integer", text: "8" },
    });
    expect(set("jobs.a.inputs.n", "2.5").graph?.steps[0]?.inputs.n?.source).toMatchObject({
      literal: { text: "2.5" },
    });
    expect(set("tags", "{x: y}").graph?.tags).toEqual({ x: "y" });
    expect(set("jobs.b.depends_on", "[a]").graph?.steps[1]?.dependsOn).toEqual(["a"]);
    expect(set("jobs.c.command", "pwd").graph?.steps.map((one) => one.path)).toEqual([
      "a",
      "b",
      "c",
    ]);
  });

  it("applies several in their order", () => {
    const job = withOptions({
      set: [
        { path: "tags.a", value: "1" },
        { path: "tags.b", value: "2" },
        { path: "tags.a", value: "3" },
      ],
    });
    expect(job.graph?.tags).toEqual({ a: "3", b: "2" });
  });

  it("holds --input to what the job's own file says of the input", () => {
    const job =
      "type: pipeline\ninputs: {n: {type: integer, default: 2, min: 1}, k: {type: string, default: a, enum: [a, b]}}\n" +
      'jobs: {a: {command: "echo ${{inputs.n}}", inputs: {n: "${{parent.inputs.n}}"}}}';
    const codes = (inputs: Record<string, string>): readonly string[] =>
      findings(loaded(job, { options: { inputs } }));
    expect(codes({ n: "3", k: "b" })).toEqual([]);
    expect(codes({ n: "0" })).toEqual(["error out_of_range -"]);
    expect(codes({ n: "x" })).toEqual(["error wrong_type -"]);
    expect(codes({ k: "c" })).toEqual(["error not_in_enum -"]);
  });

  it("checks the result as if it stood in the file, without a place", () => {
    expect(findings(set("jobs.a.inputs.n", "abc"))).toEqual(["error wrong_type -"]);
    const [typo] = set("jobs.aa.inputs.n", "1").problems;
    expect([typo?.message, typo?.hint]).toEqual([
      "--set jobs.aa.inputs.n: there is no step `aa`",
      expect.stringContaining("Did you mean `a`?"),
    ]);
    expect(findings(set("jobs.a.comand", "x"))).toEqual(["error unknown_key -"]);
    expect(findings(set("jobs.a.inputs.d", "${{parent.inputs.rwa}}"))).toEqual([
      "error unknown_input -",
    ]);
  });

  it.each([
    ["jobs.a.limits.timeout", "x"],
    ["jobs.a.limits", "{timeout: x}"],
    ["jobs.b", "{command: 'ls ${{inputs.nothing}}'}"],
    ["jobs.a.inputs.d", "${{parent.jobs.zz.outputs.o}}"],
    ["jobs.a.inputs.d.path", "./nowhere"],
    ["jobs.a.component", "./nowhere.yml"],
    ["jobs.a.properties", "{stepwell.retry: '3'}"],
  ])("of %s names itself where its value %s is wrong", (path, value) => {
    const [problem] = set(path, value).problems.filter((one) => one.severity === "error");
    expect(problem?.message).toMatch(`--set ${path}: `);
    expect(problem?.position).toBeNull();
  });

  it("leaves what stands in the file at its place", () => {
    const job = loaded("type: pipeline\njobs: {a: {command: ls, limits: {timout: 3}}}", {
      options: { set: [{ path: "jobs.a.limits.timeout", value: "3" }] },
    });
    expect(job.problems.map((one) => [one.message.includes("--set"), one.position?.line])).toEqual([
      [false, 2],
    ]);
  });

  it.each(["", ".", "a..b"])("refuses the path %j", (path) => {
    expect(findings(set(path, "1"))).toEqual(["error bad_set -"]);
  });

  it.each(["__proto__.x", "jobs.constructor.comand", "prototype"])(
    "takes %s for a field like any other, and pollutes nothing",
    (path) => {
      expect(findings(set(path, "1"))).not.toContain("error bad_set -");
      expect(({} as { x?: unknown }).x).toBeUndefined();
    },
  );

  it("refuses a value that is not YAML, and an entry that a list does not have", () => {
    expect(findings(set("tags", "{x"))).toEqual(["error bad_set -"]);
    const job = loaded(
      "type: pipeline\njobs: {a: {command: ls}, b: {command: ls, depends_on: [a]}}",
      {
        options: { set: [{ path: "jobs.b.depends_on.4", value: "x" }] },
      },
    );
    expect(findings(job)).toEqual(["error bad_set -"]);
  });

  it("changes an entry of a list", () => {
    const job = loaded(
      "type: pipeline\njobs: {a: {command: ls}, c: {command: ls}, b: {command: ls, depends_on: [a]}}",
      {
        options: { set: [{ path: "jobs.b.depends_on.0", value: "c" }] },
      },
    );
    expect(job.graph?.steps.find((one) => one.path === "b")?.dependsOn).toEqual(["c"]);
  });
});

describe("--input", () => {
  const given = (inputs: Record<string, string>, more: Partial<LoadOptions> = {}) =>
    withOptions({ inputs, ...more });

  it("keeps the kind that the input has", () => {
    const { graph } = given({ rate: "0.2", label: "010", on: "no" });
    const texts = ["rate", "label", "on"].map((name) => graph?.inputs[name]?.source);
    expect(texts).toMatchObject([
      { literal: { kind: "number", text: "0.2" } },
      { literal: { kind: "string", text: "010" } },
      { literal: { kind: "boolean", text: "False" } },
    ]);
  });

  it.each([
    ["{type: number, value: 5}", "5"],
    ["{type: string, default: '5'}", "5"],
    ["{value: 5}", "5"],
    ["{path: ./f.csv}", "f.csv"],
    ["{path: ./data}", "data"],
  ])("that says the same as %s makes the same step", (said, value) => {
    const text = `command: ls \${{inputs.x}}\ninputs: {x: ${said}}`;
    const more = { files: { "f.csv": "" }, folders: ["data"] };
    const [file, option] = [{}, { x: value }].map((inputs) =>
      loaded(text, { ...more, options: { inputs } }),
    );
    expect(option?.problems).toEqual(file?.problems);
    expect(option?.graph?.steps[0]?.inputs).toEqual(file?.graph?.steps[0]?.inputs);
  });

  it("of data of any kind leaves it to what lies there", () => {
    const inner = "type: pipeline\ninputs: {d: {type: path}}\njobs: {a: {command: ls}}";
    const job = loaded("type: pipeline\ncomponent: ./p.yml", {
      files: { "p.yml": inner, "f.csv": "" },
      options: { inputs: { d: "f.csv" } },
    });
    expect([findings(job), job.graph?.inputs.d?.type]).toEqual([[], "uri_file"]);
  });

  it("replaces data, keeping its type and mode; relative paths start where the user stands", () => {
    const { graph } = given({ raw: "data" }, { currentFolder: "/project/sub" });
    expect(graph?.steps[0]?.inputs.d).toMatchObject({
      type: "uri_folder",
      mode: "download",
      source: { reference: { kind: "local", path: "/project/sub/data" } },
    });
    expect(given({ raw: "azureml:x:1" }).graph?.inputs.raw?.source).toMatchObject({
      reference: { kind: "asset", name: "x" },
    });
  });

  it("checks what it is given", () => {
    expect(findings(given({ rate: "much" }))).toEqual(["error wrong_type 7:46"]);
    expect(findings(given({ raw: "./nothing" }))).toEqual(["error missing_path -"]);
    const unknown = given({ rte: "1" });
    expect(findings(unknown)).toEqual(["error unknown_input -"]);
    expect(unknown.problems[0]?.hint).toBe("Did you mean `rate`?");
  });

  it("gives the inputs of a pipeline component by its declaration", () => {
    const inner =
      "type: pipeline\ninputs: {d: {type: uri_folder}, n: {type: integer}, b: {type: boolean}, s: {type: string}}\njobs: {a: {command: ls}}";
    const job = loaded("type: pipeline\ncomponent: ./p.yml", {
      files: { "p.yml": inner },
      folders: ["data"],
      options: { inputs: { d: "./data", n: "3", b: "yes", s: "010" } },
    });
    expect(findings(job)).toEqual([]);
    const text = (name: string) => {
      const source = job.graph?.inputs[name]?.source;
      return source?.kind === "literal" ? source.literal.text : source?.kind;
    };
    expect(["d", "n", "b", "s"].map(text)).toEqual(["data", "3", "True", "010"]);
  });

  it("gives an input of a standalone job", () => {
    const job = loaded("command: ls ${{inputs.x}}\ninputs: {x: }", {
      options: { inputs: { x: "hello" } },
    });
    expect(findings(job)).toEqual([]);
    expect(job.graph?.steps[0]?.inputs.x?.source).toMatchObject({ literal: { text: "hello" } });
    expect(findings(loaded("command: ls ${{inputs.x}}\ninputs: {x: }"))).toEqual([
      "error missing_input 2:10",
    ]);
  });
});

describe("--compute and the default compute", () => {
  it("overrides every compute of the file, also unknown ones", () => {
    const job = withOptions({ compute: "local", knownComputes: (name) => name === "local" });
    expect(findings(job)).toEqual([]);
    expect(job.graph?.steps.map((one) => one.compute)).toEqual(["local", "local"]);
  });

  it("is checked once when it does not exist", () => {
    const job = withOptions({ compute: "nope", knownComputes: () => false });
    expect(findings(job)).toEqual(["error unknown_compute -"]);
  });

  it("takes the workspace's default where the job names none, else `local`", () => {
    expect(withOptions({ defaultCompute: "big" }).graph?.steps.map((one) => one.compute)).toEqual([
      "cpu",
      "big",
    ]);
    expect(withOptions({}).graph?.steps[1]?.compute).toBe("local");
  });
});
