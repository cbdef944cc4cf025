// A workspace for the examples: datastores, mapped URLs, computes and environments from the facts beside the cases.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import type { Ended } from "../rig.ts";

const CLI = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../dist/stepwell.js");

interface Facts {
  readonly datastores: Readonly<Record<string, string>>;
  readonly url_map: Readonly<Record<string, string>>;
  readonly computes: readonly string[];
  readonly environments: Readonly<Record<string, string | readonly string[]>>;
}

export interface ExampleWorkspace {
  readonly folder: string;
  readonly store: string;
  cli(...words: readonly string[]): Ended;
}

export function makeWorkspace(examples: string): ExampleWorkspace {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-acceptance-"));
  const facts = JSON.parse(fs.readFileSync(path.join(examples, "workspace.json"), "utf8")) as Facts;
  const store = path.join(folder, "seed");
  fs.cpSync(path.join(examples, "seed", "workspaceblobstore"), store, { recursive: true });
  const at = (file: string): string => path.join(examples, file);
  const config = {
    datastores: { workspaceblobstore: { type: "file", path: store } },
    url_map: Object.fromEntries(
      Object.entries(facts.url_map).map(([url, file]) => [url, at(file)]),
    ),
    computes: Object.fromEntries(["*", ...facts.computes].map((name) => [name, { type: "local" }])),
    environments: Object.fromEntries(
      Object.entries(facts.environments).map(([name, value]) => [
        name,
        typeof value === "string" ? value : { packages: value },
      ]),
    ),
  };
  fs.writeFileSync(path.join(folder, "stepwell.yml"), JSON.stringify(config));
  return {
    folder,
    store,
    cli(...words) {
      const done = spawnSync(process.execPath, [CLI, "--workspace", folder, ...words], {
        cwd: folder,
        env: { ...process.env, CI: "", NO_COLOR: "1" },
        encoding: "utf8",
        maxBuffer: 1 << 28,
      });
      return { code: done.status, stdout: done.stdout, stderr: done.stderr };
    },
  };
}
