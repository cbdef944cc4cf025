import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeholders } from "./command-text.ts";
import { input, sh } from "./index.ts";

// Commands of the SDK, run by bash itself: each value is one word.

const SEED = Number(process.env.STEPWELL_SEED ?? Date.now() % 1_000_000);

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 10 }).filter((one) => !one.includes("\0")),
  fc.string({ unit: fc.constantFrom(..."a'\"\\$`!{}[]()#;&|<>*?~ \n\t-="), maxLength: 10 }),
  fc.constantFrom(
    "${{inputs.raw}}",
    "$[[x]]",
    "${HOME}",
    "$(date)",
    "`date`",
    "",
    "it's",
    '"',
    "\\",
    "\\n",
    "$",
  ),
);

/** What bash makes of commands that each print words, with a NUL after each word. */
function words(commands: readonly string[]): readonly string[] {
  const script = commands.join("\n");
  const printed = execFileSync("bash", ["-s"], {
    input: script,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return printed.split("\0").slice(0, -1);
}

describe("sh", () => {
  it(`makes one word of any text, in quotes and outside of them (seed ${SEED})`, () => {
    const texts = fc.sample(text, { numRuns: 3_000, seed: SEED });
    const commands = texts.flatMap((one) => [
      sh`printf '%s\\0' ${one}`.text,
      sh`printf '%s\\0' "<${one}>"`.text,
      sh`printf '%s\\0' '<${one}>'`.text,
      sh`printf '%s\\0' "$(printf %s. ${one})"`.text,
    ]);
    expect(commands.filter((one) => /\$(?:\{\{|\[\[)/.test(one))).toEqual([]);
    const expected = texts.flatMap((one) => [one, `<${one}>`, `<${one}>`, `${one}.`]);
    expect(words(commands)).toEqual(expected);
  });

  it("makes a word of each item of a list, and of numbers", () => {
    expect(sh`run ${["a b", 1e-7, true, ""]}`.text).toBe("run 'a b' 1e-7 true ''");
  });

  it("puts a command into another one as it is", () => {
    expect(sh`time ${sh`ls ${"a b"}`} && true`.text).toBe("time ls 'a b' && true");
  });

  it("quotes inputs that are texts or data, where the command has no quotes", () => {
    const ports = { raw: input.folder(), n: input.number(), t: input.string() };
    const { inputs } = placeholders(ports, {});
    expect(sh`a ${inputs.raw}/x ${inputs.n} "${inputs.t}"`.text).toBe(
      'a "${{inputs.raw}}"/x ${{inputs.n}} "${{inputs.t}}"',
    );
  });

  it("refuses a backslash that JavaScript would drop, and keeps its escapes", () => {
    expect(() => sh`grep -P '\d+' x`).toThrow(
      "the backslash of `\\d` is lost in a template\n  write `\\\\d`",
    );
    expect(() => sh`cat ${"x"} | sed 's/\./,/'`).toThrow("write `\\\\.`");
    expect(() => sh`echo \u{zz}`).toThrow();
    expect(
      sh`grep -P '\\d+' | tr '\\n' '\t' \
      | awk '{ print \$1, \`x\` }' \u00e9 \x41`.text,
    ).toBe("grep -P '\\d+' | tr '\\n' '\t'       | awk '{ print $1, `x` }' é A");
  });

  it("refuses what is no word", () => {
    for (const word of [undefined, null, {}, () => 1, Symbol("x"), Promise.resolve(1)])
      expect(() => sh`a ${word as never}`).toThrow(/sh: .* is no word of a command/);
  });

  it("sees comments, here-documents and $'…' before a value, whose quotes are none of the command's", () => {
    const x = "a; echo no";
    expect(sh`# we don't\necho ${x}`.text).toBe("# we don't\necho 'a; echo no'");
    expect(sh`cat <<'PY'\n# it's\nPY\necho ${x}`.text).toBe(
      "cat <<'PY'\n# it's\nPY\necho 'a; echo no'",
    );
    expect(sh`cat <<-A <<"B B"\n\t"\n\tA\n'\nB B\necho ${x}`.text).toMatch(/echo 'a; echo no'$/);
    expect(sh`echo $'it\\'s' ${x}`.text).toBe("echo $'it\\'s' 'a; echo no'");
    expect(sh`cat <<< "it's" ${x}`.text).toBe(`cat <<< "it's" 'a; echo no'`);
    expect(sh`echo a#b'c' "$(echo "d'e")" ${x}`.text).toMatch(/'a; echo no'$/);
    expect(sh`echo \`echo "'"\` ${x}`.text).toMatch(/'a; echo no'$/);
  });

  it("refuses a value where it could not be one word: in a comment, in a here-document", () => {
    expect(() => sh`echo 1 # ${"x"}`).toThrow(/in a comment/);
    expect(() => sh`cat <<A\n${"x"}\nA`).toThrow(/in a here-document/);
  });
});
