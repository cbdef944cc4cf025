import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DataProfile } from "../operations/data/profile-data.ts";
import { makeRig, type Rig } from "./rig.ts";

// `data profile` as a person types it.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("profile");
  fs.mkdirSync(rig.at(".git"));
  const rows = Array.from(
    { length: 1000 },
    (_, at) => `${at},${at % 4 === 0 ? "" : at / 2},k${at % 3}`,
  );
  rig.write("t.csv", `id,half,kind\n${rows.join("\n")}\n`);
});

afterAll(() => rig.remove());

function profile(word: string): DataProfile {
  const done = rig.cli("data", "profile", word, "--json");
  expect([done.code, done.stderr]).toEqual([0, ""]);
  return JSON.parse(done.stdout);
}

describe("data profile", () => {
  it("counts what the columns hold", () => {
    const { rows, columns } = profile("t.csv");
    expect(rows).toBe(1000);
    expect(columns[0]).toMatchObject({ name: "id", type: "integer", distinct: 1000, max: 999 });
    expect(columns[1]).toMatchObject({ type: "number", nulls: 250, min: 0.5 });
    expect(columns[2]?.top).toEqual([
      { value: "k0", count: 334 },
      { value: "k1", count: 333 },
      { value: "k2", count: 333 },
    ]);
  });

  it("names the columns of a table without rows", () => {
    rig.write("none.csv", "id,fare\n");
    const { rows, columns } = profile("none.csv");
    expect(rows).toBe(0);
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ["id", null],
      ["fare", null],
    ]);
  });

  it("prints a line for each column", () => {
    const { stdout } = rig.cli("data", "profile", "t.csv");
    expect(stdout).toMatch(/^half +number +25 % +750 /m);
    expect(stdout).toMatch(/^kind .*k0 33.4 %, k1 33.3 %, k2 33.3 %$/m);
  });

  it("writes a page with its histograms in it", () => {
    rig.write("bad.csv", 'a<script>,"b"\n1,<img src=x>\n2,x\n');
    expect(rig.cli("data", "profile", "bad.csv", "--html", "bad.html").code).toBe(0);
    const page = rig.read("bad.html");
    expect(page).toContain("<svg");
    expect(page).not.toMatch(/<script|<img/);
  });

  it("takes the like tables of a folder for one, and reads no others", () => {
    rig.write("parts/part-0.csv", "x\n1\n2\n");
    rig.write("parts/part-1.csv", "x,y\n3,a\n");
    rig.write("parts/_SUCCESS", "");
    rig.write("parts/read.me", "x\n");
    const { files, rows, columns } = profile("parts");
    expect([files, rows]).toEqual([2, 3]);
    expect(columns.map(({ name, nulls }) => [name, nulls])).toEqual([
      ["x", 0],
      ["y", 2],
    ]);
  });

  it("refuses what is no table", () => {
    rig.write("page.html", "<p>hello");
    const { code, stderr } = rig.cli("data", "profile", "page.html");
    expect([code, stderr]).toEqual([1, expect.stringContaining("there is no table in")]);
    rig.write("cut.parquet", "PAR1 and then nothing");
    expect(rig.cli("data", "profile", "cut.parquet").stderr).toContain("cannot be read as Parquet");
  });
});
