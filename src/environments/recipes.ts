// Remembers how an identity is made, so that a process that only knows the identity (a resumed run) can make it. Kept in
// the per-user cache; nothing in here is part of an identity. Each workspace finds the interpreter, the project and the folders
// that it named itself, and those of another one with the same software only where it knows none.

import path from "node:path";
import { canonicalJson } from "../core/canonical-json.ts";
import { digest } from "../core/digest.ts";
import type { EnvironmentIdentity } from "../core/environment.ts";
import { readDocument, writeDocument } from "./disk-cache.ts";
import type { VenvRecipe } from "./venv-store.ts";

export type Recipe =
  | {
      readonly kind: "interpreter";
      /** Null where there is no Python at all. */
      readonly executable: string | null;
      readonly virtualEnvironment: string | null;
    }
  | ({
      readonly kind: "venv";
      readonly variables?: Readonly<Record<string, string>>;
    } & Omit<VenvRecipe, "lockText">);

export interface Recipes {
  remember(identity: EnvironmentIdentity, recipe: Recipe): void;
  recall(identity: EnvironmentIdentity): Recipe | null;
  rememberLock(id: string, text: string): void;
  recallLock(id: string): string | null;
}

/** The identity with its id. */
export function identityOf(fields: Omit<EnvironmentIdentity, "id">): EnvironmentIdentity {
  // The label is for people: the same packages under another name are the same software.
  const { label: _label, ...counted } = fields;
  return { ...fields, id: digest(canonicalJson(counted)) };
}

/** The same software may lie in several places. */
export function placeOf({ id, label }: EnvironmentIdentity): string {
  return `${id} ${label}`;
}

export function createRecipes(cacheFolder: string, workspaceFolder: string): Recipes {
  const file = (kind: string, id: string) =>
    path.join(cacheFolder, kind, `${id.replace(/^sha256:/, "")}.json`);
  const anybodys = ({ id }: EnvironmentIdentity) => file("recipes", id);
  const own = (identity: EnvironmentIdentity) =>
    file("recipes", digest(canonicalJson([workspaceFolder, placeOf(identity)])));
  /** What this process has written: it goes on with that although the cache is emptied, or written by another version. */
  const known = new Map<string, string>();
  /** Once a process; what is there and damaged is put right. */
  const keep = (place: string, document: object): void => {
    const text = JSON.stringify(document);
    if (known.get(place) === text) return;
    known.set(place, text);
    if (JSON.stringify(readDocument(place)) !== text) writeDocument(place, document);
  };
  const find = <T>(place: string): T | null => {
    const text = known.get(place);
    return text === undefined ? readDocument<T>(place) : (JSON.parse(text) as T);
  };
  return {
    remember(identity, recipe) {
      for (const place of [own(identity), anybodys(identity)]) keep(place, recipe);
    },
    recall: (identity) => find<Recipe>(own(identity)) ?? find<Recipe>(anybodys(identity)),
    rememberLock: (id, text) => keep(file("locks", id), { text }),
    recallLock: (id) => find<{ text: string }>(file("locks", id))?.text ?? null,
  };
}
