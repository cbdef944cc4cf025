import { describe, expect, it } from "vitest";
import type { Graph } from "../spec/graph.ts";
import { loaded } from "../testing/loaded-job.ts";
import { checkCommands } from "./check-commands.ts";

/** Codes of what is said of a job with this command and the value `["a", "b"]`. */
function codes(command: string): readonly string[] {
  const job = loaded(`command: ${command}\ninputs: {x: '["a", "b"]'}\n`);
  return checkCommands(job.graph as Graph).map((problem) => problem.code);
}

describe("a value that holds quotes", () => {
  it("is told where the shell would have taken them away", () => {
    expect(codes("run --x ${{inputs.x}}")).toEqual(["shell_text_in_value"]);
    expect(codes('run --x "${{inputs.x}}"')).toEqual(["shell_text_in_value"]);
  });

  it("is not told between single quotes, where a shell leaves it alone, or where nothing reads it", () => {
    expect(codes("run --x '${{inputs.x}}'")).toEqual([]);
    expect(codes("run")).toEqual([]);
  });
});
