import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, exited } from "./rig.ts";

// What `scripts/build.mjs` builds in: nothing of it is left in the project, however a build ends.

const SCRIPT = pathToFileURL(
  path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../scripts/fresh-folder.mjs"),
).href;

let project: string;

beforeEach(() => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-build-"));
});

afterEach(() => fs.rmSync(project, { recursive: true, force: true }));

/** Words of a program that builds into `fresh`, and then does `rest`. */
function building(rest: string): readonly string[] {
  const out = JSON.stringify(path.join(project, "dist"));
  return [
    "--input-type=module",
    "-e",
    `import fs from "node:fs"; import { freshFolder } from ${JSON.stringify(SCRIPT)};
const fresh = freshFolder(${out}); fs.mkdirSync(fresh); fs.writeFileSync(fresh + "/main.cjs", ""); ${rest}`,
  ];
}

/** Kept alive until it is stopped. */
async function halfWay(): Promise<ChildProcess> {
  const child = spawn(process.execPath, building("setInterval(() => {}, 1000)"));
  const half = path.join(project, `dist.${child.pid}`, "main.cjs");
  await eventually(() => fs.existsSync(half), "it has begun");
  return child;
}

describe("the folder of a build", () => {
  it("is not left by one that fails", () => {
    const failed = spawnSync(process.execPath, building('throw new Error("no")'));
    expect([failed.status, fs.readdirSync(project)]).toEqual([1, []]);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "is not left by one that %s stops",
    async (signal) => {
      const child = await halfWay();
      child.kill(signal);
      expect(await exited(child)).toBeGreaterThan(128);
      expect(fs.readdirSync(project)).toEqual([]);
    },
  );

  it("of one that was killed goes with the next; that of one that is at work, and all else, stays", async () => {
    const killed = await halfWay();
    const other = await halfWay();
    killed.kill("SIGKILL");
    await exited(killed);
    for (const name of ["dist", "dist.old", `dist.${killed.pid}.bak`])
      fs.mkdirSync(path.join(project, name));
    const stays = ["dist", "dist.old", `dist.${killed.pid}.bak`, `dist.${other.pid}`].sort();
    expect(fs.readdirSync(project)).toContain(`dist.${killed.pid}`);
    const words = building(
      `fs.rmSync(${JSON.stringify(path.join(project, "dist"))}, { recursive: true }); fs.renameSync(fresh, ${JSON.stringify(path.join(project, "dist"))});`,
    );
    expect(spawnSync(process.execPath, words).status).toBe(0);
    expect(fs.readdirSync(project).sort()).toEqual(stays);
    expect(fs.readdirSync(path.join(project, "dist"))).toEqual(["main.cjs"]);
    other.kill("SIGKILL");
    await exited(other);
  });
});
