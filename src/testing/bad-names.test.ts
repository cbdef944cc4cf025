import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// Names that are paths, or too long, or no text, wherever data is named: refused in words, and nothing outside is read or written.

let rig: Rig;

beforeEach(() => {
  rig = makeRig("bad-names");
  rig.write("stepwell.yml", "datastores: {lake: {type: file, path: ./lake}}\n");
  rig.write("lake/ok.txt", "ok");
  rig.write("data/x.txt", "x");
  rig.write("outside.txt", "outside");
});

afterEach(() => rig.remove());

interface Refused {
  readonly code: number | null;
  readonly said: string;
}

function cli(...words: readonly string[]): Refused {
  const { code, stderr } = rig.cli(...words);
  return { code, said: stderr };
}

const LONG = "n".repeat(4096);

describe("the name of something registered", () => {
  it.each(["../x", "a/../b", "..", "/x", "a\nb", "a:b:c", LONG])(
    "%# is refused, and not echoed whole",
    (name) => {
      for (const kind of ["data", "model"]) {
        const { code, said } = cli(kind, "create", "--name", name, "--path", "data");
        expect([code, said]).toEqual([2, expect.stringContaining("use up to 255 letters")]);
        expect(said.length).toBeLessThan(300);
        expect(said).not.toContain("a\nb");
      }
      expect(JSON.parse(rig.cli("data", "list", "--json").stdout).assets).toEqual([]);
    },
  );

  it("is refused in files of every kind, at its place", () => {
    const files: Readonly<Record<string, string>> = {
      component: "name: ../evil\ntype: command\ncommand: ls\n",
      datastore: "name: ../evil\ntype: file\npath: ./lake\n",
      data: "name: ../evil\npath: ./data\ntype: uri_folder\n",
      model: "name: ../evil\npath: ./data\ntype: custom_model\n",
      environment: "name: ../evil\nimage: x\n",
    };
    for (const [kind, text] of Object.entries(files)) {
      rig.write(`${kind}.yml`, text);
      expect([kind, cli(kind, "create", `${kind}.yml`)]).toEqual([
        kind,
        { code: 2, said: expect.stringMatching(/\.yml:1:7: error: `\.\.\/evil` is not a name/) },
      ]);
    }
    expect(fs.existsSync(rig.at("evil"))).toBe(false);
  });

  it("is refused as a version, and as a secret", () => {
    expect(cli("data", "create", "--name", "ok", "--version", "../1", "--path", "data")).toEqual({
      code: 2,
      said: expect.stringContaining("is not a version of an asset"),
    });
    expect(cli("data", "create", "--name", "ok", "--version", "latest", "--path", "data")).toEqual({
      code: 2,
      said: expect.stringContaining("latest is always the newest version"),
    });
    for (const [verb, ...words] of [
      ["create", "--name", "ok", "--path", "data"],
      ["update", "ok"],
    ])
      expect(cli("data", verb as string, ...words, "--tag", "=v")).toEqual({
        code: 2,
        said: expect.stringContaining("the tag =v has no name"),
      });
    expect(cli("secret", "set", "../x", "--from-file", "outside.txt")).toEqual({
      code: 2,
      said: expect.stringContaining("is not a name of a secret"),
    });
  });
});

function job(node: object, more: object = {}): void {
  rig.write("job.json", JSON.stringify({ type: "pipeline", jobs: { step: node, ...more } }));
}

