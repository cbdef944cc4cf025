import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// What `plan` promises of a step whose environment has no lock: nothing here is ever resolved, so no network is needed.

let rig: Rig;
beforeEach(() => {
  rig = makeRig("environment-plan");
  rig.write("requirements.txt", "six==1.17.0\n");
});
afterEach(() => rig.remove());

function pipeline(environment: string): void {
  rig.write(
    "p.yml",
    `type: pipeline\njobs:\n  s: {type: command, command: echo hi${environment}}\n`,
  );
}

function decision(...words: readonly string[]): string {
  return JSON.parse(rig.cli("plan", "p.yml", ...words, "--json").stdout).steps[0].decision;
}

it("is certain of a step that never ran, and of no other: the lock may be that of an earlier result", () => {
  const environment = ", environment: {requirements: requirements.txt}";
  pipeline(environment);
  expect(decision()).toBe("run");
  pipeline("");
  expect(rig.run("run", "p.yml").status).toBe("Completed");
  pipeline(environment);
  expect(decision()).toBe("depends");
  expect(decision("--force")).toBe("run");
});

it("refuses with --locked, and in CI, what the run would refuse", () => {
  pipeline(", environment: {requirements: requirements.txt}");
  expect(rig.cli("plan", "p.yml").code).toBe(0);
  for (const ended of [
    rig.cli("plan", "p.yml", "--locked"),
    rig.cliWith({ CI: "1" }, "plan", "p.yml"),
    rig.cli("run", "p.yml", "--locked"),
  ]) {
    expect(ended.code).toBe(4);
    expect(ended.stderr).toContain("stepwell.lock.d/requirements-");
  }
});

it("warns of a wheel of the project that is another file than its uv.lock was made of", () => {
  const hash = createHash("sha256").update("a wheel").digest("hex");
  rig.write("wheels/mine-1.0-py3-none-any.whl", "a wheel");
  rig.write("pyproject.toml", '[project]\nname = "app"\nversion = "1"\ndependencies = ["mine"]\n');
  rig.write(
    "uv.lock",
    `version = 1
requires-python = ">=3.9"
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "mine" }]
[package.metadata]
requires-dist = [{ name = "mine", path = "wheels/mine-1.0-py3-none-any.whl" }]
[[package]]
name = "mine"
version = "1.0"
source = { path = "wheels/mine-1.0-py3-none-any.whl" }
wheels = [{ filename = "mine-1.0-py3-none-any.whl", hash = "sha256:${hash}" }]
`,
  );
  pipeline(", environment: {project: .}");
  const warnings = () => JSON.parse(rig.cli("plan", "p.yml", "--json").stdout).warnings;
  expect(warnings()).toEqual([]);
  rig.write("wheels/mine-1.0-py3-none-any.whl", "another wheel");
  expect(warnings()).toEqual([
    expect.stringMatching(/was made of another .*mine-1\.0.*\.whl, .* --upgrade-package mine$/),
  ]);
});
