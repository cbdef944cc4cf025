// Names of datastores, as they are given and as they are referred to. Knows no datastore.

import type { Problem } from "./problem.ts";
import { type Place, problemAt } from "./problem-at.ts";

/** Null: it can stand in `azureml://datastores/NAME/paths/…`. */
export function datastoreNameProblem(name: string, place: Place | null): Problem | null {
  if (/^[A-Za-z0-9_][A-Za-z0-9_-]{0,254}$/.test(name)) return null;
  const hint = "Use up to 255 letters, digits, `_` and `-`.";
  return problemAt(place, "bad_name", `\`${name}\` is not a name of a datastore`, hint);
}
