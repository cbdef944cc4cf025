import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "../testing/rig.ts";

// How a verb is asked about, and what is said of one that is not there.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("help");
});

afterAll(() => rig.remove());

describe("help", () => {
  it.each([
    [["run"], ["help", "run"]],
    [["run"], ["--workspace", "somewhere", "help", "run"]],
    [
      ["data", "create"],
      ["help", "data", "create"],
    ],
    [
      ["data", "create"],
      ["data", "help", "create"],
    ],
    [[], ["help"]],
  ])("of %j is the same for %j", (verb, words) => {
    const { code, stdout } = rig.cli(...words);
    expect([code, stdout]).toEqual([0, rig.cli(...verb, "--help").stdout]);
    expect(stdout).toContain("Usage: stepwell");
  });

  it.each([[["help", "rnu"]], [["rnu", "--help"]], [["rnu"]]])(
    "of a verb that is not there is wrong usage: %j",
    (words) => {
      const { code, stdout, stderr } = rig.cli(...words);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain("unknown command 'rnu'\n(Did you mean run?)");
    },
  );

  it("is shown where a verb of `data` and the like is missing, as wrong usage", () => {
    const { code, stdout, stderr } = rig.cli("data");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: stepwell data");
  });

  it.each([[["run"]], [["data", "create"]], [["data", "list"]], [["model", "update"]], [["runs"]]])(
    "names no empty defaults: %j",
    (verb) => {
      expect(rig.cli(...verb, "--help").stdout).not.toMatch(/\[\]\)/);
    },
  );
});