describe("a path inside of something", () => {
  it.each([
    ["azureml://datastores/lake/paths/../outside.txt", "leaves the datastore lake"],
    ["azureml://datastores/lake/paths/a/../../outside.txt", "leaves the datastore lake"],
    ["azureml://datastores/../paths/x", "there is no datastore .."],
    ["azureml://jobs/made/outputs/step.out/paths/../../../../../outside.txt", "nothing there"],
    ["azureml://jobs/../outputs/step.out", "no run named .."],
  ])("%s as an input is refused before anything starts", (at, message) => {
    job({ command: "echo x > ${{outputs.out}}/f", outputs: { out: { type: "uri_folder" } } });
    expect(cli("run", "job.json", "--name", "made").code).toBe(0);
    job({ command: "cat ${{inputs.in}}", inputs: { in: { type: "uri_folder", path: at } } });
    expect(cli("run", "job.json")).toEqual({ code: 2, said: expect.stringContaining(message) });
  });

  it("of an import or export is refused, and nothing is written there", () => {
    job({
      ...{ type: "data_transfer", task: "import_data" },
      source: { type: "file_system", connection: "lake", path: "../data" },
      outputs: { sink: { type: "uri_folder" } },
    });
    expect(cli("run", "job.json")).toEqual({
      code: 2,
      said: expect.stringMatching(/leaves the datastore lake\n[\s\S]*write a path inside of it/),
    });
    job({
      ...{ type: "data_transfer", task: "export_data" },
      inputs: { source: { type: "uri_folder", path: "./data" } },
      sink: { type: "file_system", connection: "lake", path: "../sent" },
    });
    expect(cli("run", "job.json")).toEqual({
      code: 1,
      said: expect.stringContaining("../sent leaves the datastore lake"),
    });
    expect(fs.existsSync(rig.at("sent"))).toBe(false);
  });
});

describe("what a step makes", () => {
  const python = (text: string): string => `python3 -c '${text}' \${{outputs.out}}`;

  it.each([
    [
      "a link out of the output",
      "ln -s ../../../../../outside.txt ${{outputs.out}}/link",
      "leads out of its folder",
    ],
    [
      "a link to a secret file",
      "ln -s /etc/passwd ${{outputs.out}}/link",
      "leads out of its folder",
    ],
    [
      "a name that is no UTF-8",
      python('import sys; open(sys.argv[1].encode() + b"/caf\\xe9", "w")'),
      "not valid UTF-8",
    ],
  ])("is not taken when it holds %s, and never sent anywhere", (_, command, message) => {
    job(
      { command, outputs: { out: { type: "uri_folder" } } },
      {
        send: {
          ...{ type: "data_transfer", task: "export_data" },
          inputs: { source: "${{parent.jobs.step.outputs.out}}" },
          sink: { type: "file_system", connection: "lake", path: "sent" },
        },
      },
    );
    const { code, said } = cli("run", "job.json");
    expect([code, said]).toEqual([1, expect.stringContaining(message)]);
    expect(said).toMatch(/→ (replace|rename)/);
    expect(fs.readdirSync(rig.at("lake"))).toEqual(["ok.txt"]);
  });

  it("keeps names apart that differ in case, and names as long as a disk takes", () => {
    const long = "n".repeat(255);
    const command = `echo 1 > \${{outputs.out}}/Read; echo 2 > \${{outputs.out}}/read; echo 3 > \${{outputs.out}}/${long}`;
    job(
      { command, outputs: { out: { type: "uri_folder" } } },
      {
        send: {
          ...{ type: "data_transfer", task: "export_data" },
          inputs: { source: "${{parent.jobs.step.outputs.out}}" },
          sink: { type: "file_system", connection: "lake", path: "sent" },
        },
      },
    );
    expect(cli("run", "job.json").code).toBe(0);
    expect(fs.readdirSync(rig.at("lake/sent")).sort()).toEqual(["Read", long, "read"].sort());
    expect(rig.read("lake/sent/read")).toBe("2\n");
  });
});

describe("a file that changes between the plan and the step that reads it", () => {
  it("fails the step that copies it, and no mixture of both is kept", () => {
    rig.write("data/x.txt", "x".repeat(100));
    const change = `printf changed >> ${rig.at("data/x.txt")}; echo done > \${{outputs.out}}/f`;
    job(
      { command: change, outputs: { out: { type: "uri_folder" } } },
      {
        copy: {
          ...{ type: "data_transfer", task: "copy_data" },
          inputs: {
            after: "${{parent.jobs.step.outputs.out}}",
            data: { type: "uri_folder", path: "./data" },
          },
          outputs: { all: { type: "uri_folder" } },
        },
      },
    );
    rig.write("stepwell.yml", "keep: reference\n");
    const { code, said } = cli("run", "job.json");
    expect([code, said]).toEqual([
      1,
      expect.stringContaining("no longer what the run was planned with"),
    ]);
    expect(fs.existsSync(rig.at(".stepwell/store/azureml/job-1/copy/all"))).toBe(false);
  });
});
