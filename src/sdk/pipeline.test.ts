import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { command } from "./command.ts";
import { sh } from "./command-text.ts";
import { pipeline } from "./pipeline.ts";
import { PIPELINE } from "./pipeline-parts.ts";
import { input } from "./ports.ts";

const say = command({ name: "say", run: "date" });

describe("a pipeline in a pipeline", () => {
  it("has its renamed steps told as well, once", () => {
    const inner = pipeline({ name: "inner" }, () => {
      say();
      say();
    });
    const outer = pipeline({ name: "outer" }, () => {
      inner({}, { name: "left" });
      inner({}, { name: "right" });
    });
    const { remarks } = outer[PIPELINE].write(new Map(), "/pipeline.ts");
    expect(remarks.map(({ message, origin }) => [message, origin()?.line])).toEqual([
      [expect.stringContaining("a second call of `say` is called `say_2`"), 15],
    ]);
  });
});

describe("a call", () => {
  const head = command({
    name: "head",
    inputs: { k: input.number({ default: 3 }), t: input.string({ default: "x" }) },
    run: ({ inputs }) => sh`echo ${inputs.k} ${inputs.t}`,
    limits: { timeout: 5 },
  });
  const written = (body: () => void): string =>
    pipeline({ name: "p" }, body)[PIPELINE].write(new Map(), "/pipeline.ts").text;

  it("is the same with a default and with that value given", () => {
    expect(written(() => void head())).toBe(written(() => void head({ k: 3, t: "x" })));
  });

  it("keeps what the definition says where a setting is undefined", () => {
    expect(written(() => void head({}, { limits: undefined } as never))).toContain('"timeout":5');
  });

  it("has the variables of its definition on the node in exported YAML: Azure ML's client reads none of components", () => {
    const env = command({ name: "env", run: "env", environment_variables: { A: "1", B: "2" } });
    const inner = pipeline({ name: "inner" }, () => void env());
    const outer = pipeline({ name: "outer" }, () => {
      env({}, { environment_variables: { B: "3" } });
      inner({});
    });
    const yaml = outer[PIPELINE].yaml(new Map(), "/");
    const { jobs } = load(yaml) as { jobs: Record<string, Record<string, unknown>> };
    const node = (variables: object) => ({
      component: { type: "command", name: "env", command: "env" },
      environment_variables: variables,
    });
    expect(jobs.env).toEqual(node({ A: "1", B: "3" }));
    expect(jobs.inner?.component).toMatchObject({ jobs: { env: node({ A: "1", B: "2" }) } });
  });

  it("takes no text for a binding", () => {
    expect(() => written(() => void head({ t: "${{parent.inputs.q}}" }))).toThrow(
      /takes for a binding/,
    );
  });
});

describe("an option of another kind, where no compiler has looked", () => {
  it("is refused with the kind that it has, before anything is recorded", () => {
    const p = pipeline({ name: "p" }, () => void say());
    const told = (options: object) => {
      try {
        p.submit(options as never);
      } catch (error) {
        return (error as Error).message.replace(/^.*?:\d+:\d+: /, "");
      }
      return null;
    };
    expect(told({ tags: { team: 5 } })).toBe(
      'submit(): `tags` is the number 5 for team\n  give { NAME: "TEXT" }',
    );
    expect(told({ env: ["A"] })).toMatch(/`env` is a list/);
    expect(told({ force: "say" })).toMatch(/`force` is the text "say"\n.*true, or \["STEP", …\]/);
    for (const wrong of [
      { name: 5 },
      { experiment: 5 },
      { compute: 5 },
      { signal: 5 },
      { workspace: 5 },
      { inputs: null },
      { detach: "x" },
    ])
      expect(told(wrong)).toMatch(/^submit\(\): `\w+` is .*\n {2}give /);
  });
});

describe("what nobody knows", () => {
  it("is refused with the nearest name, in a pipeline and where it is run", () => {
    const define = (more: object) => pipeline({ name: "p", ...more }, () => void say());
    expect(() => define({ continue_on_step_failur: true })).toThrow(
      /Did you mean `continue_on_step_failure`/,
    );
    expect(() => define({}).submit({ input: {} } as never)).toThrow(
      /no setting `input`.*\n.*`inputs`/,
    );
    expect(() => define({}).plan({ experiment: "x" } as never)).toThrow(
      /plan\(\): there is no setting/,
    );
  });
});
