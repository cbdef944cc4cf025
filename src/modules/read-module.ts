// A program: runs a user's TypeScript or JavaScript module and writes down the pipeline that it exports. A process of its
// own, because a module may print, exit, or never end.

import fs from "node:fs";
import { register } from "node:module";
import { pathToFileURL } from "node:url";
import type { Problem } from "../spec/problem.ts";
import { moduleHooks } from "./module-hooks.ts";
import { moduleProblem } from "./module-problem.ts";
import type { ModuleReport, ModuleRequest } from "./module-report.ts";
import { pipelineOf } from "./pipeline-of.ts";
import { isProblem } from "./problem-value.ts";
import { failed, reportOf } from "./report-of.ts";

const request = JSON.parse(process.argv[2] ?? "{}") as ModuleRequest;
const report = await read(request);
fs.writeFileSync(request.report, JSON.stringify(report));
// What the module left open must not keep us.
process.exit(0);

async function read(request: ModuleRequest): Promise<ModuleReport> {
  const loaded = await load(request.file, request.sdk);
  if ("problem" in loaded) return failed([loaded.problem]);
  const found = pipelineOf(loaded.exports, request.file);
  return isProblem(found) ? failed([found]) : reportOf(found, request);
}

async function load(
  file: string,
  sdk: string,
): Promise<
  | { readonly exports: Readonly<Record<string, unknown>> }
  | { readonly problem: ModuleReport["problems"][number] }
> {
  const tsx = await import("tsx/esm/api").catch(() => null);
  if (tsx === null) return { problem: withoutLoader(file) };
  tsx.register();
  register(`data:text/javascript,${encodeURIComponent(moduleHooks(sdk))}`);
  try {
    return { exports: (await import(pathToFileURL(file).href)) as Record<string, unknown> };
  } catch (error) {
    return { problem: moduleProblem(error, file) };
  }
}

/** A wheel has no native code, and with it nothing that reads TypeScript. */
function withoutLoader(file: string): Problem {
  return {
    severity: "error",
    code: "module_failed",
    message: "this Stepwell came without what reads modules (tsx and esbuild), as in the wheel",
    hint: "Use the npm package: npm install stepwell; or run the YAML that its `stepwell export` writes.",
    position: { file, line: 1, column: 1 },
  };
}
