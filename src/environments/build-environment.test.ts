import { expect, it } from "vitest";
import { type BuildContext, buildEnvironment } from "./build-environment.ts";
import { identityOf } from "./recipes.ts";

it("says of a uv that was killed while it read a project's lock that it was killed", async () => {
  const identity = identityOf({
    label: "project app",
    kind: "uv",
    pythonVersion: "3.11.7",
    platform: "linux",
    packages: {},
    programs: {},
    editable: {},
    lockId: "sha256:1",
  });
  const project = { folder: "/app" };
  const recipe = { kind: "venv", label: identity.label, lockId: identity.lockId, project };
  const end = { exitCode: null, signal: "SIGKILL", stdout: "", stderr: "" };
  const context = {
    cacheFolder: "/none",
    variables: {},
    recipes: { recall: () => recipe, recallLock: () => null },
    uv: async () => ({ run: async () => end }),
  } as unknown as BuildContext;
  expect(await buildEnvironment(identity, context)).toMatchObject({
    failure: { message: "The environment project app cannot be made: uv was killed (SIGKILL)." },
  });
});
