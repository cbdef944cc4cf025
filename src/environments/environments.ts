// Software environments on this machine: who they are (cheaply, without making them) and how they are made. The parts are
// in the files beside it.

import { setMaxListeners } from "node:events";
import path from "node:path";
import type {
  EnvironmentFailure,
  EnvironmentLookup,
  Environments,
  RegisteringEnvironment,
} from "../ports/environments.ts";
import { buildEnvironment } from "./build-environment.ts";
import { lookForChanges } from "./changed-environment.ts";
import { chooseSoftware, type EnvironmentTable } from "./choose-software.ts";
import { identifySoftware, noSoftware } from "./identify-software.ts";
import { changedProject } from "./project-source.ts";
import { createRecipes, placeOf } from "./recipes.ts";
import { findUv, type Uv } from "./uv.ts";
import { createVenvStore } from "./venv-store.ts";

export interface EnvironmentsOptions {
  /** The per-user cache, shared by workspaces. */
  readonly cacheFolder: string;
  /** Steps run in folders below it. */
  readonly workspaceFolder: string;
  /** Where locks lie for git: `stepwell.lock.d`. */
  readonly locksFolder: string;
  /** Fail rather than resolve a spec that has no lock. */
  readonly locked: boolean;
  /** Names and images that the workspace maps to packages or to each other. */
  readonly table: EnvironmentTable;
  readonly lookup: EnvironmentLookup;
  readonly registering?: RegisteringEnvironment;
  /** The user's environment: PATH, PIP_*, UV_* and the like. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Lines for people: what is being made. */
  log(line: string): void;
}

/** Lazy: nothing is looked for before it is asked for. */
export function createEnvironments(options: EnvironmentsOptions): Environments {
  let found: Promise<Uv | EnvironmentFailure> | null = null;
  const abandon = new AbortController();
  // However many are made at once: Node warns of more than ten.
  setMaxListeners(0, abandon.signal);
  const uv = () => {
    found ??= findUv({ ...options, abandoned: abandon.signal });
    return found;
  };
  const folder = path.join(options.cacheFolder, "environments");
  const context = {
    ...options,
    log: (line: string) => options.log(line),
    recipes: createRecipes(options.cacheFolder, options.workspaceFolder),
    store: createVenvStore(
      folder,
      uv,
      (line) => options.log(line),
      (recipe) => changedProject(recipe, options.cacheFolder),
      abandon.signal,
    ),
    uv,
  };
  return {
    async identify(reference, command, mayResolve) {
      const choice = await chooseSoftware(reference, options.table, options);
      if (!choice.ok) return choice;
      const identified = await identifySoftware(choice.software, command, mayResolve, context);
      if (!identified.ok) return identified;
      return { ...identified, warnings: [...choice.warnings, ...identified.warnings] };
    },
    none: () => noSoftware(context.recipes),
    build: rememberedBriefly((identity) => buildEnvironment(identity, context)),
    changed: lookForChanges(context),
    abandon: () => abandon.abort(),
  };
}

/** Many short steps ask for the same environment within moments: it is looked at anew only after this long. */
const FRESH_MS = 2_000;

type Build = Environments["build"];

/** Remembers what was made well; failures are tried again each time. */
function rememberedBriefly(build: Build): Build {
  const made = new Map<
    string,
    { readonly at: number; readonly outcome: Awaited<ReturnType<Build>> }
  >();
  return async (identity) => {
    const key = placeOf(identity);
    const known = made.get(key);
    if (known !== undefined && performance.now() - known.at < FRESH_MS) return known.outcome;
    const outcome = await build(identity);
    if (outcome.ok) made.set(key, { at: performance.now(), outcome });
    return outcome;
  };
}
