// Says how an interpreter is another one now than an identity says: somebody may upgrade a package, or edit an editable
// one, while a run goes on. Asked at the start and the end of every attempt, so it takes a small part of the time only.

import type { EnvironmentIdentity } from "../core/environment.ts";
import { environmentDifference } from "../core/explain.ts";
import type { Environments } from "../ports/environments.ts";
import { editablesOf } from "./identify-software.ts";
import { probePython } from "./probe-python.ts";
import { identityOf, placeOf, type Recipes } from "./recipes.ts";

interface LookContext {
  readonly cacheFolder: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly recipes: Recipes;
}

type Look = Environments["changed"];

/** Null for what Stepwell made: that is read-only. Versions of other programs are not looked at. */
export function lookForChanges(context: LookContext): Look {
  return sparingly(async (identity) => {
    const recipe = context.recipes.recall(identity);
    if (recipe?.kind !== "interpreter" || recipe.executable === null) return null;
    const { variables, cacheFolder } = context;
    const now = await probePython(recipe.executable, variables, cacheFolder, "quick");
    if (now === null) return `${recipe.executable} is gone`;
    const { version: pythonVersion, platform, packages } = now;
    const { id, ...before } = identity;
    const editable = editablesOf(now, cacheFolder);
    const found = identityOf({ ...before, pythonVersion, platform, packages, editable });
    return found.id === id ? null : environmentDifference(identity, found);
  });
}

/** An answer serves for a hundred times as long as it took, and never for longer than this. */
const LONGEST_MS = 2_000;
const SHARE = 100;

function sparingly(look: Look): Look {
  const answers = new Map<string, { readonly until: number; readonly said: string | null }>();
  const looking = new Map<string, Promise<string | null>>();
  const lookNow = async (identity: EnvironmentIdentity): Promise<string | null> => {
    const from = performance.now();
    const said = await look(identity);
    const took = performance.now() - from;
    answers.set(placeOf(identity), { until: from + Math.min(LONGEST_MS, took * SHARE), said });
    return said;
  };
  return async (identity) => {
    const place = placeOf(identity);
    const known = answers.get(place);
    if (known !== undefined && performance.now() < known.until) return known.said;
    const running = looking.get(place) ?? lookNow(identity).finally(() => looking.delete(place));
    looking.set(place, running);
    return running;
  };
}
