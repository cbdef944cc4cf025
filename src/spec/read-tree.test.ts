import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SPEC_LIMITS } from "./limits.ts";
import { type Plain, toPlain } from "./plain.ts";
import { readMapping, readTree } from "./read-tree.ts";
import { getSet, positionOf, type TreeNode } from "./tree.ts";

const FILE = "/project/job.yml";

function plain(text: string): Plain {
  const { root, problems } = readTree(text, FILE, SPEC_LIMITS);
  expect(problems).toEqual([]);
  return root === null ? null : toPlain(root);
}

function codes(text: string, limits = SPEC_LIMITS): readonly string[] {
  return readTree(text, FILE, limits).problems.map((one) => one.code);
}

function at(node: TreeNode | null): string {
  const position = node === null ? null : positionOf(node);
  return `${position?.line}:${position?.column}`;
}

describe("readTree", () => {
  it("reads mappings, lists, block texts and quoted texts", () => {
    const text =
      "a: [1, {b: 'it''s'}]\nc: |\n  one\n  two\nd: >-\n  one\n  two\ne: \"\\u00e9\"\nf:\n";
    expect(plain(text)).toEqual({
      a: [1, { b: "it's" }],
      c: "one\ntwo\n",
      d: "one two",
      e: "é",
      f: null,
    });
  });

  it("resolves plain scalars as PyYAML does, and leaves quoted ones alone", () => {
    expect(plain("[yes, \"yes\", 010, '010', 1e-3, 1.0e-3]")).toEqual([
      true,
      "yes",
      8,
      "010",
      "1e-3",
      0.001,
    ]);
  });

  it("keeps keys as they are written", () => {
    expect(plain("on: 1\n01: 2\nyes: 3\n1.50: 4")).toEqual({ on: 1, "01": 2, yes: 3, "1.50": 4 });
  });

  it("reads JSON, a byte order mark, CRLF and one document between marks", () => {
    expect(plain('{"a": {"b": [1, true, null, "x"]}}')).toEqual({ a: { b: [1, true, null, "x"] } });
    expect(plain("\uFEFFa: 1\r\nb: |\r\n  x\r\n  y\r\n")).toEqual({ a: 1, b: "x\ny\n" });
    expect(plain("%YAML 1.1\n---\na: 1\n...\n")).toEqual({ a: 1 });
  });

  it("honours the tags of the core schema and refuses all others", () => {
    expect(plain("[!!str 1, !!int '7', !!float 1, !!bool yes, !!null '', ! 5]")).toEqual([
      "1",
      7,
      "1.0",
      true,
      null,
      "5",
    ]);
    expect(codes("a: !!python/object/apply:os.system [ls]")).toEqual(["unknown_tag"]);
    expect(codes("a: !!binary aGk=")).toEqual(["unknown_tag"]);
    expect(codes("a: !!int x")).toEqual(["unknown_tag"]);
  });

  it("gives every node its line and column, counting characters", () => {
    const text = 'a:\n  b: "x"\n  😀😀: [1,\n      2]\n';
    const { root } = readTree(text, FILE, SPEC_LIMITS);
    const inner = getSet(root, "a");
    expect(at(getSet(inner, "b"))).toBe("2:6");
    const list = getSet(inner, "😀😀");
    expect(at(list)).toBe("3:7");
    expect(at(list?.kind === "list" ? (list.items[1] ?? null) : null)).toBe("4:7");
  });
});

describe("anchors, aliases and merge keys", () => {
  it("repeats what an alias names", () => {
    expect(plain("a: &x {k: [1]}\nb: *x\nc: [*x]")).toEqual({
      a: { k: [1] },
      b: { k: [1] },
      c: [{ k: [1] }],
    });
  });

  it("merges with own keys winning, and the first of several mappings winning", () => {
    const text =
      "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 9}\nd: {<<: *b, w: 0}";
    expect(plain(text)).toMatchObject({ c: { x: 9, y: 1, z: 2 }, d: { y: 2, z: 2, w: 0 } });
    expect(Object.keys((plain(text) as { d: object }).d)).toEqual(["y", "z", "w"]);
  });

  it("treats a quoted `<<` as a key", () => {
    expect(plain('{"<<": 1}')).toEqual({ "<<": 1 });
  });

  it.each([
    ["a: *nowhere", "bad_alias"],
    ["a: &a [1, *a]", "bad_alias"],
    ["a: &a {b: *a}", "bad_alias"],
    ["a: {<<: 5}", "bad_merge"],
    ["a: {<<: [{x: 1}, 5]}", "bad_merge"],
  ])("refuses %s", (text, code) => {
    expect(codes(text)).toEqual([code]);
  });
});

