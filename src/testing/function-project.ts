// A user's project in a folder of its own, for tests of function steps: write files, bundle a step of them, run the
// program in a real process. Knows the room `functions/` and Node, no workspace.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { bundleFunction } from "../functions/bundle-function.ts";
import type { BundledFunction, BundleResult, FunctionPorts } from "../functions/function-site.ts";

export interface FunctionEnd {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Lines of the metrics file. */
  readonly metrics: readonly string[];
}

export interface RunOptions {
  readonly arguments?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly hasMap?: boolean;
  /** That of the tests when it is left out. */
  readonly workFolder?: string;
}

export const NO_PORTS: FunctionPorts = { inputs: {}, outputs: {} };

export class FunctionProject {
  readonly folder: string;

  constructor(files: Readonly<Record<string, string>>) {
    this.folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-function-")));
    this.write({ "package.json": '{"name":"project","type":"module"}', ...files });
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.folder, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
  }

  /** Of the step of that name in a file: the call of `step(` that stands before the name. */
  bundle(name = "evaluate", file = "steps.ts", ports = NO_PORTS): Promise<BundleResult> {
    const text = fs.readFileSync(path.join(this.folder, file), "utf8");
    const before = text.slice(0, text.indexOf(`name: "${name}"`));
    const call = [...before.matchAll(/[\w.$]+\(/g)].at(-1);
    const lines = text.slice(0, call?.index ?? 0).split("\n");
    return bundleFunction(
      {
        file: path.join(this.folder, file),
        line: lines.length,
        column: (lines.at(-1)?.length ?? 0) + 1,
        name,
      },
      ports,
    );
  }

  async bundled(name = "evaluate", file = "steps.ts", ports = NO_PORTS): Promise<BundledFunction> {
    const made = await this.bundle(name, file, ports);
    if (!made.ok) throw new Error(JSON.stringify(made.problems, null, 1));
    return made.value;
  }

  async program(name = "evaluate", file = "steps.ts"): Promise<string> {
    return (await this.bundled(name, file)).program;
  }

  /** `MESSAGE (FILE:LINE:COLUMN)`, then the hint, of each problem. */
  async problems(name = "evaluate", file = "steps.ts"): Promise<readonly string[]> {
    const made = await this.bundle(name, file);
    if (made.ok) return [];
    return made.problems.map(
      ({ message, hint, file: where, line, column }) =>
        `${message} (${path.relative(this.folder, where)}:${line}:${column}); ${hint}`,
    );
  }

  async run(ports = NO_PORTS, options: RunOptions = {}): Promise<FunctionEnd> {
    return this.start(await this.bundled("evaluate", "steps.ts", ports), options);
  }

  start(bundled: BundledFunction, options: RunOptions = {}): FunctionEnd {
    const place = fs.mkdtempSync(path.join(this.folder, "attempt-"));
    const metrics = path.join(place, "metrics.jsonl");
    fs.writeFileSync(path.join(place, "step.mjs"), bundled.program);
    fs.writeFileSync(path.join(place, "step.map"), bundled.map);
    const { PATH = "" } = process.env;
    const done = spawnSync(
      process.execPath,
      [path.join(place, "step.mjs"), ...(options.arguments ?? [])],
      {
        encoding: "utf8",
        ...(options.workFolder === undefined ? {} : { cwd: options.workFolder }),
        env: {
          PATH,
          STEPWELL_STEP: "evaluate",
          STEPWELL_METRICS: metrics,
          STEPWELL_PROJECT_FOLDER: this.folder,
          ...(options.hasMap === false
            ? {}
            : { STEPWELL_FUNCTION_MAP: path.join(place, "step.map") }),
          ...options.variables,
        },
      },
    );
    const lines = fs.existsSync(metrics) ? fs.readFileSync(metrics, "utf8").split("\n") : [];
    const { status, stdout, stderr } = done;
    return { status, stdout, stderr, metrics: lines.filter((line) => line !== "") };
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a function step prints that ends well; each project goes with `remove`. */
export function stepPrinter(): {
  /** `files`: those of the project, steps.ts the one with the step `evaluate`. */
  printed(files: Readonly<Record<string, string>>): Promise<string>;
  remove(): void;
} {
  const projects: FunctionProject[] = [];
  return {
    async printed(files) {
      const place = new FunctionProject(files);
      projects.push(place);
      const end = await place.run();
      if (end.stderr !== "" || end.status !== 0) throw new Error(`${end.status}\n${end.stderr}`);
      return end.stdout.trimEnd();
    },
    remove() {
      for (const made of projects.splice(0)) made.remove();
    },
  };
}

/** A module with the step `evaluate` of that body, behind `head`. */
export function stepModule(body: string, head = ""): string {
  return `import { step } from "stepwell";\n${head}\nexport const evaluate = step({ name: "evaluate", ${body} });\n`;
}
