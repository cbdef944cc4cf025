import fs from "node:fs";
import { expect, it } from "vitest";
import { makeRig } from "./rig.ts";

// Resolving an environment takes the network: what cannot be resolved is tried once a run, however many steps ask for it.

const UV = `#!/bin/sh
case "$1 $2" in
  "pip compile") echo "$@" >> "$HOME_OF_TEST/asked"; echo "no such package" >&2; exit 1 ;;
  *) echo "uv 9.9.9" ;;
esac
`;

it("an environment that cannot be resolved is tried once, also where the definition was read before", () => {
  const rig = makeRig("resolve-once");
  try {
    rig.write("bin/uv", UV);
    fs.chmodSync(rig.at("bin/uv"), 0o755);
    rig.write(
      "p.yml",
      `type: pipeline
jobs:
  one: {command: echo one, environment: {packages: [nothere]}}
  two: {command: node --version, environment: {packages: [nothere]}}
`,
    );
    const PATH = `${rig.at("bin")}:${process.env.PATH}`;
    for (const runs of [1, 2, 3]) {
      const words = ["run", "p.yml"] as const;
      const { code, stderr } = rig.cliWith({ CI: "", HOME_OF_TEST: rig.folder, PATH }, ...words);
      expect(code).toBe(4);
      expect(stderr).toMatch(/step one: The packages .* cannot be resolved for Python \S+:\n/);
      expect(stderr).toMatch(/step two: .* as told of step one/);
      expect(rig.read("asked").trim().split("\n")).toHaveLength(runs);
    }
  } finally {
    rig.remove();
  }
});
