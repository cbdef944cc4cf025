// Registers a step or a pipeline of code as a component: as the YAML that it would be, beside the source that defines it.

import path from "node:path";
import { programsOf } from "../modules/report-of.ts";
import { type Registered, registerFile } from "../operations/assets/register-asset.ts";
import { places, type Workspace } from "../operations/workspace.ts";
import type { Definition } from "../sdk/component.ts";
import { definitionsOf } from "../sdk/definitions-of.ts";
import { componentYaml } from "../sdk/document.ts";
import { StepwellError } from "../sdk/stepwell-error.ts";
import { accepted, invalid } from "./refused.ts";

export async function publishComponent(
  workspace: Workspace,
  component: object,
  as: { readonly name?: string; readonly version?: string },
): Promise<Registered> {
  const definition = definitionOf(component);
  // Paths are written from the folder of the source, so that another checkout gives the same content.
  const source = definition.origin()?.file ?? path.resolve(`${definition.name}.ts`);
  const folder = path.dirname(source);
  const programs = places.functions(workspace.folder);
  const functions = definitionsOf(definition).filter(({ isFunction }) => isFunction);
  const bundled = await programsOf(functions, programs, "content");
  if ("problems" in bundled) throw invalid(bundled.problems);
  const folders = bundled.folders as ReadonlyMap<Definition, string>;
  const text = componentYaml(definition, folders, { folder, ...as });
  if (text === null)
    throw new StepwellError(
      "not_publishable",
      `${definition.name} is a file or a registered component, not a definition in code`,
      "register the file: stepwell component create FILE",
    );
  const file = path.join(folder, `.stepwell-publish-${definition.name}.yml`);
  return accepted(await registerFile(workspace, "component", file, { text }));
}

function definitionOf(component: object): Definition {
  const definition: unknown = Reflect.get(component, "definition");
  if (definition !== undefined) return definition as Definition;
  throw new StepwellError(
    "not_publishable",
    "this is no step and no pipeline",
    "publish what command(), step() or pipeline() gave",
  );
}
