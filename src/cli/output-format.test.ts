import { describe, expect, it } from "vitest";
import { inFormat } from "./output-format.ts";

const RUNS = JSON.stringify({
  schema: 1,
  runs: [
    { name: "taxi-2", status: "Failed", tags: { team: "x" }, experiment: "a\tb" },
    { name: "taxi-1", status: "Completed", tags: {}, experiment: null },
  ],
});

describe("-o", () => {
  it("tsv prints a row for each member of the list, without what is nested", () => {
    expect(inFormat("tsv", RUNS)).toBe("taxi-2\tFailed\ta\\tb\ntaxi-1\tCompleted\t");
  });

  it("tsv prints an object without a list as one row", () => {
    expect(inFormat("tsv", '{"schema":1,"name":"taxi-1","status":"Running"}')).toBe(
      "taxi-1\tRunning",
    );
  });

  it("yaml keeps every value and the order of keys", () => {
    const text = inFormat("yaml", '{"b":{"x":[1,null]},"a":"yes"}');
    expect(text).toBe("b:\n  x:\n    - 1\n    - null\na: 'yes'\n");
  });

  it("json is indented, and a text that is no object stays as it is", () => {
    expect(inFormat("json", '{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(inFormat("yaml", "taxi-17")).toBe("taxi-17");
  });
});
