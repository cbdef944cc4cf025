import { expect, it } from "vitest";
import type { PreImage } from "../core/fingerprint.ts";
import { createMemoryStore } from "../records/memory.ts";
import { createExplainer } from "./explainer.ts";

it("reads no document of a code folder or an environment that is the same on both sides", async () => {
  const read: string[] = [];
  const store = createMemoryStore();
  const watching: typeof store = {
    ...store,
    document: (id) => {
      read.push(id);
      return store.document(id);
    },
  };
  const contents = {} as Parameters<typeof createExplainer>[1];
  const plans = {} as Parameters<typeof createExplainer>[2];
  const { differences } = createExplainer(watching, contents, plans);
  const image = (code: string, environment: string): PreImage =>
    ({
      node: { inputs: {}, outputs: {}, parameters: {}, variables: {}, command: "x" },
      moment: { code, environment, contents: {}, passEnv: [] },
    }) as unknown as PreImage;
  expect(await differences(image("a", "e"), image("a", "e"))).toEqual([]);
  expect(read).toEqual([]);
  const changes = await differences(image("a", "e"), image("b", "e"));
  expect(changes.map(({ kind }) => kind)).toEqual(["code_changed"]);
  expect(read).toEqual(["code/a", "code/b"]);
});

it("reads what many steps share once, and what was not there again", async () => {
  const texts: Record<string, string> = { before: "a\n", after: "a\nb\n" };
  const read: string[] = [];
  const documents = new Map(
    ["before", "after"].map((id) => [
      `code/${id}`,
      JSON.stringify({ snapshotId: id, parts: { "x.py": id } }),
    ]),
  );
  const store: ReturnType<typeof createMemoryStore> = {
    ...createMemoryStore(),
    document: async (id) => {
      read.push(id);
      return documents.get(id) ?? null;
    },
  };
  const contents = {
    snapshotText: async (id: string) => {
      read.push(id);
      return texts[id] ?? null;
    },
  } as unknown as Parameters<typeof createExplainer>[1];
  const plans = {} as Parameters<typeof createExplainer>[2];
  const { differences } = createExplainer(store, contents, plans);
  const image = (command: string, code: string, environment: string): PreImage =>
    ({
      node: { inputs: {}, outputs: {}, parameters: {}, variables: {}, command },
      moment: { code, environment, contents: {}, passEnv: [] },
    }) as unknown as PreImage;
  for (const step of ["one", "two", "three"])
    expect(await differences(image(step, "before", "e"), image(step, "after", "f"))).toEqual([
      { kind: "code_changed", detail: "code changed: x.py (+1 −0)" },
      { kind: "environment_changed", detail: "environment changed" },
    ]);
  const once = ["code/before", "code/after", "before", "after"];
  const missing = ["environment/e", "environment/f"];
  expect([...read].sort()).toEqual([...once, ...missing, ...missing, ...missing].sort());
});
