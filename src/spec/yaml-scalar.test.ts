import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolvePlainScalar } from "./yaml-scalar.ts";

describe("resolvePlainScalar", () => {
  it.each([
    ["", "null", ""],
    ["~", "null", ""],
    ["null", "null", ""],
    ["yes", "boolean", "True"],
    ["OFF", "boolean", "False"],
    ["y", "string", "y"],
    ["tRUE", "string", "tRUE"],
    ["010", "integer", "8"],
    ["0o10", "string", "0o10"],
    ["08", "string", "08"],
    ["1_000", "integer", "1000"],
    ["12:30", "integer", "750"],
    ["12:30:45.5", "number", "45045.5"],
    ["0x1f", "integer", "31"],
    ["-0b11", "integer", "-3"],
    ["-0", "integer", "0"],
    ["9223372036854775808", "integer", "9223372036854775808"],
    ["0xffffffffffffffffff", "integer", "4722366482869645213695"],
    ["1e-3", "string", "1e-3"],
    ["1.0e-3", "number", "0.001"],
    ["1.0e-5", "number", "1e-05"],
    ["1.0e+16", "number", "1e+16"],
    ["1.0", "number", "1.0"],
    [".5", "number", "0.5"],
    ["-.5", "string", "-.5"],
    ["1.", "number", "1.0"],
    [".inf", "number", "inf"],
    ["-.INF", "number", "-inf"],
    [".nan", "number", "nan"],
    ["-0.0", "number", "-0.0"],
    ["2020-01-31", "string", "2020-01-31"],
    ["2001-12-14t21:59:43.10-05:00", "string", "2001-12-14t21:59:43.10-05:00"],
    ["0b_", "string", "0b_"],
  ])("reads %j as the %s %j", (source, type, text) => {
    expect(resolvePlainScalar(source)).toEqual({ type, text });
  });

  it("keeps an integer of more digits than Python converts as text", () => {
    const digits = "9".repeat(5_000);
    expect(resolvePlainScalar(digits)).toEqual({ type: "string", text: digits });
  });

  it("reads hostile runs of characters in linear time", () => {
    for (const piece of ["1", "_", "1:", "1_", "0x", ".", "-", "e+"]) {
      const source = `1${piece.repeat(200_000)}!`;
      expect(resolvePlainScalar(source).type).toBe("string");
    }
  });
});

const python = pythonWithYaml();

describe("resolvePlainScalar against PyYAML", () => {
  if (python === null) {
    it.skip("SKIPPED: there is no python3 with PyYAML, and none could be installed", () => {});
    return;
  }

  it("gives the same type and the same Python text for generated scalars", () => {
    const seed = Number(process.env.STEPWELL_SEED ?? Date.now() % 2 ** 31);
    const sources = [...new Set(fc.sample(scalar, { numRuns: 10_000, seed }))];
    const expected = resolveInPython(python, sources);
    const wrong = sources.flatMap((source, index) => {
      const theirs = expected[index];
      const ours = resolvePlainScalar(source);
      if (theirs === null || theirs === undefined) return [];
      const same = theirs.type === ours.type && theirs.text === ours.text;
      return same ? [] : [{ source, ours, theirs }];
    });
    expect(wrong, `replay with STEPWELL_SEED=${seed}`).toEqual([]);
    expect(expected.filter((one) => one?.type === "number").length).toBeGreaterThan(200);
    expect(expected.filter((one) => one?.type === "integer").length).toBeGreaterThan(200);
  });
});

const digits = fc.integer({ min: 0, max: 99_999 }).map(String);
const sign = fc.constantFrom("", "", "+", "-");
const scalar = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."+-_.:eExXbBoO0123456789afnINF~"), maxLength: 9 }),
  fc.tuple(sign, fc.bigInt({ min: 0n, max: 2n ** 80n }).map(String)).map((one) => one.join("")),
  fc.double().map((value) => String(value)),
  fc.double({ noNaN: true }).map((value) => value.toExponential()),
  fc
    .tuple(
      sign,
      digits,
      fc.constantFrom(".", "_.", "._"),
      digits,
      fc.constantFrom("", "e", "E"),
      sign,
      digits,
    )
    .map(([a, b, c, d, e, f, g]) => a + b + c + d + (e === "" ? "" : e + f + (Number(g) % 400))),
  fc
    .tuple(
      sign,
      fc.array(fc.integer({ min: 0, max: 61 }), { minLength: 2, maxLength: 4 }),
      fc.constantFrom("", ".", ".5", ".25_1"),
    )
    .map(([a, parts, tail]) => a + parts.join(":") + tail),
  fc
    .tuple(
      sign,
      fc.constantFrom("0x", "0b", "0", "0o"),
      fc.string({ unit: fc.constantFrom(..."01_7f"), maxLength: 8 }),
    )
    .map((one) => one.join("")),
  fc.constantFrom(
    "yes",
    "No",
    "TRUE",
    "on",
    "Off",
    "null",
    "~",
    "NULL",
    "nan",
    ".NaN",
    "-.nan",
    "+.inf",
    ".Inf",
    "y",
    "N",
    "<<",
  ),
  fc.date({ noInvalidDate: true }).map((value) => value.toISOString().slice(0, 10)),
);

interface Resolved {
  readonly type: string;
  readonly text: string;
}

// Null where PyYAML itself fails: an impossible date, `0b_`.
const SCRIPT = `
import sys, json, yaml
loader = yaml.SafeLoader("")
kinds = {bool: "boolean", int: "integer", float: "number", type(None): "null"}
found = []
for source in json.load(sys.stdin):
    tag = loader.resolve(yaml.ScalarNode, source, (True, False))
    try:
        value = loader.construct_object(yaml.ScalarNode(tag, source))
    except Exception:
        found.append(None)
        continue
    kind = kinds.get(type(value), "string")
    text = "" if kind == "null" else str(value) if kind != "string" else source
    found.append({"type": kind, "text": text})
json.dump(found, sys.stdout)
`;

function resolveInPython(command: string, sources: readonly string[]): (Resolved | null)[] {
  const input = JSON.stringify(sources);
  const ran = spawnSync(command, ["-c", SCRIPT], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout) as (Resolved | null)[];
}

function pythonWithYaml(): string | null {
  const has = (command: string) => spawnSync(command, ["-c", "import yaml"]).status === 0;
  if (has("python3")) return "python3";
  const folder = path.join(tmpdir(), "stepwell-test-pyyaml");
  const own = path.join(folder, "bin", "python");
  if (existsSync(own) && has(own)) return own;
  if (spawnSync("python3", ["-m", "venv", folder]).status !== 0) return null;
  spawnSync(own, ["-m", "pip", "install", "--quiet", "pyyaml"], { timeout: 60_000 });
  return has(own) ? own : null;
}
