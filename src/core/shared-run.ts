// A run as it is shared with other workspaces: its plan and the results that it made itself, plain data with a name of its
// own. What only its machine knows (processes, logs, variables) stays there. Pure.

import { canonicalJson } from "./canonical-json.ts";
import { digest } from "./digest.ts";
import type { ReadInput, ResultReference, RunEvent } from "./event.ts";
import { fingerprint, type PreImage, staticId } from "./fingerprint.ts";
import { idsOf, type OutputRecord, recordedOutputs, type StepResult } from "./output.ts";

export const SHARED_FORMAT = 1;

export interface SharedRun {
  readonly format: typeof SHARED_FORMAT;
  readonly run: {
    readonly name: string;
    readonly pipeline: string;
    readonly experiment: string;
    readonly displayName: string | null;
    readonly description: string | null;
    readonly tags: Readonly<Record<string, string>>;
    readonly status: "Completed" | "Failed" | "Canceled";
    readonly createdAt: number;
    readonly endedAt: number;
    /** As of `RunOrigin`. */
    readonly origin: unknown;
  };
  /** The plan's document and all that it refers to, by id. */
  readonly planId: string;
  readonly documents: Readonly<Record<string, string>>;
  readonly steps: number;
  readonly results: readonly SharedResult[];
}

export interface SharedResult {
  readonly step: number;
  readonly path: string;
  readonly fingerprint: string;
  readonly staticId: string;
  readonly finishedAt: number;
  readonly durationMs: number;
  readonly preImage: PreImage;
  readonly result: StepResult;
}

/** The name of a shared run: of its very content. */
export function sharedRunId(body: string): string {
  return digest(body).slice("sha256:".length);
}

/** What somebody else wrote, or why it cannot be that. */
export function readSharedRun(body: string): SharedRun | { readonly mistake: string } {
  let shared: SharedRun;
  try {
    shared = JSON.parse(body) as SharedRun;
  } catch {
    return { mistake: "it is not JSON" };
  }
  if (shared?.format !== SHARED_FORMAT) return { mistake: "it has another format" };
  const { run, documents, results, steps } = shared;
  if (!isText(run?.name) || !isText(shared.planId) || !Array.isArray(results))
    return { mistake: "a part of it is missing" };
  if (!Number.isSafeInteger(steps) || steps < 1 || documents?.[shared.planId] === undefined)
    return { mistake: "its plan is missing" };
  for (const one of results) {
    if (!Number.isSafeInteger(one?.step) || one.step < 0 || one.step >= steps)
      return { mistake: "a result is of no step" };
    // A fingerprint is the digest of its pre-image: nobody passes a result off as that of other work.
    if (fingerprintOf(one.preImage) !== one.fingerprint)
      return { mistake: `the fingerprint of ${one.path} is not that of what it did` };
    const outputs: readonly Partial<OutputRecord>[] = Object.values(one.result?.outputs ?? {});
    for (const output of outputs)
      if (!/^sha256:[0-9a-f]{64}$/.test(output.id ?? ""))
        return { mistake: "an output has no content id" };
  }
  return shared;
}

function fingerprintOf(image: PreImage | undefined): string | null {
  if (image?.node === undefined || image.moment?.contents === undefined) return null;
  const node = digest(canonicalJson(image.node));
  return fingerprint(staticId(node, image.moment), image.moment.contents);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** The events of a run that is told by its results alone; `name` is what it is called here. */
export function eventsOf(
  shared: SharedRun,
  name: string,
  place: (result: SharedResult, output: string, record: OutputRecord) => string,
): readonly RunEvent[] {
  const { run, results, steps } = shared;
  const made = new Set(results.map((one) => one.step));
  const makers = makersIn(results, name);
  const others = Array.from({ length: steps }, (_, index) => index).filter(
    (index) => !made.has(index),
  );
  return [
    { kind: "run_started", at: run.createdAt },
    ...results.map((one): RunEvent => {
      const { step, path, fingerprint, staticId, durationMs, finishedAt: at } = one;
      const result = withPlaces(one, place);
      const inputs = inputsOf(makers, one);
      const facts = { path, fingerprint, staticId, durationMs, result, inputs };
      return { kind: "step_completed", at, step, ...facts };
    }),
    ...(others.length === 0
      ? []
      : [{ kind: "steps_skipped", at: run.endedAt, steps: others } as const]),
    { kind: "run_ended", at: run.endedAt, status: run.status, error: null },
  ];
}

/** Numbers of the events that hold results: `run_started` is the first. */
const FIRST_RESULT = 2;

interface Maker {
  readonly step: number;
  readonly from: ResultReference & { readonly output: string };
}

/** By the id of what they made, in the order of the results. */
type Makers = ReadonlyMap<string, readonly Maker[]>;

function makersIn(results: readonly SharedResult[], run: string): Makers {
  const makers = new Map<string, Maker[]>();
  for (const [index, { step, result }] of results.entries())
    for (const [output, record] of recordedOutputs(result))
      for (const id of idsOf(record)) {
        const maker = { step, from: { run, seq: index + FIRST_RESULT, output } };
        const others = makers.get(id);
        if (others === undefined) makers.set(id, [maker]);
        else others.push(maker);
      }
  return makers;
}

/** Whose outputs it read, as far as the bytes tell; the names of other data stay in the workspace that had them. */
function inputsOf(
  makers: Makers,
  { preImage, step }: SharedResult,
): Readonly<Record<string, ReadInput>> {
  const inputs = Object.entries(preImage.moment.contents).map(([port, [id]]) => {
    const maker = makers.get(id)?.find((other) => other.step !== step);
    const read: ReadInput =
      maker === undefined ? { id, written: null, asset: null } : { id, from: maker.from };
    return [port, read] as const;
  });
  return Object.fromEntries(inputs);
}

function withPlaces(shared: SharedResult, place: Parameters<typeof eventsOf>[2]): StepResult {
  const { result } = shared;
  const moved = (name: string, record: OutputRecord): OutputRecord => ({
    ...record,
    path: place(shared, name, record),
    seal: "",
    shared: true,
  });
  const outputs = Object.entries(result.outputs).map(([name, record]) => [
    name,
    moved(name, record),
  ]);
  // What it read beside its inputs lay on another machine: nobody can look whether it is still the same.
  const { undeclared: _, ...rest } = result;
  return {
    ...rest,
    outputs: Object.fromEntries(outputs),
    artifacts: result.artifacts === null ? null : moved("artifacts", result.artifacts),
  };
}
