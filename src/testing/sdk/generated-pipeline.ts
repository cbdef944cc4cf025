// Pipelines as anybody may write them with the SDK, made by chance: ports of every type, values that YAML gets wrong when
// they are not quoted, nested pipelines, order, settings. All of them are valid.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import {
  type Component,
  command,
  type InputPort,
  type InputPorts,
  input,
  notebook,
  type OutputPorts,
  output,
  type Pipeline,
  pipeline,
  python,
  type Reference,
  type Step,
  script,
  sequence,
  sh,
  step,
  together,
} from "../../sdk/index.ts";

/** Draws a value; a failing test is shrunk by what was drawn. */
export type Draw = fc.GeneratorValue;

const NASTY_TEXTS = [
  ..."1 1.0 1e5 1e-7 0x1f 010 0o7 1_000 1:20 190:20:30 .5 .inf -.INF .nan ~ null Null NULL true False yes No on OFF y n".split(
    " ",
  ),
  ..."2024-01-31 2024-01-31T10:00:00Z <<  = - ? : , [ ] { } & * ! | > % @ ` ' \" # \\ a:b a: :a #a - -a --- ...".split(
    " ",
  ),
  ..."&a *a !a !!int @a %a a#b 1e21 +1 -0 0.1 12345678901234567890 é 日本語 🙂 e\u0301 \u00a0 \u2028 \ufeff".split(
    " ",
  ),
  ...[
    "a: b",
    "a # b",
    " a",
    "a ",
    "it's",
    'say "x"',
    "$HOME",
    "$(x)",
    "`x`",
    "\t",
    "a\tb",
    "- a",
    "? a",
    "{a}",
    "[a]",
  ],
  ...[
    "a\nb",
    "a\n",
    "\na",
    "a\n\n",
    "a\n  b\n",
    "  a\nb",
    "\n",
    "a\r\nb",
    "a\\nb",
    "#a\nb: c\n",
    "a \nb",
    "\u0085",
    "\x7f",
    "\x1b[0m",
  ],
  ...["x".repeat(130), `${"word ".repeat(40)}end`, `${"word ".repeat(40)}\n# no comment\n`],
];
const NUMBERS = [
  0, -0, 1, -1, 0.1, -0.1, 1e-7, 1.5e-7, -1e-7, 1e21, 1.25e22, 5e-324, 1e15, 1e16, 123456.789,
];
const INTEGERS = [0, 1, -1, 7, 2 ** 31, 2 ** 53, -(2 ** 53), 1e20];

const text = fc.oneof(
  fc.constantFrom(...NASTY_TEXTS),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(..."ab :#'\"\\\n-?{}[],&*!|>%@`=~01.e+_"), maxLength: 12 }),
);
const number = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const integer = fc.oneof(fc.constantFrom(...INTEGERS), fc.integer());
export const VALUES = { string: text, number, integer, boolean: fc.boolean() } as const;
type ValueType = keyof typeof VALUES;

const place = fc.constantFrom(
  ..."./data ../other/data /data/x ./it's ./a#b ./a:b azureml:taxi:1 azureml:taxi@latest https://example.org/a.csv?b=1#c azureml://datastores/store/paths/a/b".split(
    " ",
  ),
  "./with space",
  "./データ/é: x",
  "/data/- x",
);
const mode = fc.constantFrom("ro_mount", "download", "direct" as const);
const MAY_FEED: Readonly<Record<string, readonly string[]>> = {
  uri_file: ["uri_file", "custom_model"],
  uri_folder: ["uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model"],
  custom_model: ["uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model"],
  number: ["number", "integer"],
  string: ["string"],
};

const half = (draw: Draw): boolean => draw(fc.boolean);
const one = <T>(draw: Draw, from: readonly T[]): T =>
  from[draw(fc.nat, { max: from.length - 1 })] as T;
const any = <T>(draw: Draw, from: fc.Arbitrary<T>): T => draw(() => from);
const some = <T>(draw: Draw, from: readonly T[]): T[] => from.filter(() => half(draw));

interface Source {
  readonly type: string;
  readonly reference: Reference;
  readonly isOptional: boolean;
}

export interface Generated {
  readonly pipeline: Pipeline;
  /** For inputs that must be given. */
  readonly inputs: Readonly<Record<string, string>>;
}

export function generatePipeline(draw: Draw): Generated {
  const made = makePipeline(draw, 2, "taxi");
  const inputs = Object.entries(made.ports).flatMap(([name, port]) => {
    if (port.presence !== "given") return [];
    return [[name, port.type in VALUES ? String(valueFor(draw, port)) : "/data/given"] as const];
  });
  return { pipeline: made.called as unknown as Pipeline, inputs: Object.fromEntries(inputs) };
}

