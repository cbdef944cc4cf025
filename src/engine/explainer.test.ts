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
