import { describe, expect, it } from "vitest";
import { loaded } from "../testing/loaded-job.ts";
import { PROBLEM_CODES } from "./problem-codes.ts";

// Documents made to harm whoever reads YAML: each ends in a graph or in findings with known codes, quickly, and leaves no
// trace in this process.

const JOB = "command: ls\n";
const laughs = (levels: number, width: number): string =>
  `a0: &a0 [x]\n${Array.from({ length: levels }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(width).fill(`*a${at}`).join(", ")}]`).join("\n")}\n${JOB}`;

const CORPUS: Readonly<Record<string, string>> = {
  "a billion laughs": laughs(9, 10),
  "a billion laughs by merging": `a0: &a0 {x: 1}\n${Array.from({ length: 30 }, (_, at) => `a${at + 1}: &a${at + 1} {<<: [*a${at}, *a${at}], k${at}: 1}`).join("\n")}\n${JOB}`,
  "many aliases of one anchor": `a: &a [${"1,".repeat(1000)}]\nb: [${"*a,".repeat(5000)}]\n${JOB}`,
  "an anchor that holds itself": `a: &a [*a]\n${JOB}`,
  "a mapping that merges itself": `a: &a {<<: *a}\n${JOB}`,
  "two anchors that hold each other": `a: &a {b: &b {c: *a, d: *b}}\n${JOB}`,
  "an alias of nothing": `a: *nothing\n${JOB}`,
  "flow nested without end": `a: ${"[".repeat(100_000)}`,
  "closed flow nesting": `a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  "block nested without end": Array.from({ length: 3000 }, (_, at) => `${" ".repeat(at)}a:`).join(
    "\n",
  ),
  "lists nested on one line": `a:\n  ${"- ".repeat(20_000)}x`,
  "questions without end": "? ".repeat(20_000),
  "a JavaScript function": `a: !!js/function "function () { globalThis.polluted = 1 }"\n${JOB}`,
  "a regular expression that backtracks": `a: !!js/regexp /(a+)+$/\n${JOB}`,
  "undefined of JavaScript": `a: !!js/undefined ""\n${JOB}`,
  "a Python object": `a: !!python/object/apply:os.system ["touch /tmp/polluted"]\n${JOB}`,
  "a Python module": `a: !!python/module:os\n${JOB}`,
  "a Java class": `a: !!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[!!java.net.URL ["http://127.0.0.1/"]]]]\n${JOB}`,
  "a Ruby object": `a: !ruby/object:Gem::Installer\n  i: x\n${JOB}`,
  "a tag of an own scheme": `%TAG ! tag:evil,2000:\n---\na: !x y\n${JOB}`,
  "a directive of another version": `%YAML 9.9\n---\n${JOB}`,
  "a thousand documents": `---\n${JOB}`.repeat(1000),
  "a prototype by key": `__proto__: {polluted: 1}\n${JOB}`,
  "a prototype by merge": `a: &a {__proto__: {polluted: 1}}\n<<: *a\n${JOB}`,
  "a constructor by key": `constructor: {prototype: {polluted: 1}}\n${JOB}`,
  "a prototype among the inputs": `${JOB}inputs: {__proto__: {type: string, default: x}, constructor: 1}`,
  "a prototype among the jobs":
    "type: pipeline\njobs: {__proto__: {command: ls}, constructor: {command: ls}}",
  "a prototype in properties": `${JOB}properties: {"__proto__": {"polluted": "1"}}`,
  "one key twice": `${JOB}command: rm\n`,
  "one key in two writings": `${JOB}"command": rm\n`,
  "a key that is a mapping": `{a: 1}: x\n${JOB}`,
  "a key that is a list": `? [a, b]\n: x\n${JOB}`,
  "a key that is null": `~: x\n${JOB}`,
  "a key of a megabyte": `${"k".repeat(1 << 20)}: x\n${JOB}`,
  "a number of a megabyte": `a: ${"9".repeat(1 << 20)}\n${JOB}`,
  "a sexagesimal of a megabyte": `a: 1${":59".repeat(300_000)}\n${JOB}`,
  "an exponent beyond all numbers": `a: 1e999999999\n${JOB}`,
  "a time that is none": `a: 2026-99-99T99:99:99Z\n${JOB}`,
  "binary that is none": `a: !!binary "%%%"\n${JOB}`,
  "a set, an ordered map, pairs": `a: !!set {x}\nb: !!omap [x: 1]\nc: !!pairs [x: 1, x: 2]\n${JOB}`,
  "NUL bytes": `command: "l\0s"\n`,
  "a raw NUL": "command: l\0s\n",
  "control characters": "command: l\u0007s\u001b[2J\n",
  "a lone surrogate": "command: '\ud800'\n",
  "an escaped lone surrogate": 'command: "\\ud800"\n',
  "line separators of Unicode": "command: a\u2028type: pipeline\u2029jobs: {}\u0085x: y\n",
  "two byte order marks": `\ufeff\ufeff${JOB}`,
  "a byte order mark inside": `command: ls\n\ufefftype: command\n`,
  "carriage returns alone": "command: ls\rtype: command\r",
  "tabs as indentation": "jobs:\n\ta:\n\t\tcommand: ls\n",
  "a comment of a megabyte": `# ${"x".repeat(1 << 20)}\n${JOB}`,
  "a million empty lines": `${"\n".repeat(1_000_000)}${JOB}`,
  "a quoted text without end": `command: "${"x".repeat(1 << 20)}`,
  "a block text of odd indentation": "command: |9\n  x\n",
  "block text with both signs": "command: |+-\n  x\n",
  "escapes without end": `command: "${"\\x41".repeat(200_000)}"\n`,
  "a flow mapping of a hundred thousand keys": `a: {${Array.from({ length: 100_000 }, (_, at) => `k${at}: 1`).join(", ")}}\n${JOB}`,
  nothing: "",
  "marks alone": "---\n...\n---\n...",
  "a percent sign alone": "%",
  "an anchor alone": "&a",
  "a tag alone": "!!",
  "something that is no YAML": "\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
};

describe("documents made to harm a reader of YAML", () => {
  it.each(Object.keys(CORPUS))("%s", (name) => {
    const job = loaded(CORPUS[name] as string);
    if (job.graph === null) expect(job.problems.length).toBeGreaterThan(0);
    const known = new Set<string>(Object.keys(PROBLEM_CODES));
    expect(job.problems.map((one) => one.code).filter((code) => !known.has(code))).toEqual([]);
    expect(job.problems.length).toBeLessThanOrEqual(1001);
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain("polluted");
    expect("polluted" in globalThis).toBe(false);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
