// A small project that can be edited in every way that counts and in every way that must not, and what its steps make
// of it: the truth that reuse is compared with. Knows nothing of Stepwell but its file format.

import fs from "node:fs";
import path from "node:path";

export const STEPS = ["a", "b", "c", "d"] as const;
export type StepName = (typeof STEPS)[number];

interface StepModel {
  k: number;
  comment: number;
  helper: number;
  parameter: number;
  variable: number;
  environment: number;
  /** What the step is called, after its first letter. */
  suffix: string;
}

export interface Project {
  readonly steps: Record<StepName, StepModel>;
  data: number;
  /** File of the input folder → number in it. */
  readonly folder: Map<string, number>;
  unrelated: number;
  reversed: boolean;
}

const UPSTREAM: Readonly<Record<StepName, readonly StepName[]>> = {
  a: [],
  b: ["a"],
  c: ["a"],
  d: ["b", "c"],
};

export function newProject(): Project {
  const step = (): StepModel => ({
    k: 0,
    comment: 0,
    helper: 0,
    parameter: 0,
    variable: 0,
    environment: 0,
    suffix: "",
  });
  return {
    steps: { a: step(), b: step(), c: step(), d: step() },
    data: 0,
    folder: new Map([["one", 1]]),
    unrelated: 0,
    reversed: false,
  };
}

/** So few values that different work often makes the same bytes: early cutoff is the rule. */
export function work(parts: readonly number[]): string {
  return `${parts.reduce((sum, part) => sum + part, 0) % 3}\n`;
}

export function pathOf(project: Project, step: StepName): string {
  return `${step}${project.steps[step].suffix}`;
}

export interface Truth {
  /** Everything that the step may depend on: equal keys are equal work. */
  readonly key: string;
  readonly output: string;
}

/** What each step does and makes, without reuse. */
export function truth(project: Project): Readonly<Record<StepName, Truth>> {
  const found = {} as Record<StepName, Truth>;
  for (const name of STEPS) {
    const { suffix: _, ...own } = project.steps[name];
    const above = UPSTREAM[name].map((step) => found[step].output);
    const read = name === "a" ? [project.data, ...project.folder.values()] : above.map(Number);
    const files = name === "a" ? [...project.folder].sort() : null;
    found[name] = {
      key: JSON.stringify([own, UPSTREAM[name].length, files, name === "a" ? project.data : above]),
      output: work([own.k, own.helper, own.parameter, own.variable, own.environment, ...read]),
    };
  }
  return found;
}

/** Writes all of it; only what differs is touched. */
export function writeProject(project: Project, folder: string): void {
  for (const name of STEPS) {
    const { k, comment, helper } = project.steps[name];
    write(path.join(folder, "code", name, "program"), `${k}\n# ${comment}\n`);
    write(path.join(folder, "code", name, "lib", "helper"), `${helper}\n`);
  }
  write(path.join(folder, "data"), `${project.data}\n`);
  for (const file of ["one", "two"]) {
    const number = project.folder.get(file);
    const at = path.join(folder, "folder", file);
    if (number === undefined) fs.rmSync(at, { force: true });
    else write(at, `${number}\n`);
  }
  write(path.join(folder, "unrelated"), `${project.unrelated}\n`);
  write(path.join(folder, "pipeline.yml"), definition(project));
}

function write(file: string, text: string): void {
  if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === text) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

function definition(project: Project): string {
  const order = <T>(items: T[]): T[] => (project.reversed ? items.reverse() : items);
  const job = (name: StepName): object => {
    const step = project.steps[name];
    const data = [
      ["data", { type: "uri_file", path: "./data" }],
      ["folder", { type: "uri_folder", path: "./folder" }],
    ];
    const bound = UPSTREAM[name].map((above, index) => [
      `x${index}`,
      `\${{parent.jobs.${pathOf(project, above)}.outputs.o}}`,
    ]);
    const inputs = [["p", step.parameter], ...(name === "a" ? data : bound)];
    return Object.fromEntries(
      order([
        [
          "command",
          `work ${inputs.map(([input]) => `\${{inputs.${input}}}`).join(" ")} > \${{outputs.o}}`,
        ],
        ["code", `./code/${name}`],
        ["environment", { packages: [`x==${step.environment}`] }],
        ["environment_variables", { V: String(step.variable) }],
        ["inputs", Object.fromEntries(order(inputs))],
        ["outputs", { o: { type: "uri_file" } }],
      ]),
    );
  };
  return JSON.stringify(
    Object.fromEntries(
      order<[string, unknown]>([
        ["type", "pipeline"],
        ["display_name", "property"],
        ["settings", { default_compute: "azureml:local" }],
        [
          "jobs",
          Object.fromEntries(order(STEPS.map((name) => [pathOf(project, name), job(name)]))),
        ],
      ]),
    ),
    null,
    1,
  );
}
