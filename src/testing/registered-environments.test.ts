import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// A registered environment keeps what the files said that its requirements named. Nothing is resolved here: the name of the
// lock says what is asked for.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("registered-environments");
  rig.write("env/requirements.yml", "name: pip\nversion: 1\nrequirements: requirements.txt\n");
  rig.write("env/requirements.txt", "six\n-r more/base.txt\n");
  rig.write("env/more/base.txt", "-c limits.txt\n");
  rig.write("env/conda.yml", "name: conda\nversion: 1\nconda_file: packages.yml\n");
  rig.write("env/packages.yml", "dependencies:\n- pip:\n  - six\n  - -r file:more/base.txt\n");
});

afterAll(() => rig.remove());

const lock = (name: string): string | undefined =>
  /^lock (.*)$/m.exec(rig.cli("environment", "show", name).stdout)?.[1];

describe.each(["requirements", "conda"])("a registered environment of a %s file", (kind) => {
  const name = kind === "conda" ? "conda" : "pip";

  it("keeps its meaning when a file changes that is named with -r or -c, which is another version", () => {
    rig.write("env/more/limits.txt", "six==1.16.0\n");
    const create = () => rig.cli("environment", "create", `env/${kind}.yml`);
    expect(create().code).toBe(0);
    expect(create().stdout).toContain("already has this very content");
    const before = lock(name);
    rig.write("env/more/limits.txt", "six==1.15.0\n");
    expect([before, lock(name)]).toEqual([expect.stringContaining(`${name}-`), before]);
    const refused = create();
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("other content")]);
  });

  it("outlives the files", () => {
    const before = lock(name);
    fs.renameSync(rig.at("env/more"), rig.at("env/away"));
    expect(lock(name)).toBe(before);
    rig.write(
      "job.yml",
      `type: command\ncompute: local\ncommand: ls\nenvironment: azureml:${name}:1\n`,
    );
    expect(rig.cli("plan", "job.yml").stderr).toBe("");
    fs.renameSync(rig.at("env/away"), rig.at("env/more"));
  });
});
