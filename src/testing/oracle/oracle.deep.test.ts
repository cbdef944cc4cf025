// Compares our graphs with what the official SDK serialises, for every job file of a folder. Needs the public examples
// (STEPWELL_EXAMPLES) and a Python with azure-ai-ml 1.35.2 (STEPWELL_ORACLE_PYTHON); skipped aloud without them.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { SPEC_LIMITS } from "../../spec/limits.ts";
import { loadJobLeniently } from "../../spec/load-job.ts";
import { folderReader } from "./folder-reader.ts";
import { normalised, type OracleGraph, type OracleStep } from "./normalise.ts";

const OURS = path.resolve(import.meta.dirname, "../../../examples");
const examples = process.env.STEPWELL_EXAMPLES;
const python = process.env.STEPWELL_ORACLE_PYTHON;

if (python === undefined) {
  describe("the official SDK as an oracle", () => {
    it.skip("SKIPPED: set STEPWELL_ORACLE_PYTHON (and STEPWELL_EXAMPLES) to compare with the official SDK", () => {});
  });
} else {
  const own = jobFiles(OURS).filter((file) => path.basename(file) === "pipeline.yml");
  const others = examples === undefined ? [] : jobFiles(examples);
  const official = dump(python, [...own, ...others]);
  describe("our examples", () => {
    for (const file of own)
      it(`${path.relative(OURS, file)} is loaded by the SDK, or says that it is Stepwell only`, () => {
        const isOurs = /^# Stepwell only: /m.test(readFileSync(file, "utf8"));
        expect(official.get(file)?.graph === null).toBe(isOurs);
      });
  });
  describe("every job file that the official SDK loads gives the same graph here", () => {
    it.skipIf(examples === undefined)("finds job files, and the SDK loads most of them", () => {
      expect(others.length).toBeGreaterThan(0);
      const loaded = others.filter((file) => official.get(file)?.graph !== null);
      expect(loaded.length).toBeGreaterThan(others.length / 2);
    });
    for (const file of [...own, ...others]) {
      const one = official.get(file);
      const name = path.relative(examples ?? OURS, file);
      it.skipIf(one?.graph === null)(name, () => {
        const { graph, problems } = loadJobLeniently({
          file,
          set: [],
          inputs: {},
          compute: null,
          reader: folderReader,
          knownComputes: null,
          limits: SPEC_LIMITS,
        });
        // What the examples lack here.
        const lacking = new Set(["missing_path", "unknown_component", "missing_input"]);
        const errors = problems.filter((problem) => problem.severity === "error");
        expect(errors.filter((problem) => !lacking.has(problem.code))).toEqual([]);
        expect(graph).not.toBeNull();
        const keeps = problems.some((problem) => problem.code === "dropped_by_azure");
        if (graph !== null && one?.graph) compare(normalised(graph), one.graph, keeps);
      });
    }
  });
}

/**
 * What nobody set is written by one side and left out by the other; modes are compared where the SDK has one. `keeps`: a
 * warning says that we have variables which the SDK drops.
 */
function compare(ours: OracleGraph, official: OracleGraph, keeps: boolean): void {
  expect(ours.outputs).toEqual(official.outputs);
  const read = Object.values(ours.steps).flatMap((step) => Object.values(step.inputs));
  expect(Object.keys(ours.steps).sort()).toEqual(Object.keys(official.steps).sort());
  for (const [path, step] of Object.entries(official.steps)) {
    const mine = ours.steps[path];
    expect(comparable(mine), path).toEqual(comparable(step));
    expect(mine?.environmentVariables, path).toMatchObject(step.environmentVariables ?? {});
    if (!keeps) expect(mine?.environmentVariables, path).toEqual(step.environmentVariables);
    expect(mine?.outputs, path).toMatchObject(step.outputs);
    for (const name of Object.keys(mine?.outputs ?? {})) {
      if (Object.hasOwn(step.outputs, name)) continue;
      expect(read, `${path}: an output that only we have must be read by somebody`).toContain(
        `step ${path}:${name}`,
      );
    }
    expect(mine?.inputModes, path).toMatchObject(step.inputModes);
  }
}

function comparable(step: OracleStep | undefined): unknown {
  const apart = { inputModes: null, outputs: null, environmentVariables: null };
  return { ...step, inputs: set(step?.inputs), ...apart };
}

function set(inputs: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs ?? {}).filter(([, text]) => text !== "unset"));
}

interface Dumped {
  readonly file: string;
  readonly graph: OracleGraph | null;
  readonly error: string | null;
}

function dump(command: string, input: readonly string[]): ReadonlyMap<string, Dumped> {
  const script = path.join(import.meta.dirname, "dump.py");
  const ran = spawnSync(command, [script], {
    input: input.join("\n"),
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (ran.status !== 0) throw new Error(`the oracle failed: ${ran.stderr.slice(-2_000)}`);
  const lines = ran.stdout.split("\n").filter((line) => line.startsWith("{"));
  return new Map(
    lines.map((line) => {
      const one = JSON.parse(line) as Dumped;
      return [one.file, one];
    }),
  );
}

function jobFiles(folder: string): readonly string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.ya?ml$/.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    const text = readFileSync(file, "utf8");
    const isJob = /(?:pipelineJob|commandJob)\.schema|^type: *pipeline/m.test(text);
    if (isJob && !/Component\.schema|Deployment\.schema/.test(text)) found.push(file);
  }
  return found.sort();
}
