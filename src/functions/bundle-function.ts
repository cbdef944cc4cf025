// From the place of a `step({... run ...})` call in a user's module to a program of one file that runs that function
// alone and whose bytes are its identity. Knows nothing of pipelines, plans or where programs are kept.

import fs from "node:fs";
import { version } from "esbuild";
import { bundleModules } from "./bundle-modules.ts";
import { withCanonicalNames } from "./canonical-names.ts";
import { readDefinitions } from "./definitions.ts";
import { refuseEnvironmentReads } from "./environment-reads.ts";
import { linkExternals, projectFolderOf } from "./external-packages.ts";
import { findStep } from "./find-step.ts";
import {
  type BundledFunction,
  type BundleResult,
  type FunctionPorts,
  FunctionProblems,
  type FunctionSite,
} from "./function-site.ts";
import { importedModule } from "./imported-module.ts";
import { lockedPackages } from "./locked-versions.ts";
import { minified } from "./minified.ts";
import { reachedModule } from "./reach.ts";
import { readModule } from "./read-module.ts";
import { runtimeText } from "./runtime-text.ts";

/** Stands in the first line of every program. Raised when the meaning of one changes without its text. */
const FORMAT = 1;

export async function bundleFunction(
  site: FunctionSite,
  ports: FunctionPorts,
): Promise<BundleResult> {
  try {
    return { ok: true, value: await bundled(site, ports) };
  } catch (error) {
    if (error instanceof FunctionProblems) return { ok: false, problems: error.problems };
    throw error;
  }
}

async function bundled(site: FunctionSite, ports: FunctionPorts): Promise<BundledFunction> {
  if (!fs.statSync(site.file, { throwIfNoEntry: false })?.isFile())
    throw new FunctionProblems([
      {
        message: `the module of step \`${site.name}\` is not a file`,
        hint: "write function steps in a .ts or .js file and import them where they are used",
        file: site.file,
        line: site.line,
        column: site.column,
      },
    ]);
  const file = fs.realpathSync(site.file);
  const module = await readModule(file);
  const definitions = readDefinitions(module);
  const step = findStep(module, definitions, site);
  const entry = reachedModule(module, definitions, step, site);
  const projectFolder = projectFolderOf(file);
  const whole = () => importedModule(module, step.run);
  const modules = await bundleModules({ file, entry, whole, projectFolder });
  refuseEnvironmentReads(site, projectFolder, modules);
  const { packages, read } = lockedPackages(projectFolder, modules.externals);
  const head = [
    `// Stepwell function ${FORMAT}, esbuild ${version}${packagesNote(packages)}`,
    await runtimeText(),
    `const{__stepwell_run__,__stepwell_refuse__,__stepwell_import__,require}=__stepwell_runtime__(${portsText(ports)});`,
    "",
  ].join("\n");
  const renamed = withCanonicalNames(modules);
  const body = await minified(linkExternals(renamed.text), renamed.map);
  return {
    program: head + body.text,
    map: body.mapAfter(head),
    packages,
    sources: [...new Set([file, ...modules.sources, ...read])].sort(),
    projectFolder,
  };
}

/** In the order of names: how a user orders them is no identity. */
function portsText(ports: FunctionPorts): string {
  const inputs = Object.entries(ports.inputs).map(
    ([name, { type, optional }]) => [name, { type, optional }] as const,
  );
  const outputs = Object.entries(ports.outputs).map(
    ([name, { type }]) => [name, { type }] as const,
  );
  return JSON.stringify({ inputs: sorted(inputs), outputs: sorted(outputs) });
}

function sorted<Value>(entries: readonly (readonly [string, Value])[]): Record<string, Value> {
  return Object.fromEntries([...entries].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function packagesNote(packages: BundledFunction["packages"]): string {
  const named = Object.entries(packages).map(
    ([name, { version: number, integrity }]) =>
      `${name}@${number}${integrity === null ? "" : ` ${integrity}`}`,
  );
  return named.length === 0 ? "" : `, ${named.join(", ")}`;
}
