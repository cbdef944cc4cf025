import { expect, it } from "vitest";
import { loadWorkspaceConfig } from "./workspace-config.ts";

const load = (text: string) => loadWorkspaceConfig(text, "/project/stepwell.yml");

it.each([
  ["s3://", "`s3://` names no place"],
  ["s3:///x", "`s3:///x` is no bucket or container that could hold a cache"],
  ["https://example.org/x", "is no bucket or container that could hold a cache"],
  ["ftp://example.org/x", "is not a kind of address that Stepwell knows"],
  ["azureml:iris:1", "an asset or output cannot hold a cache"],
  ["", "the path is empty"],
  ["s3://key:secret-9f@bucket/x", "the address of a cache holds a password"],
])("a cache at %j is an error with its place", (url, words) => {
  const { config, problems } = load(`slots: 1\ncache:\n  - url: "${url}"\n`);
  expect(problems).toMatchObject([
    { severity: "error", code: "bad_cache", position: { line: 3, column: 10 } },
  ]);
  expect(problems[0]?.message).toContain(words);
  expect(JSON.stringify(problems)).not.toContain("secret-9f");
  expect(config.caches).toEqual([]);
});

it.each([
  "./shared",
  "s3://team/stepwell",
  "gs://team",
  "wasbs://container@account.blob.core.windows.net/x",
  "azureml://datastores/lake/paths/cache",
])("a cache may be at %s", (url) => {
  const { config, problems } = load(`cache: [{url: "${url}"}]\n`);
  expect([problems, config.caches.map((one) => one.url)]).toEqual([[], [url]]);
});

it.each(["", "a b", "../x"])("%j is no name of a default datastore", (name) => {
  const { config, problems } = load(`default_datastore: "${name}"\n`);
  expect(problems).toMatchObject([{ code: "bad_name", position: { line: 1, column: 20 } }]);
  expect(config.defaultDatastore).toBeNull();
});

it("a default datastore may be named as in Azure ML", () => {
  expect(load("default_datastore: azureml:lake\n").config.defaultDatastore).toBe("lake");
});
