// Makes what an identity names, or finds it made: a virtual environment of the store, or an interpreter as it is.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { EnvironmentIdentity } from "../core/environment.ts";
import type {
  BuiltEnvironment,
  EnvironmentFailure,
  EnvironmentOutcome,
} from "../ports/environments.ts";
import { findProgram, isExecutable } from "./find-program.ts";
import { identifyHostAgain } from "./identify-software.ts";
import { condaPrefix } from "./probe-python.ts";
import { programFailure } from "./program-failure.ts";
import { changedProject } from "./project-source.ts";
import type { Recipe, Recipes } from "./recipes.ts";
import type { Uv } from "./uv.ts";
import type { VenvStore } from "./venv-store.ts";

export interface BuildContext {
  readonly cacheFolder: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly recipes: Recipes;
  readonly store: VenvStore;
  uv(): Promise<Uv | EnvironmentFailure>;
}

type Built = EnvironmentOutcome<BuiltEnvironment>;

export async function buildEnvironment(
  identity: EnvironmentIdentity,
  context: BuildContext,
): Promise<Built> {
  const recipe = await recipeOf(identity, context);
  if (recipe === null) return failed(unwritable(context.cacheFolder) ?? forgotten(identity));
  if (recipe.kind === "interpreter") return useInterpreter(recipe, context);
  const lockText = await lockTextOf(recipe, context);
  if (typeof lockText !== "string") return failed(lockText);
  const venv = await context.store.ensure({ ...recipe, lockText });
  if (typeof venv !== "string") return failed(venv);
  const variables = { ...recipe.variables, VIRTUAL_ENV: venv };
  return made({ pathPrefix: [path.join(venv, "bin")], variables, python: venv });
}

async function recipeOf(
  identity: EnvironmentIdentity,
  context: BuildContext,
): Promise<Recipe | null> {
  const known = context.recipes.recall(identity);
  if (known !== null || identity.kind !== "host" || unwritable(context.cacheFolder) !== null)
    return known;
  await identifyHostAgain(identity, context);
  return context.recipes.recall(identity);
}

async function lockTextOf(
  recipe: Extract<Recipe, { kind: "venv" }>,
  context: BuildContext,
): Promise<string | EnvironmentFailure> {
  const known = context.recipes.recallLock(recipe.lockId);
  if (known !== null) return known;
  if (recipe.project === null)
    return {
      code: "environment_build_failed",
      message: `The lock of the environment ${recipe.label} is no longer in the cache.`,
      hint: "Run the pipeline again: planning puts it back.",
    };
  const uv = await context.uv();
  if ("code" in uv) return uv;
  const words = ["export", "--frozen", "--no-dev", "--no-emit-project", "--no-header"];
  const options = ["--no-annotate", "--format", "requirements.txt", "--quiet"];
  const end = await uv.run([...words, ...options], recipe.project.folder);
  if (end.exitCode !== 0)
    return programFailure(end, {
      doing: `The lock of the project ${recipe.project.folder} cannot be read`,
      label: recipe.label,
      otherwise: `Look at it with: uv export --frozen --project ${recipe.project.folder}`,
    });
  const changed = changedProject(recipe, context.cacheFolder);
  if (changed !== null) return changed;
  context.recipes.rememberLock(recipe.lockId, end.stdout);
  return end.stdout;
}

function useInterpreter(
  recipe: Extract<Recipe, { kind: "interpreter" }>,
  context: BuildContext,
): Built {
  const { executable, virtualEnvironment } = recipe;
  if (executable === null) return made({ pathPrefix: [], variables: {}, python: null });
  if (!isExecutable(executable)) return failed(goneInterpreter(executable));
  if (virtualEnvironment !== null) {
    const variables = { VIRTUAL_ENV: virtualEnvironment };
    return made({ pathPrefix: [path.dirname(executable)], variables, python: virtualEnvironment });
  }
  try {
    return made(outsideVenv(executable, context));
  } catch (error) {
    const failure = unwritable(context.cacheFolder);
    if (failure === null) throw error;
    return failed(failure);
  }
}

/** Of an environment that conda made the whole belongs together: its `pip` and its tools come along. */
function outsideVenv(executable: string, context: BuildContext): BuiltEnvironment {
  const prefix = condaPrefix(executable);
  if (prefix === null)
    return { pathPrefix: shims(executable, context), variables: {}, python: executable };
  const variables = { CONDA_PREFIX: prefix };
  return { pathPrefix: [path.dirname(executable)], variables, python: prefix };
}

/**
 * A folder in which `python` and `python3` are this interpreter; none where PATH leads to it anyway. Putting the
 * interpreter's own folder first would bring its other programs along.
 */
function shims(executable: string, context: BuildContext): string[] {
  const leads = (name: string) => {
    const found = findProgram(name, context.variables);
    return found !== null && path.dirname(found) === path.dirname(executable);
  };
  if (leads("python") && leads("python3")) return [];
  const name = createHash("sha256").update(executable).digest("hex").slice(0, 32);
  const folder = path.join(context.cacheFolder, "shims", name);
  fs.mkdirSync(folder, { recursive: true });
  for (const link of ["python", "python3"]) {
    try {
      fs.symlinkSync(executable, path.join(folder, link));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  return [folder];
}

/** Planning could not write down how the environment is made. */
function unwritable(cacheFolder: string): EnvironmentFailure | null {
  try {
    fs.mkdirSync(cacheFolder, { recursive: true });
    fs.accessSync(cacheFolder, fs.constants.W_OK);
    return null;
  } catch (error) {
    return {
      code: "environment_build_failed",
      message: `Environments cannot be made in the cache: ${(error as Error).message}`,
      hint: "Make that folder writable, or name another one: STEPWELL_CACHE_DIR.",
    };
  }
}

function forgotten(identity: EnvironmentIdentity): EnvironmentFailure {
  return {
    code: "environment_build_failed",
    message: `This machine does not know how to make the environment ${identity.label}: it was planned elsewhere, or the cache was emptied.`,
    hint: "Run the pipeline again: planning puts it back.",
  };
}

function goneInterpreter(executable: string): EnvironmentFailure {
  return {
    code: "environment_build_failed",
    message: `The interpreter ${executable} that this run was planned with is gone.`,
    hint: "Run the pipeline again: it takes the interpreter of your shell as it is now.",
  };
}

function made(value: BuiltEnvironment): Built {
  return { ok: true, value, warnings: [] };
}

function failed(failure: EnvironmentFailure): Built {
  return { ok: false, failure };
}
