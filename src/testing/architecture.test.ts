import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

// Which room may import which: the direction of ARCHITECTURE.md, held by reading the imports. Types of ports are
// allowed to steps, because an attempt's order is the language between them.

const SOURCE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  spec: [],
  core: ["spec"],
  ports: ["core", "spec"],
  steps: ["core", "spec", "ports"],
  computes: ["ports", "core"],
  storages: ["ports", "core", "spec"],
  datastores: ["ports", "core", "spec"],
  tables: ["ports", "core", "spec"],
  transfers: ["tables", "ports", "core", "spec"],
  records: ["ports", "core"],
  environments: ["ports", "core", "spec"],
  engine: ["core", "steps", "ports", "spec"],
  operations: ["engine", "steps", "core", "ports", "spec", "modules", "tables", "transfers"],
  display: [],
  sdk: ["spec", "display", "client"],
  functions: [],
  modules: ["functions", "spec"],
  client: [
    "sdk",
    "display",
    "operations",
    "modules",
    "tables",
    "core",
    "ports",
    "spec",
    "wiring.ts",
  ],
  cli: ["operations", "tables", "core", "ports", "spec", "display", "wiring.ts", "version.ts"],
};

/** Groups of operations, lowest first; what lies beside them in `operations/` serves all and imports none. */
const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  recorded: [],
  data: ["recorded"],
  definitions: [],
  drafts: ["definitions"],
  plans: ["recorded", "data", "definitions"],
  explained: ["recorded", "data", "plans"],
  sharing: ["recorded", "data", "plans"],
  runs: ["recorded", "data", "definitions", "drafts", "plans", "explained", "sharing"],
  lineage: ["recorded", "data"],
  keeping: ["recorded", "data", "definitions", "runs"],
  assets: ["recorded", "data", "definitions", "keeping"],
};

/** Read files of the kernel or of this program, and one that is named by whoever hands a secret through it. */
const OF_THE_SYSTEM = [
  "cli/commands/demo.ts",
  "cli/commands/secret.ts",
  "cli/start.ts",
  "computes/memory-group.ts",
  "computes/process-linux.ts",
  "ports/read-file.ts",
];

function imports(file: string): readonly string[] {
  const text = fs.readFileSync(file, "utf8");
  return [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map((match) =>
    path.relative(SOURCE, path.resolve(path.dirname(file), match[1] ?? "")),
  );
}

function files(room: string): readonly string[] {
  return fs
    .readdirSync(path.join(SOURCE, room), { recursive: true })
    .map((name) => path.join(SOURCE, room, String(name)))
    .filter((file) => file.endsWith(".ts") && !/\.(test|deep\.test)\.ts$/.test(file));
}

describe("the rooms of src/", () => {
  it.each(Object.keys(ALLOWED))("%s imports only what it may", (room) => {
    const may = new Set([room, ...(ALLOWED[room] ?? [])]);
    const strays = files(room).flatMap((file) =>
      imports(file)
        .filter((target) => !may.has(target.split(path.sep)[0] ?? ""))
        .map((target) => `${path.relative(SOURCE, file)} imports ${target}`),
    );
    expect(strays).toEqual([]);
  });

  it.each(["", ...Object.keys(OPERATIONS)])("operations/%s imports only lower groups", (group) => {
    const may = new Set([group, ...(OPERATIONS[group] ?? [])]);
    const groupOf = (file: string): string => {
      const [room, first = "", name] = file.split(path.sep);
      return room !== "operations" || name === undefined ? "" : first;
    };
    const own = files("operations").filter((one) => groupOf(path.relative(SOURCE, one)) === group);
    const strays = own.flatMap((file) =>
      imports(file)
        .filter((target) => groupOf(target) !== "" && !may.has(groupOf(target)))
        .map((target) => `${path.relative(SOURCE, file)} imports ${target}`),
    );
    expect(own).not.toEqual([]);
    expect(strays).toEqual([]);
  });

  it("load the client from the SDK in one place, when something is run", () => {
    const loading = files("sdk").flatMap((file) =>
      [...fs.readFileSync(file, "utf8").matchAll(/^.*"\.\.\/client\/.*$/gm)].map(([line]) =>
        line.trim(),
      ),
    );
    expect(loading).toEqual(['return import("../client/client.ts").then(({ client }) => client);']);
  });

  it("keeps files short: 400 lines at most, tests and scripts too", () => {
    const root = path.dirname(SOURCE);
    const rooms = ["scripts", "python", "library"].map((name) => path.join(root, name));
    const all = [SOURCE, ...rooms].flatMap((folder) =>
      fs
        .readdirSync(folder, { recursive: true })
        .map((name) => path.join(folder, String(name)))
        .filter((file) => /\.(ts|mjs|py)$/.test(file)),
    );
    const long = all.filter((file) => fs.readFileSync(file, "utf8").split("\n").length > 401);
    expect(long.map((file) => path.relative(root, file))).toEqual([]);
  });

  it("read files by name in one place, which waits for no pipe and reads no device", () => {
    // Node itself loads what these name, and the others are no files of a user's or are open already.
    const apart = new Set(["functions", "modules", "sdk"]);
    const ours = /readFileSync\((?:handle|0\b|`?"?\/proc|fileURLToPath)/;
    const others = new Set(OF_THE_SYSTEM);
    const strays = Object.keys(ALLOWED)
      .filter((room) => !apart.has(room))
      .flatMap(files)
      .filter((file) => !others.has(path.relative(SOURCE, file)))
      .flatMap((file) =>
        [...fs.readFileSync(file, "utf8").matchAll(/.*\breadFileSync\(.*/g)]
          .filter(([line]) => !ours.test(line))
          .map(([line]) => `${path.relative(SOURCE, file)}: ${line.trim()}`),
      );
    expect(strays).toEqual([]);
  });

  it("gives core and engine no time and no chance of their own", () => {
    const ambient = [...files("core"), ...files("engine")].filter((file) =>
      /Date\.now|Math\.random|setTimeout|performance\.now|new Date\(\)/.test(
        fs.readFileSync(file, "utf8"),
      ),
    );
    expect(ambient.map((file) => path.relative(SOURCE, file))).toEqual([]);
  });
});
