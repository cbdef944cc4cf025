import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EnvironmentIdentity } from "../core/environment.ts";
import { createRecipes, type Recipe } from "./recipes.ts";

let cache: string;
beforeEach(() => {
  cache = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-recipes-"));
});
afterEach(() => fs.rmSync(cache, { recursive: true, force: true }));

const IDENTITY = { id: "sha256:ab" } as EnvironmentIdentity;
const RECIPE: Recipe = { kind: "interpreter", executable: "/bin/python", virtualEnvironment: null };

describe("how an environment is made", () => {
  it("is known to the process that planned it although the cache is emptied", () => {
    const recipes = createRecipes(cache, "/a");
    recipes.remember(IDENTITY, RECIPE);
    recipes.rememberLock("sha256:cd", "six==1.17.0\n");
    fs.rmSync(cache, { recursive: true });
    expect(recipes.recall(IDENTITY)).toEqual(RECIPE);
    expect(recipes.recallLock("sha256:cd")).toBe("six==1.17.0\n");
    expect(createRecipes(cache, "/a").recall(IDENTITY)).toBeNull();
  });

  it("is what this workspace has named, and what another one has only where this one knows nothing", () => {
    const of = (folder: string): Recipe => ({ ...RECIPE, executable: `${folder}/bin/python` });
    for (const folder of ["/a", "/b"]) createRecipes(cache, folder).remember(IDENTITY, of(folder));
    expect(createRecipes(cache, "/a").recall(IDENTITY)).toEqual(of("/a"));
    expect(createRecipes(cache, "/c").recall(IDENTITY)).toEqual(of("/b"));
  });

  it("is known to others as long as it is in the cache, and put right there by who plans it again", () => {
    createRecipes(cache, "/a").remember(IDENTITY, RECIPE);
    expect(createRecipes(cache, "/a").recall(IDENTITY)).toEqual(RECIPE);
    for (const name of fs.readdirSync(path.join(cache, "recipes")))
      fs.truncateSync(path.join(cache, "recipes", name));
    expect(createRecipes(cache, "/a").recall(IDENTITY)).toBeNull();
    createRecipes(cache, "/a").remember(IDENTITY, RECIPE);
    expect(createRecipes(cache, "/a").recall(IDENTITY)).toEqual(RECIPE);
  });
});