const ENVIRONMENTS = [
  python("3.11", ["pandas==2.2.*"]),
  { requirements: "./requirements.txt" },
  { project: "../project" },
  "azureml:curated@latest",
];
const KEPT = [{ name: "kept" }, { path: "./kept/${{name}}" }, { path: "/mnt/kept" }];

interface Made {
  readonly ports: InputPorts;
  readonly called: Component;
}

function makePorts(draw: Draw): InputPorts {
  const names = some(draw, ["raw", "n", "x_1", "Y", "yes", "null", "on", "1", "with_a_long_name"]);
  return Object.fromEntries(names.slice(0, 4).map((name) => [name, makePort(draw)]));
}

function makePort(draw: Draw): InputPort {
  const described = half(draw) ? { description: any(draw, text) } : {};
  const presence = one(draw, ["given", "default", "optional"]);
  const optional = presence === "optional" ? { optional: true } : {};
  if (half(draw)) {
    const kind = one(draw, ["folder", "file", "table", "model", "mlflowModel"] as const);
    const path = presence === "default" ? { path: any(draw, place) } : {};
    const moded = half(draw) ? { mode: any(draw, mode) } : {};
    return input[kind]({ ...described, ...optional, ...path, ...moded });
  }
  const type = one(draw, ["string", "number", "integer", "boolean"] as const);
  const value = any(draw, VALUES[type] as fc.Arbitrary<unknown>);
  const given = presence === "default" ? { default: value } : {};
  const listed = type === "string" && half(draw) ? { enum: [value, any(draw, text)] } : {};
  const declare = input[type] as (settings: object) => InputPort;
  return declare({ ...described, ...optional, ...given, ...listed });
}

function makeOutputs(draw: Draw): OutputPorts {
  const names = some(draw, ["clean", "model", "no", "out_2"]).slice(0, 2);
  const kinds = ["folder", "file", "table", "model", "mlflowModel"] as const;
  return Object.fromEntries(
    names.map((name) => {
      const described = half(draw) ? { description: any(draw, text) } : {};
      return [name, output[one(draw, kinds)](described)];
    }),
  );
}

function settingsOf(draw: Draw): object {
  const all = {
    display_name: any(draw, text),
    description: any(draw, text),
    tags: { team: any(draw, text), count: any(draw, number), yes: half(draw) },
    environment_variables: { A: any(draw, text), B: any(draw, integer), C: half(draw) },
    resources: {
      cpus: 1 + draw(fc.nat, { max: 3 }),
      memory: one(draw, ["4GB", "512MiB", "1073741824"]),
    },
    limits: { timeout: 1 + draw(fc.nat, { max: 100 }) },
    retry: {
      max_retries: draw(fc.nat, { max: 3 }),
      delay: one(draw, ["30s", "1h", 5]),
      on: ["lost"],
    },
    reuse: one(draw, ["auto", "never", { max_age: "12h" }]),
    checkpoint: one(draw, [true, { keep: true }]),
    trace: half(draw),
  };
  return Object.fromEntries(Object.entries(all).filter(() => draw(fc.nat, { max: 3 }) === 0));
}

/** Scripts must be there when they are named. */
const FILES = path.join(os.tmpdir(), "stepwell-generated");
fs.mkdirSync(FILES, { recursive: true });
for (const name of ["train it.py", "look.ipynb"]) fs.writeFileSync(path.join(FILES, name), "");

function makeStep(draw: Draw, name: string): Made {
  const inputs = makePorts(draw);
  const outputs = makeOutputs(draw);
  const settings = { name, inputs, outputs, ...settingsOf(draw) };
  const environment = half(draw) ? { environment: one(draw, ENVIRONMENTS) } : {};
  const kind = one(draw, ["command", "text", "script", "notebook", "step"]);
  return { ports: inputs, called: called() as unknown as Component };

  function called(): unknown {
    if (kind === "script")
      return script({ ...settings, ...environment, file: path.join(FILES, "train it.py") });
    if (kind === "notebook")
      return notebook({ ...settings, file: path.join(FILES, "look.ipynb"), ...environment });
    if (kind === "step") return step({ ...settings, run() {} });
    const code = half(draw) ? { code: one(draw, ["./src", ".", "../it's: #1"]) } : {};
    const includes = half(draw) ? { additional_includes: ["./shared", "/opt/tools"] } : {};
    const more = { ...settings, ...environment, ...code, ...includes };
    if (kind === "text") return command({ ...more, run: `python a.py\n# ${name}\necho "a: b" ` });
    return command({
      ...more,
      run: (ports) => {
        const words = [any(draw, text), any(draw, number), half(draw)];
        const needed = Object.entries(ports.inputs).filter(
          ([key]) => inputs[key]?.presence !== "unset",
        );
        const optional = Object.entries(ports.inputs).filter(
          ([key]) => inputs[key]?.presence === "unset",
        );
        const groups = optional.map(([key, value]) => sh`$[[--${key} ${value}]]`);
        return sh`run ${words} ${[...needed.map(([, value]) => value), ...groups, ...Object.values(ports.outputs)]}`;
      },
    });
  }
}

