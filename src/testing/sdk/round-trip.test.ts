import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeId } from "../../core/fingerprint.ts";
import { checkCommands } from "../../operations/definitions/check-commands.ts";
import { createFieldPlaces } from "../../operations/definitions/field-places.ts";
import { asRead } from "../../operations/definitions/read-module.ts";
import { command, type InputPort, input, type Pipeline, pipeline } from "../../sdk/index.ts";
import type { PipelineParts } from "../../sdk/pipeline-parts.ts";
import type { Graph } from "../../spec/graph.ts";
import { SPEC_LIMITS } from "../../spec/limits.ts";
import { loadJob } from "../../spec/load-job.ts";
import type { SpecReader } from "../../spec/reader.ts";
import { type Generated, generatePipeline, VALUES } from "./generated-pipeline.ts";

// A pipeline of code, read as the job that its module gives and as the YAML that is exported, is the same graph with the same
// identities. STEPWELL_SEED replays, STEPWELL_PIPELINES asks for more.

const PIPELINES = Number(process.env.STEPWELL_PIPELINES ?? 1_000);
const SEED = Number(process.env.STEPWELL_SEED ?? Date.now() % 1_000_000);

/** Beside the code that calls the SDK. */
const MODULE = path.join(import.meta.dirname, "pipeline.ts");
const YAML = path.join(import.meta.dirname, "pipeline.yml");
const YAML_ELSEWHERE = "/exported/to a folder/pipeline.yml";

const NONE = [null, null, null];

interface Read {
  readonly graph: unknown;
  readonly identities: readonly string[];
  readonly problems: readonly string[];
}

/** Everything that a path names is there. */
function readerOf(texts: Readonly<Record<string, string>>): SpecReader {
  return {
    readText(at) {
      const text = at.endsWith("/requirements.txt") ? "pandas\n" : texts[at];
      return text === undefined ? { ok: false, reason: "no such file" } : { ok: true, text };
    },
    kind: (at) => (at in texts ? "file" : "folder"),
    component: () => null,
  };
}

function read(file: string, reader: SpecReader, { inputs }: Generated): Read {
  const { graph, problems } = loadJob({
    file,
    inputs,
    set: [],
    compute: null,
    reader,
    knownComputes: null,
    limits: SPEC_LIMITS,
  });
  const all = [...problems, ...(graph === null ? [] : checkCommands(graph, createFieldPlaces({})))];
  return {
    graph: graph === null ? null : withoutPlaces(graph),
    identities: graph?.steps.map(nodeId) ?? [],
    // A component that is written once is called wrong once: as YAML, at each of its calls.
    problems: [...new Set(all.map(({ position: _, ...said }) => JSON.stringify(said)))].sort(),
  };
}

/** Without where things stand; of definition files each form has its own. */
function withoutPlaces(graph: Graph): unknown {
  return JSON.parse(
    JSON.stringify(graph, (key, value) =>
      key === "position" || key === "definitionFiles" ? undefined : value,
    ),
  );
}

/** As its module gives it, and as YAML that lies here and there. */
function allWays(generated: Generated): readonly [job: Read, yaml: Read, elsewhere: Read] {
  const parts = (generated.pipeline as unknown as Record<symbol, PipelineParts>)[
    Symbol.for("stepwell.pipeline")
  ] as PipelineParts;
  const folders = new Map(parts.functions.map((one) => [one, `/functions/${one.name}`]));
  const job = parts.write(folders, MODULE);
  const components = [...job.components].map(([at, { text }]) => ({
    path: at,
    text,
    position: null,
  }));
  const report = { pipeline: parts.name, text: job.text, lines: null, components, problems: [] };
  const ofJob = asRead(MODULE, report).reader(readerOf({}));
  const asYaml = (file: string): Read => {
    const yaml = parts.yaml(folders, path.dirname(file));
    return read(file, readerOf({ [file]: yaml }), generated);
  };
  return [read(MODULE, ofJob, generated), asYaml(YAML), asYaml(YAML_ELSEWHERE)];
}

describe(`${PIPELINES} pipelines made by chance, seed ${SEED}`, () => {
  it("are the same graph as code and as YAML, without errors", () => {
    fc.assert(
      fc.property(fc.gen(), (draw) => {
        const [ofJob, ofYaml, ofYamlElsewhere] = allWays(generatePipeline(draw));
        expect(ofYaml).toEqual(ofJob);
        expect(ofYamlElsewhere).toEqual(ofJob);
        expect(ofJob.problems.filter((one) => one.includes('"severity":"error"'))).toEqual([]);
        expect(ofJob.graph).not.toBeNull();
      }),
      { numRuns: PIPELINES, seed: SEED, interruptAfterTimeLimit: 50_000 },
    );
  });
});

/** What the step `one` gets for an input, a variable and the default of an input, by all ways. */
function received(value: unknown, declare: () => InputPort): readonly unknown[] {
  const one = command({
    name: "one",
    inputs: {
      given: declare(),
      own: { ...declare(), presence: "default", fields: { default: value } },
    },
    environment_variables: { V: value as string },
    run: "env",
  });
  const made = pipeline({ name: "p" }, () => {
    one({ given: value } as never);
  });
  const all = allWays({ pipeline: made as unknown as Pipeline, inputs: {} });
  return all.map(({ graph, problems }) => {
    const [step] = (graph as Graph).steps;
    const texts = Object.values(step?.inputs ?? {}).map(({ source }) =>
      source.kind === "literal" ? source.literal : source,
    );
    return [
      ...texts,
      step?.environmentVariables.V,
      problems.filter((said) => said.includes("error")),
    ];
  });
}

describe("a value in code", () => {
  it("is the same value for the step, whatever YAML would make of it", () => {
    fc.assert(
      fc.property(VALUES.string, (text) => {
        const same = { kind: "string", text };
        expect(received(text, input.string)).toEqual(Array(3).fill([same, same, text, []]));
      }),
      { numRuns: PIPELINES, seed: SEED },
    );
    fc.assert(
      fc.property(fc.oneof(VALUES.number, VALUES.integer), (number) => {
        const seen = received(number, input.number).flat() as { readonly text: string }[];
        const numbers = seen.flatMap((one) =>
          typeof one === "object" && "text" in one ? [Number(one.text)] : [],
        );
        expect(numbers).toEqual(Array(6).fill(number === 0 ? 0 : number));
      }),
      { numRuns: PIPELINES, seed: SEED },
    );
    const yes = { kind: "boolean", text: "True" };
    expect(received(true, input.boolean)).toEqual(Array(3).fill([yes, yes, "True", []]));
  });

  it("that no program can receive is an error, not another value", () => {
    for (const text of ["a\0b", "\0number 1.0e-7", 'a"\0number 5'])
      for (const more of [0, 1e-7]) {
        const one = command({
          name: "one",
          inputs: { a: input.string(), n: input.number() },
          run: "env",
        });
        const made = pipeline({ name: "p" }, () => {
          one({ a: text, n: more });
        });
        const all = allWays({ pipeline: made as unknown as Pipeline, inputs: {} });
        expect([text, more, ...all.map((one) => one.graph)]).toEqual([text, more, ...NONE]);
      }
  });
});
