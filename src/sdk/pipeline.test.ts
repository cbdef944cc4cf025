import { describe, expect, it } from "vitest";
import { command } from "./command.ts";
import { pipeline } from "./pipeline.ts";
import { PIPELINE } from "./pipeline-parts.ts";

const say = command({ name: "say", run: "date" });

describe("a pipeline in a pipeline", () => {
  it("has its renamed steps told as well, once", () => {
    const inner = pipeline({ name: "inner" }, () => {
      say();
      say();
    });
    const outer = pipeline({ name: "outer" }, () => {
      inner({}, { name: "left" });
      inner({}, { name: "right" });
    });
    const { remarks } = outer[PIPELINE].write(new Map(), "/pipeline.ts");
    expect(remarks.map(({ message, origin }) => [message, origin()?.line])).toEqual([
      [expect.stringContaining("a second call of `say` is called `say_2`"), 12],
    ]);
  });
});
