// A program: runs a user's TypeScript or JavaScript module and writes down the pipeline that it exports. A process of its
// own, because a module may print, exit, or never end.

import fs from "node:fs";
import { register } from "node:module";
import { pathToFileURL } from "node:url";
import type { Problem } from "../spec/problem.ts";
import { bundleFunctions } from "./bundle-functions.ts";
import { moduleProblem } from "./module-problem.ts";
import type { ModuleReport, ModuleRequest } from "./module-report.ts";
import { type ModuleFunction, pipelineOf } from "./pipeline-of.ts";
import { isProblem } from "./problem-value.ts";

const request = JSON.parse(process.argv[2] ?? "{}") as ModuleRequest;
const report = await read(request);
fs.writeFileSync(request.report, JSON.stringify(report));
// What the module left open must not keep us.
process.exit(0);

async function read({
  file,
  form,
  folder,
  functions,
  places,
  sdk,
}: ModuleRequest): Promise<ModuleReport> {
  const loaded = await load(file, sdk);
  if ("problem" in loaded) return failed([loaded.problem]);
  const found = pipelineOf(loaded.exports, file);
  if (isProblem(found)) return failed([found]);
  const [first] = found.functions;
  if (form === "text" && first !== undefined) return failed([hasPrograms(first)]);
  const bundled = await bundleFunctions(
    found.functions,
    functions,
    form === "yaml" ? "name" : "content",
  );
  if ("problems" in bundled) return failed(bundled.problems);
  try {
    const yaml = form === "job" ? null : found.yaml(bundled.folders, folder);
    const job = found.write(bundled.folders, file);
    return {
      pipeline: found.name,
      text: yaml ?? job.text,
      lines: places ? job.lines.map((origin) => origin?.() ?? null) : null,
      components: [...job.components].map(([path, { text, origin }]) => ({
        path,
        text,
        position: places ? origin() : null,
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

function hasPrograms({ name, origin }: ModuleFunction): Problem {
  return {
    severity: "error",
    code: "bad_function",
    message: `step \`${name}\` is a function: its program is a file beside the YAML`,
    hint: "Say where both are written: stepwell export FILE --to FOLDER",
    position: origin(),
  };
}

function failed(problems: ModuleReport["problems"]): ModuleReport {
  return { pipeline: null, text: "", lines: null, components: [], problems };
}

async function load(
  file: string,
  sdk: string,
): Promise<
  | { readonly exports: Readonly<Record<string, unknown>> }
  | { readonly problem: ModuleReport["problems"][number] }
> {
  const { register: registerTypeScript } = await import("tsx/esm/api");
  registerTypeScript();
  register(`data:text/javascript,${encodeURIComponent(hooks(sdk))}`);
  try {
    return { exports: (await import(pathToFileURL(file).href)) as Record<string, unknown> };
  } catch (error) {
    return { problem: moduleProblem(error, file) };
  }
}

/**
 * `import "stepwell"` is this very Stepwell, installed in the project or not; and TypeScript is ESM also where no
 * package.json says so.
 */
function hooks(sdk: string): string {
  return `export async function resolve(name, context, next) {
    if (name === "stepwell") return { url: ${JSON.stringify(sdk)}, format: "module", shortCircuit: true };
    const found = await next(name, context);
    const isOwn = /\\.m?tsx?(\\?.*)?$/.test(found.url) && !found.url.includes("/node_modules/");
    return isOwn ? { ...found, format: "module" } : found;
  }`;
}
