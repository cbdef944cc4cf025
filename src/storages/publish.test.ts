import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ContentId, ManifestEntry } from "../core/content.ts";
import { writerMark } from "../ports/writer-mark.ts";
import { publishCopy } from "./publish.ts";

const OLD = new Date(Date.now() - 48 * 60 * 60_000);
const ELSEWHERE = `${"a".repeat(16)}-1`;

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-publish-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const at = (name: string): string => path.join(folder, name);

/** The mark of a process of this machine that is no more. */
function deadMark(): string {
  const { pid } = spawnSync("true");
  return writerMark().replace(/\d+$/, String(pid));
}

function publish(name: string): readonly string[] {
  fs.writeFileSync(at("from"), "new");
  publishCopy({ from: at("from"), to: at(name), entries: null, memory: null });
  return fs.readdirSync(folder).sort();
}

describe("a copy to a place of the user's", () => {
  it("removes what a killed process left of one in the same folder, and nothing of a living one", () => {
    const living = `.x.stepwell-${writerMark()}-77`;
    const theirs = ".y.stepwell-of-theirs";
    const left = ["x", "y"].map((name) => `.${name}.stepwell-${deadMark()}-0`);
    for (const name of [...left, living, theirs]) fs.writeFileSync(at(name), "");
    expect(publish("x")).toEqual([living, theirs, "from", "x"].sort());
  });

  it("removes what another machine left only when it is a day old", () => {
    const fresh = `.x.stepwell-${ELSEWHERE}-0`;
    const old = `.x.stepwell-${ELSEWHERE}-1`;
    for (const name of [fresh, old]) fs.writeFileSync(at(name), "");
    fs.utimesSync(at(old), OLD, OLD);
    expect(publish("x")).toEqual([fresh, "from", "x"]);
  });

  it("brings back what was moved aside by a process that was killed then, unless it has its name", () => {
    const aside = `.x.stepwell-${deadMark()}-0.old`;
    fs.mkdirSync(at(aside));
    fs.writeFileSync(at(`${aside}/theirs`), "");
    // The new one fails before it is there.
    expect(() =>
      publishCopy({ from: at("none"), to: at("x"), entries: null, memory: null }),
    ).toThrow();
    expect(fs.readdirSync(at("x"))).toEqual(["theirs"]);
    fs.rmSync(at("x"), { recursive: true });
    fs.writeFileSync(at("x"), "old");
    fs.mkdirSync(at(aside));
    expect(publish("x")).toEqual(["from", "x"]);
    expect(fs.readFileSync(at("x"), "utf8")).toBe("new");
  });

  it("is made although nobody can remember it, and what it put there stays then", () => {
    for (const name of ["old", "new"]) {
      fs.rmSync(at("from"), { recursive: true, force: true });
      fs.mkdirSync(at("from"));
      fs.writeFileSync(at(`from/${name}`), "");
      const entry = { type: "file", path: name, size: 0, executable: false, id: `sha256:${name}` };
      const memory = at(`from/${name}/is/no/folder`);
      publishCopy({ from: at("from"), to: at("x"), entries: [entry as ManifestEntry], memory });
    }
    expect(fs.readdirSync(at("x")).sort()).toEqual(["new", "old"]);
  });

  it("leaves a folder alone that was moved away and linked to, and is whole beside it", () => {
    const publishNow = (...names: readonly string[]): void => {
      fs.rmSync(at("from"), { recursive: true, force: true });
      fs.mkdirSync(at("from/sub"), { recursive: true });
      const entries = names.map((name): ManifestEntry => {
        fs.writeFileSync(at(`from/sub/${name}`), name);
        const id = `sha256:${name}` as ContentId;
        return { type: "file", path: `sub/${name}`, size: name.length, executable: false, id };
      });
      publishCopy({ from: at("from"), to: at("x"), entries, memory: at("memory") });
    };
    publishNow("kept", "old");
    fs.renameSync(at("x/sub"), at("theirs"));
    fs.symlinkSync(at("theirs"), at("x/sub"));
    publishNow("kept", "new");
    expect(fs.readdirSync(at("theirs")).sort()).toEqual(["kept", "old"]);
    expect(fs.readdirSync(at("x/sub")).sort()).toEqual(["kept", "new"]);
  });
});
