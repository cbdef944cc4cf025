// A registered environment as the record has it, and as a run reads it.

import type { EnvironmentReference } from "../../spec/graph.ts";
import { places, type Workspace } from "../workspace.ts";

/** What `environment create` keeps: paths are those of its author. */
export type KeptEnvironment = EnvironmentReference & {
  /** Name of the copy below `.stepwell/frozen/`, where it names folders. */
  readonly frozen?: string;
};

/** A kept definition (JSON) as a run reads it: what was copied is read from its copy. */
export function thawEnvironment(
  workspace: Pick<Workspace, "folder">,
  definition: string,
): EnvironmentReference | null {
  const kept = JSON.parse(definition) as KeptEnvironment | null;
  if (kept?.kind !== "inline" || kept.frozen === undefined) return kept;
  const { frozen, ...environment } = kept;
  const { build, project, requirements, conda, files } = environment;
  const at = (original: string): string => places.frozenCopy(workspace.folder, frozen, original);
  return {
    ...environment,
    build: build && { ...build, path: at(build.path) },
    project: project && at(project),
    requirements: requirements && { ...requirements, path: at(requirements.path) },
    conda: conda && { ...conda, path: conda.path && at(conda.path) },
    ...(files && {
      files: Object.fromEntries(Object.entries(files).map(([one, text]) => [at(one), text])),
    }),
  };
}
