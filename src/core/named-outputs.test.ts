import { describe, expect, it } from "vitest";
import { namesOutput } from "./named-outputs.ts";

const named = (command: string | null, environmentVariables: Record<string, string> = {}) =>
  namesOutput({ command, environmentVariables }, "model");

describe("namesOutput", () => {
  it("looks for the reference in the command and in the variables", () => {
    expect(named("python train.py --out ${{ outputs.model }}")).toBe(true);
    expect(named("python train.py $[[--out ${{outputs.model}}]]")).toBe(true);
    expect(named("python train.py", { OUT: "${{outputs.model}}" })).toBe(true);
    expect(named("python train.py --out ${{outputs.metrics}}")).toBe(false);
    expect(named("python train.py --out ${{outputs.model_v2}}")).toBe(false);
  });

  it("knows nothing of functions and of steps without a command", () => {
    expect(named("node step.mjs")).toBe(true);
    expect(named(null)).toBe(true);
  });
});