describe("mistakes of the text", () => {
  it("reports a duplicate key with both places", () => {
    const [problem] = readTree("a: 1\nb: 2\n  \na: 3\n", FILE, SPEC_LIMITS).problems;
    expect(problem).toMatchObject({
      code: "duplicate_key",
      position: { file: FILE, line: 4, column: 1 },
    });
    expect(problem?.message).toContain("line 1, column 1");
  });

  it("reports every duplicate key of a file, not only the first", () => {
    expect(codes("a: 1\na: 2\nb: {c: 1, c: 2}\nd: 1\nd: 1\n")).toEqual(
      Array(3).fill("duplicate_key"),
    );
  });

  it.each([
    ["a: [1", "yaml_syntax"],
    ["a: 'x", "yaml_syntax"],
    ["a: b: c", "yaml_syntax"],
    ["\ta: 1\nb", "yaml_syntax"],
    ["a: @x", "yaml_syntax"],
    ["a: \u0007", "yaml_syntax"],
    ["a: \0", "yaml_syntax"],
    ['a: "\\0"', "nul_character"],
    ['"a\\0": b', "nul_character"],
    ["a: 1\n---\nb: 2", "several_documents"],
    ["? {a: 1}\n: 2", "bad_key"],
    ["~: 1\n: 2", "bad_key"],
  ])("refuses %j", (text, code) => {
    expect(codes(text)).toContain(code);
  });

  it("says that a reference inside of brackets needs quotes", () => {
    const text = "inputs: {a: 1, n: ${{parent.inputs.m}}}\n";
    const [problem] = readTree(text, FILE, SPEC_LIMITS).problems;
    expect(problem).toMatchObject({ code: "yaml_syntax", position: { line: 1 } });
    expect(problem?.hint).toContain("needs quotes");
  });

  it("names tabs where they are the mistake", () => {
    const [problem] = readTree("a:\n\t- b: 1\n", FILE, SPEC_LIMITS).problems;
    expect(problem).toMatchObject({ code: "yaml_syntax", position: { line: 2 } });
    expect(problem?.hint).toContain("tabs");
  });

  it("says where a bracket stands that nobody closes, not where the text ends", () => {
    const [problem] = readTree("a:\n  b: [x, y\nc: 1\nd: 2\n", FILE, SPEC_LIMITS).problems;
    expect(problem).toMatchObject({ code: "yaml_syntax", position: { line: 3 } });
  });

  it("wants a mapping where a definition is read", () => {
    for (const text of ["", "# nothing\n", "- a", "just text", "~"]) {
      const { root, problems } = readMapping(text, FILE, SPEC_LIMITS);
      expect(root).toBeNull();
      expect(problems.map((one) => one.code)).toEqual(["not_a_mapping"]);
    }
  });

  it("keeps keys that programs treat specially as what they are, and pollutes no prototype", () => {
    const text = '{"__proto__": {"polluted": 1}, "a": {"constructor": 1, "prototype": 2}}';
    const read = plain(text) as Record<string, object>;
    expect(Object.keys(read)).toEqual(["__proto__", "a"]);
    expect(JSON.stringify(read)).toBe(JSON.stringify(JSON.parse(text)));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });
});

describe("lines inside of brackets and quotes", () => {
  it.each([
    ["a:\n  b: [\n    x, # one\n  ]\n  c: 1", { a: { b: ["x"], c: 1 } }],
    ["a:\n  b: {x: 1, # one\n\n# two\ny: 2\n}\nc: [d]", { a: { b: { x: 1, y: 2 } }, c: ["d"] }],
    [
      "a:\n  b: [one\ntwo, 'three\n\nfour', \"five \\\nsix\"\n, &s seven, *s]",
      {
        a: { b: ["one two", "three\nfour", "five six", "seven", "seven"] },
      },
    ],
    [
      '- c: "python a.py\n--rate 1\n  --deep"\n  d: 010\n',
      [{ c: "python a.py --rate 1 --deep", d: 8 }],
    ],
    ["a:\r\n  b: [x,\r\ny]\r\nc: 1\r\n", { a: { b: ["x", "y"] }, c: 1 }],
  ])("may start anywhere, as PyYAML has it: %j", (text, expected) => {
    expect(plain(text)).toEqual(expected);
  });

  it("leave every value at its place", () => {
    const text = "a:\n  b: [\nx, y,\n'z'\n]\n  c: 1\nd: 2\n";
    const { root } = readTree(text, FILE, SPEC_LIMITS);
    const a = getSet(root, "a");
    const list = getSet(a, "b");
    const items = list?.kind === "list" ? list.items : [];
    expect([list, ...items, getSet(a, "c"), getSet(root, "d")].map((one) => at(one))).toEqual([
      "2:6",
      "3:1",
      "3:4",
      "4:1",
      "6:6",
      "7:4",
    ]);
  });

  it("are no way to make the parser read a large text over and over", () => {
    const text = `a:\n  b: [\n${"x,\n".repeat(400_000)}]`;
    expect(codes(text)).toEqual(["yaml_syntax"]);
  });
});

