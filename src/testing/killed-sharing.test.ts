import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Changes, changesOf, instantsOf, killedAt, SWEEP_MS } from "./kill-sweep.ts";
import { countBytes, hashOf, newFiles, readCache, SHARED_PIPELINE } from "./read-cache.ts";
import { type Ended, makeRig, type Rig } from "./rig.ts";

// kill -9 of `push` and `pull` with a cache in a folder, right before changes of every kind that they make. Whoever reads the
// cache meanwhile sees a result wholly or not at all; the same command again goes on, and nothing is left over.

let maker: Rig;
/** A cache that an unharmed push has written, and what it took. */
let whole: string;
let pushing: Changes;

beforeAll(() => {
  maker = makeRig("maker");
  maker.write("p.yml", SHARED_PIPELINE);
  expect(cli(maker, "run", "p.yml", "--name", "made").code).toBe(0);
  whole = cache("whole");
  pushing = changesOf(maker, variables(maker), "push", "made").changes;
});
afterAll(() => maker.remove());

const variables = (rig: Rig) => ({ XDG_CONFIG_HOME: rig.at("config") });
const cli = (rig: Rig, ...words: readonly string[]): Ended => rig.cliWith(variables(rig), ...words);

const isUnfinished = (at: string): boolean => path.basename(at).startsWith(".stepwell-tmp-");

