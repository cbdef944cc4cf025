// What a registered environment keeps: its definition, the files that its requirements name, and copies of the folders that
// it is installed from.

import path from "node:path";
import { canonicalJson } from "../../core/canonical-json.ts";
import { digest } from "../../core/digest.ts";
import { shellWord } from "../../core/shell-word.ts";
import { addressSecretIn } from "../../spec/address-secret.ts";
import type { EnvironmentReference } from "../../spec/graph.ts";
import type { KeptEnvironment } from "../definitions/kept-environment.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";
import { freeze, type Named } from "./freeze.ts";
import { lockFolder, projectFolders } from "./project-folders.ts";
import { linkedArchives, requirementFiles } from "./requirement-files.ts";

/** The folders that it is installed from, the files that say how, and archives beside its requirements. */
export function namedByEnvironment(reference: EnvironmentReference | null): Named {
  const { build = null, project = null } = reference?.kind === "inline" ? reference : {};
  const { folders, files } =
    project === null ? { folders: [], files: [] } : projectFolders(project);
  const code = new Set(build === null ? folders : [build.path, ...folders]);
  return { files: new Set(files), code, data: new Set(linkedArchives(reference)) };
}

/** Where the files lay that it was read from does not count. */
export async function freezeEnvironment(
  workspace: Workspace,
  environment: EnvironmentReference | null,
  base: string,
): Promise<{ readonly contentId: string; readonly kept: KeptEnvironment | null } | Refusal> {
  const files = requirementFiles(environment);
  for (const [at, text] of Object.entries(files)) {
    const secret = addressSecretIn(text, path.relative(base, at));
    if (secret !== null) return refuse("secret_in_address", secret.message, secret.hint);
  }
  const unlocked = withoutLock(environment);
  if (unlocked !== null) return unlocked;
  const named = namedByEnvironment(environment);
  const namesFolders = named.code.size + named.data.size > 0;
  const copy = namesFolders ? await freeze(workspace, named, { base, own: null }) : null;
  if (isRefusal(copy)) return copy;
  const inline = environment?.kind === "inline" ? environment : null;
  const texts = Object.entries(files).map(([at, text]) => [path.relative(base, at), text]);
  const identity = inline && {
    ...inline,
    name: null,
    conda: inline.conda?.content ?? null,
    requirements: inline.requirements?.text ?? null,
    project: inline.project && path.relative(base, inline.project),
    build: inline.build && { ...inline.build, path: path.relative(base, inline.build.path) },
    ...(texts.length === 0 ? {} : { files: Object.fromEntries(texts) }),
    ...(copy === null ? {} : { copied: copy.content }),
  };
  const kept = environment && {
    ...environment,
    ...(texts.length === 0 ? {} : { files }),
    ...(copy === null ? {} : { frozen: copy.folder }),
  };
  return { contentId: digest(canonicalJson(identity)), kept };
}

/** A copy of it could never be locked: no run of the version could start. */
function withoutLock(reference: EnvironmentReference | null): Refusal | null {
  const { project = null } = reference?.kind === "inline" ? reference : {};
  if (project === null || lockFolder(project) !== null) return null;
  return refuse(
    "environment_not_resolved",
    `the project ${project} has no uv.lock`,
    `make it: uv lock --project ${shellWord(project)}`,
  );
}
