import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type FunctionEnd, FunctionProject, NO_PORTS } from "../../testing/function-project.ts";
import type { FunctionPorts } from "../function-site.ts";

let place: FunctionProject | null = null;

afterEach(() => {
  place?.remove();
  place = null;
});

const PORTS: FunctionPorts = {
  inputs: {},
  outputs: { model: { type: "uri_folder" }, report: { type: "uri_file" } },
};

const IMPORTS = `import fs from "node:fs"; import * as all from "node:fs"; import { writeFile, open } from "node:fs/promises";
import { writeFileSync } from "fs"; import { pathToFileURL } from "node:url"; import { promisify } from "node:util"; import os from "node:os";
import { step } from "stepwell";`;

/** How a step ends whose run has this body, on line 5, with `there`, the path of a folder that is not its own. */
async function ended(body: string, ports = PORTS): Promise<FunctionEnd> {
  const text = `${IMPORTS}

export const evaluate = step({ name: "evaluate", async run({ outputs }: any) { const there = process.env.THERE as string;
${body}
} });
`;
  place = new FunctionProject({
    "steps.ts": text,
    "there/kept.txt": "kept",
    "there/linked/kept.txt": "kept",
    "model/first.txt": "first",
    "tmp/first.txt": "first",
    "home/first.txt": "first",
    "work/first.txt": "first",
  });
  const { folder } = place;
  const within = (name: string): string => path.join(folder, name);
  fs.symlinkSync(within("there/kept.txt"), within("model/file-link"));
  fs.symlinkSync(within("there"), within("model/folder-link"));
  fs.symlinkSync("../there/new.txt", within("model/dangling"));
  fs.symlinkSync(within("model"), within("linked-model"));
  const given = [`outputs.model=${within("linked-model")}`, `outputs.report=${within("r.json")}`];
  return place.run(ports, {
    workFolder: within("work"),
    arguments: ports === PORTS ? given : [],
    variables: {
      THERE: within("there"),
      TMPDIR: within("tmp"),
      HOME: within("home"),
      STEPWELL_CHECKPOINT_DIR: within("checkpoint"),
    },
  });
}

function left(): readonly string[] {
  const folder = path.join(place?.folder ?? "", "there");
  return fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
}

const HINT = "write to outputs.model or outputs.report, or to the temporary folder";

