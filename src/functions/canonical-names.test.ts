import vm from "node:vm";
import { TraceMap } from "@jridgewell/trace-mapping";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withCanonicalNames } from "./canonical-names.ts";

const EMPTY = new TraceMap({ version: 3, sources: [], names: [], mappings: "" });

function renamed(text: string): string {
  return withCanonicalNames({ text, map: EMPTY }).text;
}

/** What the code leaves in `globalThis.out`, before and after all names are changed. */
function both(text: string): readonly unknown[] {
  return [text, renamed(text)].map((code) => {
    const context = vm.createContext({ out: null });
    vm.runInContext(`"use strict"; {${code}}`, context);
    return context.out;
  });
}

describe("canonical names", () => {
  it.each([
    [
      "a class that mentions itself",
      "class A { static n = 1; static get() { return A.n; } } const B = class C { m() { return C.name; } }; out = A.get() + new B().m().length * 0;",
    ],
    [
      "private members, one inside the other",
      "class A { #x = 1; static #y = 2; #m() { return this.#x; } get #g() { return 4; } set #g(v) {} has(o) { return #x in o; } sum() { return this.#m() + A.#y + this.#g; } inner() { return new (class { #x = 10; get() { return this.#x; } })().get(); } } const a = new A(); out = [a.sum(), a.has(a), a.inner()].join();",
    ],
    [
      "labels with the same name as a variable",
      "let a = 0; a: for (;;) { b: for (;;) { a += 1; break b; } if (a > 2) break a; continue a; } a: { break a; } out = a;",
    ],
    [
      "short properties and patterns with defaults",
      "const a = 1, b = { a }; const { a: c, d = a, ...rest } = b; const f = ({ a = 5, b: [x = a] = [] } = {}) => ({ a, x }); out = JSON.stringify([b, c, d, rest, f(), f({ a: 2, b: [3] })]);",
    ],
    [
      "assignments to patterns",
      "let a, b; ({ a, b = 7 } = { a: 1 }); [a, b] = [b, a]; out = [a, b].join();",
    ],
    [
      "shadowed names",
      "const a = 1; function f(a) { { const a = 3; out = a; } return a + (() => { let a = 9; return a; })(); } out = [f(2), a].join();",
    ],
    [
      "a caught error, none and a pattern",
      "let r = []; try { throw { message: 'm' }; } catch ({ message }) { r.push(message); } try { throw 1; } catch { r.push(2); } out = r.join();",
    ],
    [
      "arguments and this",
      "function f() { return arguments.length; } const o = { v: 2, m() { return (() => this.v + arguments[0])(); } }; out = [f(1, 2), o.m(3)].join();",
    ],
    [
      "a function that has a name of its own",
      "const a = function b(n) { return n ? b(n - 1) + 1 : 0; }; out = a(3);",
    ],
    [
      "var twice, a function before it is declared, and a default that sees the outer name",
      "var a = 1; var a = a + 1; const x = 5; function f(y = x) { var x = 6; return y + x; } out = [a, g(), f()].join(); function g() { return 8; }",
    ],
    [
      "globals, typeof and what nobody declares",
      "out = [typeof nothing, Math.max(1, 2), typeof undefined, NaN].join();",
    ],
    [
      "names that look like ours",
      "const $0_ = 1, $1_ = 2; let z = ($1_) => $1_ + $0_; out = [z(5), $1_].join();",
    ],
    [
      "generators, async and for of",
      "function* g() { for (const a of [1, 2]) yield a; } let s = 0; for (const a of g()) s += a; for (const k in { q: 1 }) s += k; out = s;",
    ],
    [
      "computed keys, getters and accessors",
      "const k = 'p'; const o = { [k]: 1, get g() { return this[k]; }, k }; out = JSON.stringify([o.p, o.g, o.k]);",
    ],
    [
      "static blocks and fields that use names",
      "const n = 4; class A { static x; static { const n = 5; A.x = n; } y = n; } out = A.x + new A().y;",
    ],
  ])("keep the meaning of %s", (_, text) => {
    const [before, after] = both(text);
    expect(after).toEqual(before);
    expect(before).not.toBeNull();
  });

  it("are written out where one word named two things", () => {
    expect(renamed('import { join, sep as s } from "p"; join(s);')).toBe(
      'import { join as $0_, sep as $1_ } from "p"; $0_($1_);',
    );
  });

  it("leave code alone that can see names as text", () => {
    const text = "const a = 1; function f() { return eval('a'); }";
    expect(renamed(text)).toBe(text);
  });

  it("leave code alone that is nested too deeply to be read", () => {
    const text = `let a = 1; const b = () => ${"a+".repeat(50_000)}a;`;
    expect(renamed(text)).toBe(text);
  });

  it("are the same whatever names a text has", () => {
    const shape = (names: readonly string[]) => {
      const [a, b, c, d, e, f, g, h] = names;
      return `const ${a} = 1; class ${b} { #${c} = ${a}; ${"m"}() { return this.#${c}; } }
function ${d}(${e}, { key: ${f} = ${a} } = {}) { ${g}: for (const ${h} of ${e}) { if (${h}) break ${g}; return new ${b}(${f}); } return { key: ${a} }; }
out = ${d}([]);`;
    };
    const word = fc.stringMatching(/^[a-zA-Z_$][\w$]{0,6}$/).filter((name) => !RESERVED.has(name));
    const names = fc.uniqueArray(word, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(names, (some) => {
        expect(renamed(shape(some))).toBe(renamed(shape([..."abcdefgh"])));
      }),
      { numRuns: 300 },
    );
  });
});

/** Words that cannot name a variable, and those that the shape uses as globals or keys. */
const RESERVED = new Set(
  "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null of out package private protected public return static super switch this throw true try typeof var void while with yield".split(
    " ",
  ),
);
