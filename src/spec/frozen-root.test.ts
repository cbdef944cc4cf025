import { describe, expect, it } from "vitest";
import { localPath } from "./data-reference.ts";
import { liveFolder } from "./frozen-root.ts";

const ROOT = `/w/.stepwell/frozen/${"0a".repeat(32)}/root`;

describe("paths inside the copy of a registered definition", () => {
  it.each([
    ["./code", "/home/u/p/code"],
    ["../shared", "/home/u/shared"],
    ["../../../../../etc", "/etc"],
    ["/data/x", "/data/x"],
    ["file:///data/x", "/data/x"],
  ])("%s stays inside", (text, original) => {
    expect(localPath(text, `${ROOT}/home/u/p`)).toBe(ROOT + original);
  });

  it("know the folder that was copied", () => {
    expect(liveFolder(`${ROOT}/home/u/p`)).toBe("/home/u/p");
    expect(liveFolder(ROOT)).toBe("/");
    expect(liveFolder("/home/u/p")).toBe("/home/u/p");
  });

  it("elsewhere mean what they say", () => {
    expect(localPath("../x", "/home/u")).toBe("/home/x");
  });
});