function filesBelow(folder: string): readonly string[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

const hashOfFile = (file: string): string => hashOf(fs.readFileSync(file));

const readable = (place: string): ReadonlyMap<string, string> =>
  readCache(
    new Map(
      filesBelow(place)
        .filter((at) => !isUnfinished(at))
        .map((at) => [at, fs.readFileSync(path.join(place, at))]),
    ),
  );

/** Unfinished files that hold bytes; names that outlived their file take no room, and go with the next write there. */
function leftIn(place: string): readonly string[] {
  return filesBelow(place).filter(
    (at) =>
      isUnfinished(at) && !at.endsWith("-parts") && fs.statSync(path.join(place, at)).nlink === 1,
  );
}

function cache(name: string): string {
  maker.write("stepwell.yml", `cache: [{url: ./${name}, mode: read-write}]\n`);
  return maker.at(name);
}

describe("push that is killed", () => {
  it(
    "leaves only what is whole, and goes on with what is missing when it is done again",
    () => {
      const wanted = readable(whole);
      const total = countBytes(wanted);
      const instants = [
        ...instantsOf(pushing, { name: 3, write: 3, sync: 2, remove: 2, make: 1 }),
        // Between what leads to the run.
        ...[1, 2].map((before) => `name:${(pushing.name ?? 0) - before}`),
      ];
      let killed = 0;
      let sent = 0;
      for (const instant of instants) {
        const place = cache(`killed-${instant.replace(":", "-")}`);
        if (killedAt(maker, variables(maker), instant, "push", "made")) killed += 1;
        const there = readable(place);
        const again = cli(maker, "push", "made");
        expect([instant, again.stderr, again.code]).toEqual([instant, "", 0]);
        expect([instant, newFiles(again.stdout)]).toEqual([instant, total - countBytes(there)]);
        expect([instant, readable(place)]).toEqual([instant, wanted]);
        expect([instant, leftIn(place)]).toEqual([instant, []]);
        sent += countBytes(there);
      }
      const journals = maker.at(".stepwell/transfers");
      for (const name of filesBelow(journals)) fs.utimesSync(path.join(journals, name), 1, 1);
      expect(cli(maker, "gc").code).toBe(0);
      expect(filesBelow(journals)).toEqual([]);
      // A few calls more or less are made each time, so that the last instants may not come.
      expect(killed).toBeGreaterThan(instants.length / 2);
      expect(sent).toBeGreaterThan(0);
    },
    SWEEP_MS,
  );
});

it("gc leaves what is being fetched for long, and takes what nobody came back to", () => {
  const at = (name: string): string => maker.at(`.stepwell/downloads/${name}`);
  const old = new Date(Date.now() - 2 * 60 * 60_000);
  const lay = (name: string, file: string): void => {
    fs.mkdirSync(at(`${name}/deep`), { recursive: true });
    for (const one of [`${name}/deep/a`, file]) fs.writeFileSync(at(one), "");
    for (const one of [`${name}/deep/a`, `${name}/deep`, name, file])
      fs.utimesSync(at(one), old, old);
  };
  lay("slow.partial", "slow.lock");
  lay("fetch-slow", "fetch-slow.lock");
  lay("left.partial", "left.lock");
  lay("fetch-left", "fetch-left.lock");
  for (const one of ["slow.partial", "fetch-slow"]) fs.writeFileSync(at(`${one}/deep/a`), "more");
  expect(cli(maker, "gc").code).toBe(0);
  expect(fs.readdirSync(maker.at(".stepwell/downloads")).sort()).toEqual(
    ["fetch-slow", "fetch-slow.lock", "slow.lock", "slow.partial"].sort(),
  );
});

describe("pull that is killed", () => {
  const readers: Rig[] = [];
  afterAll(() => {
    for (const rig of readers) rig.remove();
  });

  function newReader(): Rig {
    const rig = makeRig("reader");
    readers.push(rig);
    const key = cli(maker, "cache", "key").stdout.trim();
    rig.write("stepwell.yml", `cache: [{url: "${whole}", trust: [${key}]}]\n`);
    return rig;
  }

  /** Outputs by name, as `path: hash`; what the run and the steps are called here does not count. */
  function outputs(rig: Rig): Readonly<Record<string, readonly string[]>> {
    const store = rig.at(".stepwell/store/azureml");
    const found: Record<string, readonly string[]> = {};
    for (const at of filesBelow(store)) {
      const [, , output = "", ...rest] = at.split("/");
      const line = `${rest.join("/")}: ${hashOfFile(path.join(store, at))}`;
      found[output] = [...(found[output] ?? []), line];
    }
    return found;
  }

  /** Files that were brought and compared already. */
  const brought = (rig: Rig): readonly number[] => {
    const folder = rig.at(".stepwell/downloads");
    return filesBelow(folder)
      .map((at) => fs.statSync(path.join(folder, at)))
      .filter(({ mode }) => (mode & 0o222) === 0)
      .map(({ ino }) => ino);
  };

  const inodes = (rig: Rig): readonly number[] => {
    const store = rig.at(".stepwell/store/azureml");
    return filesBelow(store).map((at) => fs.statSync(path.join(store, at)).ino);
  };

  it(
    "shows whole outputs only, and does not bring again what it had brought",
    () => {
      const first = newReader();
      const { changes } = changesOf(first, variables(first), "pull", "made");
      const wanted = outputs(maker);
      expect(outputs(first)).toEqual(wanted);
      const instants = instantsOf(changes, { write: 3, name: 3, commit: 2, open: 1 });
      let kept = 0;
      for (const instant of instants) {
        const rig = newReader();
        killedAt(rig, variables(rig), instant, "pull", "made");
        for (const [name, files] of Object.entries(outputs(rig)))
          expect([instant, name, files]).toEqual([instant, name, wanted[name]]);
        const there = [...brought(rig), ...inodes(rig)];
        const again = cli(rig, "pull", "made");
        expect([instant, again.stderr, again.code]).toEqual([instant, "", 0]);
        expect([instant, outputs(rig)]).toEqual([instant, wanted]);
        expect([instant, inodes(rig)]).toEqual([instant, expect.arrayContaining([...there])]);
        expect([instant, filesBelow(rig.at(".stepwell/downloads"))]).toEqual([instant, []]);
        kept += there.length;
      }
      expect(kept).toBeGreaterThan(0);
    },
    SWEEP_MS,
  );
});
