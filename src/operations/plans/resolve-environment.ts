// Finds out who each environment of a graph is, once for all steps that share it.

import { asksForPython3, commandPrograms } from "../../core/command-programs.ts";
import type { EnvironmentIdentity } from "../../core/environment.ts";
import type { EnvironmentReference, StepNode } from "../../spec/graph.ts";
import { isRefusal, type Refusal, refuse } from "../refusal.ts";
import type { Workspace } from "../workspace.ts";

export interface EnvironmentResolver {
  /** Index into `identities`. */
  of(step: Pick<StepNode, "type" | "environment" | "command">): Promise<number | Refusal>;
  readonly identities: EnvironmentIdentity[];
  /** What was said since the last time; each sentence once. */
  takeWarnings(): readonly string[];
}

export function createEnvironmentResolver(
  workspace: Workspace,
  options: {
    readonly mayResolve: boolean;
    readonly locked: boolean;
    /** What `identities` begins with. */
    readonly known?: readonly EnvironmentIdentity[];
  },
): EnvironmentResolver {
  const environments = workspace.environments(options.locked);
  const known = new Map<string, number>();
  // Whatever the command is: resolving it once more would take as long.
  const refused = new Map<string, Refusal>();
  const identities = [...(options.known ?? [])];
  const indexOf = new Map(identities.map(({ id }, index) => [id, index]));
  const said = new Set<string>();
  let untold: string[] = [];
  const programs = new Map<string | null, string>();
  const namedPrograms = (command: string | null): string => {
    const named =
      programs.get(command) ?? JSON.stringify([commandPrograms(command), asksForPython3(command)]);
    programs.set(command, named);
    return named;
  };
  const place = (identity: EnvironmentIdentity): number => {
    const at = indexOf.get(identity.id) ?? identities.push(identity) - 1;
    indexOf.set(identity.id, at);
    return at;
  };
  const find = async (
    reference: EnvironmentReference | null,
    command: string | null,
  ): Promise<number | Refusal> => {
    const outcome = await environments.identify(reference, command, options.mayResolve);
    if (!outcome.ok)
      return refuse(outcome.failure.code, outcome.failure.message, outcome.failure.hint, 4);
    for (const message of outcome.warnings) if (!said.has(message)) untold.push(message);
    for (const message of outcome.warnings) said.add(message);
    return place(outcome.value);
  };
  return {
    identities,
    takeWarnings() {
      const taken = untold;
      if (taken.length > 0) untold = [];
      return taken;
    },
    async of({ type, environment, command }) {
      // Stepwell itself does what it does.
      if (type === "data_transfer") return place(environments.none());
      const definition = JSON.stringify(environment);
      const key = `${namedPrograms(command)} ${definition}`;
      const found = refused.get(definition) ?? known.get(key) ?? (await find(environment, command));
      if (isRefusal(found)) refused.set(definition, found);
      else known.set(key, found);
      return found;
    },
  };
}
