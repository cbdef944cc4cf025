// A pipeline that is in memory, as the texts that the reader of job files understands. Knows nothing of how it got there.

import type { Problem } from "../spec/problem.ts";
import type { Bundled } from "./bundle-functions.ts";
import { moduleProblem } from "./module-problem.ts";
import type { ModuleReport, ModuleRequest } from "./module-report.ts";
import type { ModuleFunction, ModulePipeline } from "./pipeline-of.ts";

/** Places of so many steps cost less than to run the module once more for them. */
const FEW_LINES = 1_000;

export async function reportOf(
  pipeline: ModulePipeline,
  request: Pick<ModuleRequest, "file" | "form" | "folder" | "functions" | "places">,
): Promise<ModuleReport> {
  const { file, form, folder, functions, places } = request;
  const [first] = pipeline.functions;
  if (form === "text" && first !== undefined) return failed([hasPrograms(first)]);
  const by = form === "yaml" ? "name" : "content";
  const bundled = await programsOf(pipeline.functions, functions, by);
  if ("problems" in bundled) return failed(bundled.problems);
  try {
    const yaml = form === "job" ? null : pipeline.yaml(bundled.folders, folder);
    const job = pipeline.write(bundled.folders, file);
    const withPlaces = places || job.lines.length <= FEW_LINES;
    return {
      pipeline: pipeline.name,
      text: yaml ?? job.text,
      lines: withPlaces ? job.lines.map((origin) => origin?.() ?? null) : null,
      components: [...job.components].map(([path, { text, origin }]) => ({
        path,
        text,
        position: withPlaces ? origin() : null,
      })),
      problems: job.remarks.map(({ code, message, hint, origin }) => ({
        severity: "warning" as const,
        code,
        message,
        hint,
        position: origin(),
      })),
    };
  } catch (error) {
    return failed([moduleProblem(error, file)]);
  }
}

/** What makes programs is loaded only where there are functions. */
export async function programsOf(
  functions: readonly ModuleFunction[],
  folder: string,
  by: "content" | "name",
): Promise<Bundled> {
  if (functions.length === 0) return { folders: new Map() };
  const { bundleFunctions } = await import("./bundle-functions.ts");
  return bundleFunctions(functions, folder, by);
}

function hasPrograms({ name, origin }: ModuleFunction): Problem {
  return {
    severity: "error",
    code: "bad_function",
    message: `step \`${name}\` is a function: its program is a file beside the YAML`,
    hint: "Say where both are written: stepwell export FILE --to FOLDER",
    position: origin(),
  };
}

export function failed(problems: ModuleReport["problems"]): ModuleReport {
  return { pipeline: null, text: "", lines: null, components: [], problems };
}
