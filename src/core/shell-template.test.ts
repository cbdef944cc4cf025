import { describe, expect, it } from "vitest";
import { compileCommand, substituteText, variableName } from "./shell-template.ts";

const allSet = { isSet: () => true };

function script(template: string, unset: readonly string[] = []): string {
  const compiled = compileCommand(template, { isSet: (ref) => !unset.includes(ref) });
  return compiled.ok ? compiled.script : compiled.problems.map(({ code }) => code).join(" ");
}

describe("compileCommand", () => {
  it("makes a bare path one argument, set or not, and changes nothing in quotes", () => {
    const isPath = (ref: string): boolean => ref !== "inputs.n";
    const compiled = compileCommand(
      "a ${{inputs.x}}/*.csv ${{inputs.n}} '${{inputs.x}}' \"${{outputs.o}}\"",
      { isSet: () => true, isPath },
    );
    expect(compiled.ok && compiled.script).toBe(
      `a "\${SW_inputs_x}"/*.csv \${SW_inputs_n} ''"\${SW_inputs_x}"'' "\${SW_outputs_o}"`,
    );
  });

  it.each([
    ["bare", "a ${{inputs.x}} b", "a ${SW_inputs_x} b"],
    ["joined", "--x=${{inputs.x}}/y", "--x=${SW_inputs_x}/y"],
    ["in double quotes", 'a "b ${{inputs.x}}"', 'a "b ${SW_inputs_x}"'],
    ["in single quotes", "a 'b ${{inputs.x}} c'", `a 'b '"\${SW_inputs_x}"' c'`],
    ["in $'…'", "a $'b\\'${{inputs.x}}'", `a $'b\\''"\${SW_inputs_x}"$''`],
    ['in $"…"', 'a $"b ${{inputs.x}}"', 'a $"b ${SW_inputs_x}"'],
    ["in a comment", "a # it's ${{inputs.x}}\nb", "a # it's ${{inputs.x}}\nb"],
    ["after a word with #", "a b#${{inputs.x}}", "a b#${SW_inputs_x}"],
    ["in $( )", "a $(b '${{inputs.x}}')", `a $(b ''"\${SW_inputs_x}"'')`],
    [
      "in $( ) in double quotes",
      `a "$(b '\${{inputs.x}}' "\${{inputs.x}}")"`,
      `a "$(b ''"\${SW_inputs_x}"'' "\${SW_inputs_x}")"`,
    ],
    ["in backticks", "a `b ${{inputs.x}}`", "a `b ${SW_inputs_x}`"],
    ["in a process substitution", "a <(b '${{inputs.x}}')", `a <(b ''"\${SW_inputs_x}"'')`],
    ["in a here-string", "a <<< ${{inputs.x}}", "a <<< ${SW_inputs_x}"],
    ["in a redirection", "a > ${{outputs.o}}/f 2>&1", "a > ${SW_outputs_o}/f 2>&1"],
    ["in a default", "a ${b:-${{inputs.x}}}", "a ${b:-${SW_inputs_x}}"],
    ["in a quoted default", `a "\${b:-'\${{inputs.x}}'}"`, `a "\${b:-'\${SW_inputs_x}'}"`],
    ["in a pattern", "a ${b#'${{inputs.x}}'}", `a \${b#''"\${SW_inputs_x}"''}`],
    ["in an array", "a=(b '${{inputs.x}}')", `a=(b ''"\${SW_inputs_x}"'')`],
    ["in a function", "f() { a '${{inputs.x}}'; }; f", `f() { a ''"\${SW_inputs_x}"''; }; f`],
    ["in [[ ]]", "[[ -n '${{inputs.x}}' ]] && a", `[[ -n ''"\${SW_inputs_x}"'' ]] && a`],
    [
      "after a regular expression",
      "[[ $a =~ ^(b|c)$ ]]\na '${{name}}'",
      `[[ $a =~ ^(b|c)$ ]]\na ''"\${SW_job_name}"''`,
    ],
    [
      "in a case",
      "case ${{inputs.x}} in a|b) c '${{inputs.x}}';; (*) d;; esac",
      `case \${SW_inputs_x} in a|b) c ''"\${SW_inputs_x}"'';; (*) d;; esac`,
    ],
    [
      "after a case in $( )",
      "a=$(case b in c) d;; esac) e '${{inputs.x}}'",
      `a=$(case b in c) d;; esac) e ''"\${SW_inputs_x}"''`,
    ],
    ["after an extended glob", "ls !(a|b) '${{inputs.x}}'", `ls !(a|b) ''"\${SW_inputs_x}"''`],
    ["after arithmetic", "a $((1 + (2))) '${{inputs.x}}'", `a $((1 + (2))) ''"\${SW_inputs_x}"''`],
    ["after $#", "a $# ${#b} '${{inputs.x}}'", `a $# \${#b} ''"\${SW_inputs_x}"''`],
    ["after escaped quotes", "a \\'${{inputs.x}}\\'", "a \\'${SW_inputs_x}\\'"],
    [
      "after a here-document",
      "cat <<'E' > f\nit's\nE\na '${{inputs.x}}'",
      `cat <<'E' > f\nit's\nE\na ''"\${SW_inputs_x}"''`,
    ],
    ["over continued lines", "a \\\n  --x ${{inputs.x}}", "a \\\n  --x ${SW_inputs_x}"],
  ])("writes a reference %s", (_where, template, expected) => {
    expect(script(template)).toBe(expected);
  });

  it.each([
    ["reference_in_heredoc", "cat <<E\n${{inputs.x}}\nE"],
    ["reference_in_heredoc", "cat <<-'E'\n\t${{inputs.x}}\n\tE\n"],
    ["reference_in_arithmetic", "a $((1 + ${{inputs.x}}))"],
    ["reference_in_arithmetic", "a $[1 + ${{inputs.x}}]"],
    ["reference_in_arithmetic", "(( ${{inputs.x}} > 1 )) && a"],
    ["reference_in_arithmetic", "for ((i = 0; i < ${{inputs.x}}; i++)); do a; done"],
    ["reference_in_arithmetic", "[[ ${{inputs.x}} -gt 1 ]] && a"],
    ["reference_in_arithmetic", "a[${{inputs.x}}]=1"],
    ["reference_in_arithmetic", "a=([${{inputs.x}}]=1)"],
    ["reference_in_arithmetic", "let a=${{inputs.x}}"],
    ["reference_in_arithmetic", "declare -i a=${{inputs.x}}"],
    ["reference_in_arithmetic", "a ${b[${{inputs.x}}]}"],
    ["reference_as_name", "declare ${{inputs.x}}=1"],
    ["reference_as_name", "printf -v '${{inputs.x}}' a"],
    ["reference_as_name", "[ -v ${{inputs.x}} ] && a"],
    ["reference_in_expansion", "a ${b:${{inputs.x}}}"],
    ["reference_in_expansion", "a ${!${{inputs.x}}}"],
    ["reference_in_backticks", "a `b \\`c ${{inputs.x}}\\``"],
    ["reference_in_eval", "eval a ${{inputs.x}}"],
    ["reference_in_eval", "X=1 command eval 'a ${{inputs.x}}'"],
    ["reference_in_eval", 'eval "$(a ${{inputs.x}})"'],
    ["reference_in_eval", "if a; then eval ${{inputs.x}}; fi"],
    ["reference_in_eval", "trap 'a ${{inputs.x}}' EXIT"],
    ["reference_in_eval", "PS4='${{inputs.x}}'"],
    ["reference_in_braces", "for i in {1..${{inputs.x}}}; do a; done"],
    ["reference_after_backslash", "a \\${{inputs.x}}"],
    ["reference_after_dollar", 'a "$${{inputs.x}}"'],
    ["unbalanced_command", "a 'b ${{inputs.x}}"],
    ["unbalanced_command", "a $(b ${{inputs.x}}"],
    ["nul_in_command", "a \0"],
    ["command_too_deep", `echo ${"${a:-".repeat(6000)}${"}".repeat(6000)}`],
    ["command_too_deep", `echo ${"$(echo ".repeat(6000)}${")".repeat(6000)}`],
  ])("refuses with %s: %s", (code, template) => {
    const compiled = compileCommand(template, allSet);
    expect(compiled).toMatchObject({ ok: false, problems: [{ code }] });
    if (!compiled.ok) expect(compiled.problems[0]?.hint).not.toBe("");
  });

  it("reports every problem, in order, at its place in the template", () => {
    const compiled = compileCommand("eval ${{inputs.x}}\na $((${{inputs.y}}))", allSet);
    expect(compiled).toMatchObject({
      ok: false,
      problems: [
        { code: "reference_in_eval", offset: 5 },
        { code: "reference_in_arithmetic", offset: 24 },
      ],
    });
  });

  it.each([
    "bash -c 'a ${{inputs.x}}'",
    "timeout 5 bash -lc 'a ${{inputs.x}}'",
    "python -c 'print(\"${{inputs.x}}\")'",
    "python3 -u -c \"print('${{inputs.x}}')\"",
    "perl -ne 'print ${{inputs.x}}' f",
    "Rscript -e 'f(\"${{inputs.x}}\")'",
    "ssh host a ${{inputs.x}}",
    "awk -F, '{print ${{inputs.x}}}' f",
    "awk -v a=1 '{print ${{inputs.x}}}' f",
    "sed -n -e s/${{inputs.x}}/y/ f",
    "echo ${{inputs.x}} | sh",
    "bash <<< '${{inputs.x}}'",
    "find . -exec sh -c 'a ${{inputs.x}}' ';'",
  ])("warns about program text: %s", (template) => {
    const compiled = compileCommand(template, allSet);
    expect(compiled).toMatchObject({
      ok: true,
      warnings: [{ code: "reference_in_program_text" }],
    });
  });

  it.each([
    "bash run.sh ${{inputs.x}}",
    "bash -c 'a \"$1\"' - '${{inputs.x}}'",
    "python -m pkg -c ${{inputs.x}}",
    "python train.py -c ${{inputs.x}}",
    "export A=${{inputs.x}} && a",
    "[ ${{inputs.x}} -eq 1 ] && a",
    "for f in ${{inputs.x}}/*; do a $f; done",
    "printf '%s' ${{inputs.x}}",
    "awk -v x=${{inputs.x}} -F '${{inputs.x}}' '{print x}' f",
  ])("has nothing to say about: %s", (template) => {
    expect(compileCommand(template, allSet)).toMatchObject({ ok: true, warnings: [] });
  });

  it("drops an optional group when an input in it is unset, and opens it otherwise", () => {
    const template = "a $[[--x ${{inputs.x}}]] $[[--y '${{inputs.y}}']]";
    expect(script(template, ["inputs.x"])).toBe(`a  --y ''"\${SW_inputs_y}"''`);
  });

  it("quotes a group without a reference, which bash would read as arithmetic", () => {
    expect(script("a $[[inputs.x]] ${{name}}")).toBe("a '$[[inputs.x]]' ${SW_job_name}");
    expect(script('a "$[[inputs.x]]"')).toBe('a "\\$[[inputs.x]]"');
  });

  it("lists each reference once and says when the run's name is one", () => {
    const compiled = compileCommand("a ${{inputs.x}} ${{ inputs.x }} ${{name}}", allSet);
    expect(compiled).toMatchObject({
      ok: true,
      usesRunName: true,
      references: [
        { ref: "inputs.x", variable: "SW_inputs_x" },
        { ref: "name", variable: "SW_job_name" },
      ],
    });
  });

  it("says between which quotes a reference stands", () => {
    const text = "a '${{inputs.x}}' \"${{inputs.x}}\" 'b'${{inputs.y}}'c' '${{inputs.x}}'";
    expect(compileCommand(text, allSet)).toMatchObject({
      references: [
        { ref: "inputs.x", quotings: ["single", "double"] },
        { ref: "inputs.y", quotings: ["code"] },
      ],
    });
  });

  it("does not ask for what stands in comments only", () => {
    expect(compileCommand("a # ${{name}}", allSet)).toMatchObject({
      ok: true,
      references: [],
      usesRunName: false,
    });
  });

  it("leaves a command without references alone, whatever it holds", () => {
    for (const text of ["a 'b", "cat <<E\n$x\nE\n", "eval $(b)", "a $((1))", "case a in"])
      expect(script(text)).toBe(text);
  });
});

describe("variableName", () => {
  it("gives other names to names that look alike", () => {
    const names = ["a-b", "a_b", "A_b", "a__b", "a.b", "ab", "a_2d_b", "ä", "a-_b", "a_-b"];
    const variables = names.map((name) => variableName("inputs", name));
    expect(new Set(variables).size).toBe(names.length);
    for (const variable of variables) expect(variable).toMatch(/^SW_[A-Za-z0-9_]+$/);
    expect(variableName("outputs", "ab")).not.toBe(variableName("inputs", "ab"));
  });
});

describe("substituteText", () => {
  it("puts values into the text and decides optional groups", () => {
    const template = "a ${{inputs.x}} $[[--y ${{inputs.y}}]] $[[--z ${{inputs.z}}]] $[[n]]";
    expect(substituteText(template, { "inputs.x": "1 2", "inputs.y": "$HOME" })).toBe(
      "a 1 2 --y $HOME  $[[n]]",
    );
  });
});
