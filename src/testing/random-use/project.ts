// A random project: a pipeline with settings of many kinds, its code and its data, as plain data that can be edited and copied.
// Knows nothing of how it is written down, nor of what its steps make.

import type { Chance } from "../simulation/chance.ts";
import type { Reference, Registry, Way } from "./registry.ts";
import type { Language } from "./step-programs.ts";

export interface Code {
  readonly language: Language;
  k: number;
  comment: number;
  helper: number;
}

export type OutputName = "o" | "f";

/** What a step reads: an output of an earlier step (by its place), a file or a folder of the project. */
export type Source =
  | { readonly step: number; readonly output: OutputName }
  | { readonly file: number; way: Way }
  | { readonly folder: number; way: Way };

/** What happens to the first attempt of a step run. */
export type Trouble = "none" | "flaky" | "stalls";
/** A time: of how old a result it takes. */
export type Reuse = "auto" | "never" | "1d" | "10s";

export interface Step {
  name: string;
  readonly code: number;
  readonly form: "inline" | "component";
  /** How its component is named. */
  way: Reference | null;
  /** The nested pipeline that it is a node of. */
  readonly group: string | null;
  readonly sources: readonly Source[];
  /** A step of the same pipeline that it waits for, without reading from it. */
  readonly after: number | null;
  /** Its output is registered as data of this name. */
  readonly registers: string | null;
  /** Copies of its outputs go to places of the user's: to one of each run, or to the same each time. */
  publishes: "of run" | "fixed" | null;
  parameter: number | string;
  variable: number;
  /** Of the optional input; components alone have one. */
  optional: string | null;
  readonly readsLevel: boolean;
  /** Its output has one of three values: other work often makes the same bytes. */
  readonly isNarrow: boolean;
  /** It has the output folder `f` beside the file `o`. */
  readonly hasFolder: boolean;
  readonly trouble: Trouble;
  retries: number;
  readonly isDeterministic: boolean;
  reuse: Reuse;
  checkpoint: "none" | "while" | "keep";
  /** It runs in the project's virtual environment, and uses the package there. */
  readonly usesPackage: boolean;
  /** Processes of the step. */
  readonly ranks: number;
  ms: number;
  fails: boolean;
}

export interface Project {
  readonly codes: Code[];
  readonly steps: Step[];
  /** Number in each file of data. */
  readonly files: number[];
  /** File → number in it, of each folder of data. */
  readonly folders: Record<string, number>[];
  /** Version of the package in the virtual environment. */
  packageVersion: number;
  /** Input of the pipeline. */
  level: number;
  goesOn: boolean;
  /** `settings.force_rerun`. */
  isForced: boolean;
  /** The file that is run; both say the same. */
  definition: keyof typeof DEFINITIONS;
  /** Keys of mappings in the other order. */
  isReversed: boolean;
  slots: number | null;
  /** Results go into a shared cache, and are taken from it. */
  isShared: boolean;
  /** The rule of `gc` for outputs: those of so many newest runs stay. */
  keepLast: number | null;
  unrelated: number;
  /** As it is in the workspace. */
  readonly registry: Registry;
}

export const DEFINITIONS = { yaml: "pipeline.yml", module: "pipeline.ts" } as const;

export const ODD_TEXTS = ["plain", "it's", '"two" words', "$HOME `id` $(id)", "* ? [a]", "é ü 漢"];

export function makeProject(chance: Chance): Project {
  const codes = Array.from({ length: chance.whole(2, 4) }, (_, at) => makeCode(chance, at));
  const files = Array.from({ length: 2 }, () => chance.whole(0, 3));
  const folders = Array.from({ length: 2 }, () => ({ one: chance.whole(0, 3) }));
  const count = chance.whole(3, 9);
  const grouped = chance.happens(0.6) ? chance.whole(1, count - 1) : count;
  const steps: Step[] = [];
  for (let at = 0; at < count; at += 1) {
    const group = at >= grouped && at < grouped + 3 ? "inner" : null;
    steps.push(makeStep(chance, { at, group, codes: codes.length, earlier: steps }));
  }
  return {
    codes,
    steps,
    files,
    folders,
    packageVersion: 1,
    level: 0,
    goesOn: chance.happens(0.5),
    isForced: false,
    definition: chance.happens(0.2) ? "module" : "yaml",
    isReversed: false,
    slots: chance.pick([null, null, 1, 2, 4]),
    isShared: chance.happens(0.4),
    keepLast: null,
    unrelated: 0,
    registry: { file: {}, folder: {}, work: {} },
  };
}