function makePipeline(draw: Draw, depth: number, name: string): Made {
  const ports = makePorts(draw);
  const pool: Made[] = [makeStep(draw, "prep"), makeStep(draw, "on")];
  if (depth > 0 && half(draw)) pool.push(makePipeline(draw, depth - 1, `inner_${depth}`));
  const isTop = depth === 2;
  const head = isTop
    ? {
        description: any(draw, text),
        tags: { a: any(draw, text) },
        continue_on_step_failure: half(draw),
      }
    : {};
  const called = pipeline({ name, inputs: ports, ...head }, ({ inputs }) => {
    const sources = Object.entries(inputs).map(([key, reference]): Source => {
      const port = ports[key] as InputPort;
      return { type: port.type, reference, isOptional: port.presence === "unset" };
    });
    const steps: Step[] = [];
    const results: Record<string, Reference> = {};
    const count = 1 + draw(fc.nat, { max: 4 });
    for (let index = 0; index < count; index += 1)
      steps.push(makeCall(draw, one(draw, pool), { sources, steps, index, isTop }));
    order(draw, steps);
    for (const [index, { reference }] of some(draw, sources).entries())
      if (reference.target.kind === "output") results[`result_${index}`] = reference;
    return results as Record<string, never>;
  });
  return { ports, called: called as unknown as Component };
}

interface Around {
  readonly sources: Source[];
  readonly steps: readonly Step[];
  readonly index: number;
  readonly isTop: boolean;
}

function makeCall(
  draw: Draw,
  { ports, called }: Made,
  { sources, steps, index, isTop }: Around,
): Step {
  const given = Object.entries(ports).flatMap(([name, port]) => {
    if (port.presence !== "given" && half(draw)) return [];
    return [[name, givenValue(draw, port, sources)] as const];
  });
  const isPipeline = "toYaml" in called;
  const settings = {
    ...(half(draw) ? { name: `call_${index}` } : {}),
    ...(half(draw) ? { after: some(draw, steps) } : {}),
    ...(isPipeline ? {} : settingsOf(draw)),
    ...(isTop && !isPipeline && half(draw)
      ? {
          outputs: Object.fromEntries(
            Object.keys(called.definition.outputs).map((key) => [key, one(draw, KEPT)]),
          ),
        }
      : {}),
  };
  const made = called(Object.fromEntries(given) as never, settings as never);
  for (const [name, { type }] of Object.entries(called.definition.outputs))
    sources.push({ type, reference: made.outputs[name] as Reference, isOptional: false });
  return made;
}

function givenValue(draw: Draw, port: InputPort, sources: readonly Source[]): unknown {
  const feeds = MAY_FEED[port.type] ?? [port.type];
  const fitting = sources.filter(
    ({ type, isOptional }) => feeds.includes(type) && (!isOptional || port.presence === "unset"),
  );
  const isListed = port.fields.enum !== undefined;
  if (fitting.length > 0 && !isListed && half(draw)) return one(draw, fitting).reference;
  if (port.type in VALUES) return valueFor(draw, port);
  return half(draw) ? any(draw, place) : { path: any(draw, place), mode: any(draw, mode) };
}

function valueFor(draw: Draw, port: InputPort): unknown {
  const listed = port.fields.enum as readonly unknown[] | undefined;
  if (listed !== undefined) return one(draw, listed);
  return any(draw, VALUES[port.type as ValueType] as fc.Arbitrary<unknown>);
}

/** Later steps after earlier ones: data flows in the same direction, so that there is no cycle. */
function order(draw: Draw, steps: readonly Step[]): void {
  if (half(draw)) sequence(...some(draw, steps));
  const at = draw(fc.nat, { max: steps.length });
  const [first, last] = [some(draw, steps.slice(0, at)), some(draw, steps.slice(at))];
  if (first.length > 0 && last.length > 0) sequence(together(...first), sequence(...last));
}
