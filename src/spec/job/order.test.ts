import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loaded } from "../../testing/loaded-job.ts";
import type { PipelineNode, StepNode } from "../graph.ts";
import { orderSteps } from "./order.ts";

const [template] = loaded("command: ls").graph?.steps ?? [];

function step(path: string, dependsOn: readonly string[], parent: string | null = null): StepNode {
  if (template === undefined) throw new Error("there is no template");
  return { ...template, path, parent, dependsOn };
}

function pipeline(path: string): PipelineNode {
  return { path, parent: null, displayName: null, component: null, position: null, outputs: {} };
}

function paths(steps: readonly StepNode[], pipelines: readonly PipelineNode[] = []) {
  const ordered = orderSteps(steps, pipelines);
  return "steps" in ordered ? ordered.steps.map((one) => one.path) : ordered.cycles.flat();
}

describe("orderSteps", () => {
  it("keeps the order of the file where nothing speaks against it", () => {
    expect(paths([step("c", []), step("a", []), step("b", ["a"])])).toEqual(["c", "a", "b"]);
  });

  it("takes a pipeline for everything inside it", () => {
    const steps = [step("last", ["p"]), step("p.a", [], "p"), step("p.b", [], "p")];
    expect(paths(steps, [pipeline("p")])).toEqual(["p.a", "p.b", "last"]);
  });

  it("finds a cycle through a pipeline", () => {
    const steps = [step("p.a", ["x"], "p"), step("x", ["p"])];
    expect(paths(steps, [pipeline("p")])).toEqual(["p.a", "p", "x", "p.a"]);
  });

  it("finds every cycle that has no step in common with another one", () => {
    const steps = [step("a", ["a"]), step("b", ["c"]), step("c", ["b"]), step("d", ["c", "b"])];
    expect(orderSteps(steps, [])).toEqual({
      cycles: [
        ["a", "a"],
        ["b", "c", "b"],
      ],
    });
  });

  it("puts every step of any graph without a cycle after all that it waits for", () => {
    const graph = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(graph, fc.infiniteStream(fc.nat()), (edges, chance) => {
        const steps = edges.map((before, at) =>
          step(`s${at}`, at === 0 ? [] : before.map((one) => `s${one % at}`)),
        );
        const shuffled = steps
          .map((one) => ({ one, key: chance.next().value }))
          .sort((left, right) => left.key - right.key)
          .map(({ one }) => one);
        const ordered = paths(shuffled);
        expect([...ordered].sort()).toEqual(steps.map((one) => one.path).sort());
        for (const one of steps) {
          for (const before of one.dependsOn) {
            expect(ordered.indexOf(before)).toBeLessThan(ordered.indexOf(one.path));
          }
        }
      }),
    );
  });
});
