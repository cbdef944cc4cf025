import { generateKeyPairSync } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { load } from "js-yaml";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "./repository.ts";
import { type Ended, makeRig, type Rig } from "./rig.ts";

// The examples for CI: what their jobs run, in clones of a small project, with the key from a variable as CI has it.

let ci: Rig;
let change: Rig;

beforeAll(() => {
  ci = makeRig("ci");
  change = makeRig("change");
  const project = path.join(ROOT, "examples/01-first-pipeline");
  for (const rig of [ci, change]) fs.cpSync(project, rig.folder, { recursive: true });
});

afterAll(() => {
  ci.remove();
  change.remove();
});

const key = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
const CI = { STEPWELL_SIGNING_KEY: String(key) };

/** The words after `npx --yes stepwell` of every job. */
function commandsOf(file: string): readonly (readonly string[])[] {
  const text = fs.readFileSync(path.join(ROOT, "examples/ci", file), "utf8");
  expect(load(text)).toBeTypeOf("object");
  return [...text.matchAll(/npx --yes stepwell ([^>\n]*)/g)].map((match) =>
    (match[1] ?? "").trim().split(/\s+/),
  );
}

it.each(["github.yml", "gitlab.yml"])("%s plans a change and runs the main branch", (file) => {
  expect(commandsOf(file)).toEqual([["plan", "--markdown"], ["run"]]);
});

it("what the main branch ran is reused by a change, and its plan says so", () => {
  const [plan = [], run = []] = commandsOf("github.yml");
  const publicKey = ci.cliWith(CI, "cache", "key").stdout.trim();
  const text = `cache: [{url: "${ci.at("cache")}", mode: read-write, trust: ["${publicKey}"]}]\n`;
  for (const rig of [ci, change]) {
    const file = rig.at("stepwell.yml");
    const own = fs.existsSync(file) ? rig.read("stepwell.yml") : "";
    rig.write("stepwell.yml", own + text);
  }
  const ended: Ended = ci.cliWith(CI, ...run);
  expect([ended.code, ended.stderr.includes("was not shared")]).toEqual([0, false]);
  fs.cpSync(ci.at("stepwell.lock.d"), change.at("stepwell.lock.d"), {
    recursive: true,
    force: true,
    filter: () => fs.existsSync(ci.at("stepwell.lock.d")),
  });
  const planned = change.cliWith({ XDG_CONFIG_HOME: change.at("config") }, ...plan);
  expect(planned.code).toBe(0);
  expect(planned.stdout).toMatch(/\*\*0 to run, \d+ to reuse\*\*/);
  expect(fs.existsSync(change.at(".stepwell"))).toBe(false);
});
