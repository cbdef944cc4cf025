import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Changes, changesOf, instantsOf, killedAt, SWEEP_MS } from "./kill-sweep.ts";
import { hashOf } from "./read-cache.ts";
import { type Ended, leftovers, makeRig, type Rig } from "./rig.ts";

// kill -9 of every command that registers something, right before changes of every kind that it makes: afterwards the thing
// is there as if nobody had killed, or not at all; the same command again makes it, and nothing is left over.

let rig: Rig;

const FILES = 30;

beforeAll(() => {
  rig = makeRig("registering");
  rig.write("stepwell.yml", "datastores: {far: {type: file, path: ./far}}\n");
  for (let index = 0; index < FILES; index += 1)
    rig.write(`data/d${index % 3}/${index}.txt`, `content ${index}\n`.repeat(500));
  fs.cpSync(rig.at("data"), rig.at("far/in"), { recursive: true });
  rig.write(
    "make.yml",
    "type: command\ncompute: local\ncommand: cp -r ${{inputs.d}}/. ${{outputs.o}}\ninputs: {d: {type: uri_folder, path: ./data}}\noutputs: {o: {type: uri_folder}}\n",
  );
  expect(cli("run", "make.yml", "--name", "made").code).toBe(0);
});
afterAll(() => rig.remove());

/** A user for each name: keys are made at their first use. */
const variables = (name = "anybody") => ({
  XDG_CONFIG_HOME: rig.at(`config/${name}`),
  VALUE: "open sesame",
});
const cli = (...words: readonly string[]): Ended => rig.cliWith(variables(), ...words);

function hashesBelow(folder: string): Readonly<Record<string, string>> {
  const files = fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  return Object.fromEntries(
    files.map((at) => [path.relative(folder, at), hashOf(fs.readFileSync(at))]),
  );
}

/** A version of data with the bytes that it stands for; null: there is none. */
function data(name: string): unknown {
  const shown = cli("data", "show", name, "--json");
  if (shown.code !== 0) return null;
  const { version, contentId, definition } = JSON.parse(shown.stdout);
  const { reference, copied = false, sizeBytes, files } = definition;
  const root = reference.datastore === "far" ? rig.at("far") : rig.at(".stepwell/store");
  const copy = copied ? hashesBelow(path.join(root, reference.path)) : null;
  return { version, contentId, copied, sizeBytes, files, copy };
}

/** What a killed writer left beside what is whole. */
function left(folder: string): readonly string[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((at) => /^\.|\.partial$/.test(path.basename(at)));
}

interface Operation {
  readonly what: string;
  /** Makes the thing of that name. */
  readonly words: (name: string) => readonly string[];
  /** Null: it is not there. */
  readonly state: (name: string) => unknown;
  readonly prepare?: (name: string) => void;
  /** How many of each kind. */
  readonly instants: Changes;
  /** Where nothing may be left. */
  readonly places: readonly string[];
}

const COPIES = ".stepwell/store/assets";
let imports = 0;
const listed = (words: readonly string[], name: string): unknown => {
  const { stdout } = cli(...words, "--json");
  const [all] = Object.values(JSON.parse(stdout) as Record<string, unknown>).filter(Array.isArray);
  const found = (all as readonly { readonly name: string }[]).find((one) => one.name === name);
  return found === undefined ? null : Object.keys(found).sort();
};

const OPERATIONS: readonly Operation[] = [
  {
    what: "data create",
    words: (name) => ["data", "create", "--name", name, "--path", "data"],
    state: data,
    instants: { commit: 1 },
    places: [".stepwell/store/.kept"],
  },
  {
    what: "data create --copy",
    words: (name) => ["data", "create", "--name", name, "--path", "data", "--copy"],
    state: data,
    instants: { commit: 1, name: 1, write: 2, remove: 1 },
    places: [COPIES],
  },
  {
    what: "data create --copy into another default datastore",
    prepare: () =>
      rig.write(
        "stepwell.yml",
        "datastores: {far: {type: file, path: ./far}}\ndefault_datastore: far\n",
      ),
    words: (name) => ["data", "create", "--name", name, "--path", "data", "--copy"],
    state: data,
    instants: { commit: 1, write: 1 },
    places: ["far"],
  },
  {
    what: "data create of an output",
    words: (name) => ["data", "create", "--name", name, "--path", "azureml://jobs/made/outputs/o"],
    state: data,
    instants: { commit: 1, name: 1 },
    places: [],
  },
  {
    what: "data import",
    prepare(name) {
      // Other bytes each time, or there is nothing to bring.
      imports += 1;
      rig.write("far/in/which", String(imports).padStart(4));
      rig.write(
        "import.yml",
        `name: ${name}\ntype: uri_folder\nsource: {type: file_system, connection: azureml:far, path: in}\npath: azureml://datastores/far/paths/copies/\${{name}}\n`,
      );
    },
    words: () => ["data", "import", "import.yml"],
    state(name) {
      const { contentId: _, ...rest } = (data(name) ?? {}) as Record<string, unknown>;
      return "version" in rest ? rest : null;
    },
    instants: { commit: 2, name: 1 },
    places: ["far"],
  },
  {
    what: "secret set",
    words: (name) => ["secret", "set", name, "--from-env", "VALUE"],
    state: (name) => listed(["secret", "list"], name),
    instants: { commit: 1, name: 1, write: 1, remove: 1 },
    places: ["config"],
  },
  {
    what: "datastore create with a secret in its file",
    prepare: (name) =>
      rig.write(
        `${name}.yml`,
        `name: ${name}\ntype: s3\nbucket: b\ncredentials: {access_key_id: ID, secret_access_key: KEY}\n`,
      ),
    words: (name) => ["datastore", "create", `${name}.yml`],
    state: (name) => listed(["datastore", "list"], name),
    instants: { commit: 3 },
    places: ["config"],
  },
];

describe("a command that is killed", () => {
  it.each(OPERATIONS)(
    "$what: all of it or nothing, and all of it when it is done again",
    (one) => {
      const slug = one.what.replaceAll(/[^a-z]+/g, "-");
      one.prepare?.(`${slug}-whole`);
      const { changes } = changesOf(rig, variables(one.what), ...one.words(`${slug}-whole`));
      const wanted = one.state(`${slug}-whole`);
      expect(wanted).not.toBe(null);
      const instants = instantsOf(changes, one.instants);
      let killed = 0;
      for (const instant of instants) {
        const name = `${slug}-${instant.replace(":", "-")}`;
        one.prepare?.(name);
        if (killedAt(rig, variables(name), instant, ...one.words(name))) killed += 1;
        expect([null, wanted]).toContainEqual(one.state(name));
        const again = rig.cliWith(variables(name), ...one.words(name));
        expect([instant, again.stderr, again.code]).toEqual([instant, expect.anything(), 0]);
        expect([instant, one.state(name)]).toEqual([instant, wanted]);
        for (const place of one.places)
          expect([instant, left(rig.at(place))]).toEqual([instant, []]);
      }
      expect(killed).toBeGreaterThan(0);
      expect(leftovers(rig.folder)).toEqual([]);
    },
    SWEEP_MS,
  );
});
