// The text of the part of every program that is ours: built beside the command line, or bundled from sources in
// development. Both are the same text, because both are made by `buildRuntime`.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const SOURCE = "runtime/step-runtime.ts";
const BUILT = "function-runtime.txt";

let text: Promise<string> | null = null;

export function runtimeText(): Promise<string> {
  text ??= findRuntime();
  return text;
}

async function findRuntime(): Promise<string> {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const source = path.join(here, SOURCE);
  if (fs.existsSync(source)) return buildRuntime(source);
  const built = [here, path.dirname(here)].map((folder) => path.join(folder, BUILT));
  return fs.readFileSync(built.find((file) => fs.existsSync(file)) ?? (built[0] as string), "utf8");
}

/** One line that declares `__stepwell_runtime__`: it stands before the user's code and asks for no module by import. */
export async function buildRuntime(source: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [source],
    write: false,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    charset: "utf8",
    minify: true,
    supported: { "template-literal": false },
    legalComments: "none",
    logLevel: "silent",
  });
  const body = (outputFiles[0]?.text ?? "").trimEnd().replaceAll("\n", " ");
  return `const __stepwell_runtime__=((require,module)=>{${body};return module.exports.startRuntime(import.meta.url)})(process.getBuiltinModule,{});`;
}