function makeCode(chance: Chance, at: number): Code {
  const languages: readonly Language[] = ["bash", "python", chance.pick(["bash", "python"])];
  const language = languages[at] ?? "bash";
  return { language, k: chance.whole(0, 2), comment: 0, helper: chance.whole(0, 2) };
}

interface Place {
  readonly at: number;
  readonly group: string | null;
  readonly codes: number;
  readonly earlier: readonly Step[];
}

function makeStep(chance: Chance, { at, group, codes, earlier }: Place): Step {
  const form = chance.pick(["inline", "component"] as const);
  const trouble = chance.pick(["none", "none", "none", "none", "none", "flaky", "stalls"] as const);
  return {
    name: `s${at}`,
    code: chance.whole(0, codes - 1),
    form,
    way: null,
    group,
    sources: makeSources(chance, earlier),
    after: makeAfter(chance, group, earlier),
    registers: group === null && chance.happens(0.15) ? `data-${at}` : null,
    publishes: group === null ? chance.pick([null, null, null, "of run", "fixed"] as const) : null,
    parameter: chance.happens(0.5) ? chance.whole(0, 3) : chance.pick(ODD_TEXTS),
    variable: 0,
    optional: form === "component" && chance.happens(0.5) ? chance.pick(ODD_TEXTS) : null,
    readsLevel: chance.happens(0.2),
    isNarrow: chance.happens(0.4),
    hasFolder: chance.happens(0.4),
    trouble,
    retries: trouble === "none" ? chance.pick([0, 0, 1]) : 3,
    isDeterministic: !chance.happens(0.1),
    usesPackage: chance.happens(0.2),
    reuse: chance.happens(0.7) ? "auto" : chance.pick(["never", "1d", "10s"] as const),
    checkpoint: chance.pick(["none", "none", "while", "keep"] as const),
    ranks: trouble === "none" && chance.happens(0.15) ? 2 : 1,
    ms: chance.pick([0, 0, 50, 200, 600]),
    fails: false,
  };
}

function makeSources(chance: Chance, earlier: readonly Step[]): readonly Source[] {
  const source = (): Source => {
    const step = chance.whole(0, earlier.length - 1);
    const above = earlier[step];
    if (above !== undefined && chance.happens(0.75))
      return { step, output: above.hasFolder && chance.happens(0.5) ? "f" : "o" };
    const isFile = chance.happens(0.5);
    const at = chance.whole(0, 1);
    return isFile ? { file: at, way: null } : { folder: at, way: null };
  };
  return Array.from({ length: chance.whole(0, 3) }, source);
}

function makeAfter(chance: Chance, group: string | null, earlier: readonly Step[]): number | null {
  const beside = earlier.flatMap((step, at) => (step.group === group ? [at] : []));
  return beside.length > 0 && chance.happens(0.1) ? chance.pick(beside) : null;
}

/** What is given to `run`. */
export function fileOf({ definition }: Project): string {
  return DEFINITIONS[definition];
}

export function pathOf(step: Step): string {
  return step.group === null ? step.name : `${step.group}.${step.name}`;
}

/** The steps that it waits for: those it reads from, and one that it only comes after. */
export function needsOf({ sources, after }: Step): readonly number[] {
  const read = sources.flatMap((source) => ("step" in source ? [source.step] : []));
  return after === null ? read : [...read, after];
}

/** The steps that wait for this one, at any distance; by their places. */
export function below(project: Project, at: number): ReadonlySet<number> {
  const found = new Set<number>();
  project.steps.forEach((step, index) => {
    if (needsOf(step).some((need) => need === at || found.has(need))) found.add(index);
  });
  return found;
}

/** The steps that this one waits for, at any distance. */
export function above(project: Project, at: number): ReadonlySet<number> {
  const found = new Set<number>();
  const visit = (index: number): void => {
    const step = project.steps[index];
    for (const need of step === undefined ? [] : needsOf(step)) {
      if (!found.has(need)) visit(need);
      found.add(need);
    }
  };
  visit(at);
  return found;
}