describe("a write outside of what belongs to the step", () => {
  it.each([
    ["fs.writeFileSync(`${there}/x`, '');", "x"],
    ["writeFileSync(`${there}/x`, '');", "x"],
    ["all.writeFileSync(Buffer.from(`${there}/x`), '');", "x"],
    ["fs.writeFileSync(pathToFileURL(`${there}/x`), '');", "x"],
    ["fs.writeFile(`${there}/x`, '', () => {});", "x"],
    ["await promisify(fs.writeFile)(`${there}/x`, '');", "x"],
    ["await writeFile(`${there}/x`, '');", "x"],
    ["await fs.promises.appendFile(`${there}/x`, '');", "x"],
    ["fs.appendFileSync(`${there}/kept.txt`, '');", "kept.txt"],
    ["fs.createWriteStream(`${there}/x`);", "x"],
    ["fs.openSync(`${there}/x`, 'w');", "x"],
    ["fs.openSync(`${there}/kept.txt`, 'r+');", "kept.txt"],
    ["fs.openSync(`${there}/kept.txt`, fs.constants.O_RDWR);", "kept.txt"],
    ["await open(`${there}/x`, 'a');", "x"],
    ["fs.renameSync(`${there}/kept.txt`, outputs.report);", "kept.txt"],
    ["fs.renameSync(`${outputs.model}/first.txt`, `${there}/x`);", "x"],
    ["fs.copyFileSync(`${outputs.model}/first.txt`, `${there}/x`);", "x"],
    ["await fs.promises.cp(outputs.model, `${there}/x`, { recursive: true });", "x"],
    ["fs.linkSync(`${there}/kept.txt`, `${there}/x`);", "x"],
    ["fs.symlinkSync(`${there}/kept.txt`, `${there}/x`);", "x"],
    ["fs.mkdirSync(`${there}/x/y`, { recursive: true });", "x/y"],
    ["fs.mkdtempSync(`${there}/x`);", "x"],
    ["fs.rmSync(`${there}/linked`, { recursive: true });", "linked"],
    ["await fs.promises.rmdir(`${there}/linked`);", "linked"],
    ["fs.unlinkSync(`${there}/kept.txt`);", "kept.txt"],
    ["fs.truncateSync(`${there}/kept.txt`);", "kept.txt"],
    ["fs.utimesSync(`${there}/kept.txt`, 1, 1);", "kept.txt"],
    ["fs.chmodSync(`${there}/kept.txt`, 0o600);", "kept.txt"],
    ["process.chdir(there); fs.writeFileSync('x', '');", "x"],
    ["fs.writeFileSync(`${outputs.model}/../there/x`, '');", "x"],
    ["fs.writeFileSync(`${outputs.model}/file-link`, '');", "kept.txt"],
    ["fs.writeFileSync(`${outputs.model}/folder-link/linked/x`, '');", "linked/x"],
    ["fs.writeFileSync(`${outputs.model}/dangling`, '');", "new.txt"],
    [
      "fs.symlinkSync(there, `${outputs.model}/l`); fs.rmSync(`${outputs.model}/l/linked`);",
      "linked",
    ],
  ])("fails at once with its place: %s", async (body, name) => {
    const end = await ended(body);
    const file = path.join(place?.folder ?? "", "there", name);
    expect(end.status).toBe(1);
    expect(end.stderr).toContain(
      `Error: run of step \`evaluate\` writes ${file}, which is not in its outputs\n${HINT}\n    at `,
    );
    expect(end.stderr).toMatch(/ {4}at (?:async )?run \(steps\.ts:6:\d+\)/);
    expect(end.stderr).toContain("code: 'STEPWELL_WRITE_OUTSIDE'");
    expect(end.stderr.match(/writes /g)).toHaveLength(1);
    expect(left()).toEqual(["kept.txt", "linked", "linked/kept.txt"]);
  });

  it.each([
    ["is caught", "try { fs.rmSync(there, { recursive: true }); } catch {}"],
    ["is caught and ends well", "try { fs.rmSync(there); } catch { process.exitCode = 0; }"],
    [
      "is made after run has returned",
      "setImmediate(() => { try { fs.rmSync(there); } catch {} });",
    ],
    [
      "is made after run has returned, and the process is ended",
      "setImmediate(() => { try { fs.rmSync(there); } catch {} process.exit(0); });",
    ],
    ["is left alone as a promise", "writeFile(`${there}/x`, '').catch(() => {});"],
    ["is told to a callback", "fs.open(`${there}/x`, 'w', () => {});"],
    ["is told to a stream's listener", "new fs.WriteStream(`${there}/x`).on('error', () => {});"],
  ])("fails the step when it %s", async (_, body) => {
    const end = await ended(body);
    expect(end.status).toBe(1);
    expect(end.stderr.match(/writes .*there.*, which is not in its outputs/g)).toHaveLength(1);
  });

  it("is told after the error that came of it", async () => {
    const end = await ended("try { fs.rmSync(there); } catch { throw new TypeError('other'); }");
    expect(end.status).toBe(1);
    expect(end.stderr).toMatch(/^TypeError: other\n[\s\S]*\nError: run of step `evaluate` writes /);
  });

  it("says to declare an output where the step has none", async () => {
    const end = await ended("fs.writeFileSync(`${there}/x`, '');", NO_PORTS);
    expect(end.stderr).toContain(
      "\nwrite to an output that the step declares, or to the temporary folder\n",
    );
  });
});