describe("limits", () => {
  const bomb = (levels: number, width: number) => {
    const lines = [`a0: &a0 [${Array(width).fill("x").join(",")}]`];
    for (let level = 1; level < levels; level += 1) {
      lines.push(
        `a${level}: &a${level} [${Array(width)
          .fill(`*a${level - 1}`)
          .join(",")}]`,
      );
    }
    return lines.join("\n");
  };

  it.each([
    ["a bomb of lists", bomb(10, 9), "too_many_values"],
    ["a bomb of merges", `${bomb(2, 9)}\nb: &b {<<: [*a1]}`, "bad_merge"],
    [
      "more than a hundred aliases",
      `a: &a 1\nb: [${Array(101).fill("*a").join(",")}]`,
      "too_many_aliases",
    ],
    ["nesting in flow style", "[".repeat(100_000), "too_deep"],
    [
      "nesting in block style",
      Array.from({ length: 100 }, (_, level) => `${" ".repeat(level)}a:`).join("\n"),
      "too_deep",
    ],
    [
      "nesting by aliases",
      Array.from(
        { length: 70 },
        (_, level) => `a${level}: &a${level} [${level === 0 ? "x" : `*a${level - 1}`}]`,
      ).join("\n"),
      "too_deep",
    ],
    ["a mapping of braces", "{a: ".repeat(200_000), "too_deep"],
  ])("stops at %s", (_, text, code) => {
    expect(codes(text)).toContain(code);
  });

  it("accepts sixty-four levels and refuses sixty-five", () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    expect(codes(nested(64))).toEqual([]);
    expect(codes(nested(65))).toEqual(["too_deep"]);
  });

  it("refuses a file over the size limit, and one with too many values before parsing it", () => {
    const small = { ...SPEC_LIMITS, fileBytes: 1_000, nodes: 1_000 };
    expect(codes("é".repeat(600), small)).toEqual(["file_too_large"]);
    expect(codes("- a\n".repeat(1_001), { ...SPEC_LIMITS, nodes: 1_000 })).toEqual([
      "too_many_values",
    ]);
  });

  it("does not take a long block text or a quoted text for many values", () => {
    const limits = { ...SPEC_LIMITS, nodes: 1_000 };
    const line = '  echo "a, b: [c]" - {d}\n';
    expect(codes(`a: |\n${line.repeat(5_000)}b: 1\n`, limits)).toEqual([]);
    expect(codes(`a: "${"x, y: [z] ".repeat(5_000)}"\n`, limits)).toEqual([]);
    expect(codes(`a: 1 # ${"x, y: [z] ".repeat(5_000)}\n`, limits)).toEqual([]);
  });

  it("ends a list of findings at the limit", () => {
    const text = "a: 1\n".repeat(5_000);
    expect(codes(text).length).toBeLessThanOrEqual(SPEC_LIMITS.problems);
  });

  it("reads a scalar of two million characters", () => {
    const text = "x".repeat(2_000_000);
    expect(plain(`a: ${text}`)).toEqual({ a: text });
  });
});

describe("any text", () => {
  it("gives a tree or a finding, and never throws", () => {
    const piece = fc.constantFrom(
      ..."a:- \n[]{},&*!|>'\"#%?<~01.\t\r\0\\",
      "<<: ",
      "*a",
      "&a ",
      "---\n",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { root, problems } = readTree(pieces.join(""), FILE, SPEC_LIMITS);
        if (root !== null) toPlain(root);
        for (const one of problems) {
          expect(one.position?.line).toBeGreaterThan(0);
          expect(one.message).not.toBe("");
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it("reads back what JSON writes", () => {
    const value = fc.jsonValue({ maxDepth: 4, stringUnit: "grapheme" }).filter(isPlainJson);
    fc.assert(
      fc.property(value, (written) => {
        expect(plain(JSON.stringify(written))).toEqual(written);
      }),
      { numRuns: 200 },
    );
  });
});

// Numbers are compared elsewhere: JSON's `1e-7` is a text in YAML 1.1. Keys must not be empty.
function isPlainJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0);
  if (Array.isArray(value)) return value.every(isPlainJson);
  if (value === null || typeof value !== "object") return true;
  return Object.entries(value).every(([key, one]) => key !== "" && isPlainJson(one));
}
