import { expect, it } from "vitest";
import { memoryReader } from "../../testing/memory-reader.ts";
import { SPEC_LIMITS } from "../limits.ts";
import { LoadContext } from "./load-context.ts";

it("makes a hint only for a finding that is kept", () => {
  const context = new LoadContext({
    file: "/job.yml",
    set: [],
    inputs: {},
    compute: null,
    reader: memoryReader({ files: {}, folders: [], components: {} }),
    knownComputes: null,
    limits: { ...SPEC_LIMITS, problems: 10 },
  });
  let made = 0;
  const hint = (): string => {
    made += 1;
    return "Do something else.";
  };
  for (const message of ["again", "again", ...Array.from({ length: 100 }, (_, at) => `${at}`)])
    context.error(null, "unknown_node", message, hint);
  expect(made).toBe(10);
  expect(context.problems).toHaveLength(11);
  expect(context.problems[0]).toMatchObject({ message: "again", hint: "Do something else." });
});