describe("what belongs to the step", () => {
  it.each([
    ["a folder that is an output", "await writeFile(`${outputs.model}/x`, '');"],
    ["it itself", "fs.rmSync(fs.realpathSync(outputs.model), { recursive: true });"],
    ["a new folder in it", "fs.mkdirSync(`${outputs.model}/a/b`, { recursive: true });"],
    ["links in it", "fs.unlinkSync(`${outputs.model}/folder-link`);"],
    ["a link in it to data", "fs.symlinkSync(there, `${outputs.model}/l`);"],
    ["a file that is an output", "fs.createWriteStream(outputs.report).end('');"],
    [
      "it, by a longer name first",
      "fs.writeFileSync(`${outputs.report}.1`, ''); fs.renameSync(`${outputs.report}.1`, outputs.report);",
    ],
    ["the temporary folder", "fs.writeFileSync(`${fs.mkdtempSync(`${os.tmpdir()}/a-`)}/x`, '');"],
    ["the working folder", "fs.mkdirSync('a/b', { recursive: true });"],
    ["devices", "fs.writeFileSync('/dev/null', '');"],
    ["caches of the user", "fs.mkdirSync(`${os.homedir()}/.cache/a`, { recursive: true });"],
    [
      "caches of packages",
      "const f = `${process.env.STEPWELL_PROJECT_FOLDER}/node_modules`; for (const g of ['.cache/a', 'b/.cache']) fs.mkdirSync(`${f}/${g}`, { recursive: true });",
    ],
    ["checkpoints", "fs.mkdirSync(process.env.STEPWELL_CHECKPOINT_DIR, { recursive: true });"],
    ["metrics", "fs.appendFileSync(process.env.STEPWELL_METRICS, '');"],
    [
      "a file that is open",
      "const f = fs.openSync(outputs.report, 'w'); fs.writeFileSync(f, 'a');",
    ],
    [
      "a file that is open, by a stream",
      "const fd = fs.openSync(outputs.report, 'w'); fs.createWriteStream(`${there}/x`, { fd }).end('');",
    ],
    [
      "a file that is open, by its handle",
      "const f = await open(outputs.report, 'w'); await writeFile(f, 'a'); await f.close();",
    ],
  ])("may be written: %s", async (_, body) => {
    expect(await ended(body)).toMatchObject({ status: 0, stderr: "" });
  });

  it.each([
    [
      "reading",
      "fs.readFileSync(`${there}/kept.txt`); await (await open(`${there}/kept.txt`)).close();",
    ],
    ["reading by flags", "fs.openSync(there, fs.constants.O_RDONLY); fs.openSync(there, 'r');"],
    ["a stream that reads", "fs.createReadStream(`${there}/kept.txt`).resume();"],
    ["a folder that is there", "fs.mkdirSync(there, { recursive: true });"],
  ])("is no matter for %s", async (_, body) => {
    expect(await ended(body)).toMatchObject({ status: 0, stderr: "" });
  });

  it("is no matter for what Node refuses itself", async () => {
    const end = await ended("fs.writeFileSync(undefined as any, '');");
    expect(end.stderr).toContain("ERR_INVALID_ARG_TYPE");
  });
});

describe("functions that are guarded", () => {
  it("fail streams whose opening a package has replaced", async () => {
    const body = `class Own extends fs.WriteStream {
  open() { fs.open(this.path, "w", (error) => this.emit("error", error)); }
}
await new Promise((_, fail) => new Own(\`\${there}/x\`).on("error", fail));`;
    const end = await ended(body);
    expect(end.status).toBe(1);
    expect(end.stderr).toContain("code: 'STEPWELL_WRITE_OUTSIDE'");
    expect(end.stderr).not.toContain("never settled");
  });

  it("are replaced by packages as before", async () => {
    const body = `const old = fs.writeFileSync; let calls = 0;
fs.writeFileSync = ((...words: any) => { calls += 1; return (old as any)(...words); }) as any;
fs.writeFileSync(outputs.report, "a"); console.log(calls, old.name, old.length, fs.open.name);`;
    expect(await ended(body)).toMatchObject({ status: 0, stdout: "1 writeFileSync 3 open\n" });
  });
});
