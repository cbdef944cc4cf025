// Real shells, hostile values: nothing in a value is ever executed, and the command gets exactly the value.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileCommand, substituteText } from "./shell-template.ts";

const PAYLOADS = [
  "; touch pwned",
  "$(touch pwned)",
  "`touch pwned`",
  "' ; touch pwned ; '",
  '" ; touch pwned ; "',
  "x && touch pwned || touch pwned",
  "a\ntouch pwned\n",
  "'\"$(touch pwned)\"'",
  "a[$(touch pwned)] | touch pwned > pwned #",
];

/** How the value arrives: as one argument, or split into words as authors of bare references expect. */
const CONTEXTS: readonly (readonly [string, string, "whole" | "words"])[] = [
  ["bare", "printf '[%s]' A ${{inputs.x}} Z", "words"],
  ["in double quotes", "printf '[%s]' A \"${{inputs.x}}\" Z", "whole"],
  ["in single quotes", "printf '[%s]' A '${{inputs.x}}' Z", "whole"],
  [
    "in a substitution",
    'printf "[%s]" A "$(printf "%s" \'${{inputs.x}}\' "`printf %s "${{inputs.x}}"`" | head -c 0)" Z',
    "whole",
  ],
];

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-shell-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly stdout: string;
  readonly executed: boolean;
}

function run(shell: string, script: string, variables: Record<string, string> = {}): Ran {
  const cwd = fs.mkdtempSync(path.join(folder, "run-"));
  const env = { PATH: process.env.PATH ?? "", ...variables };
  const { stdout } = spawnSync(shell, ["-c", script], {
    cwd,
    env,
    encoding: "utf8",
    // With a socket as standard input bash would read ~/.bashrc.
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { stdout, executed: fs.existsSync(path.join(cwd, "pwned")) };
}

function runCompiled(shell: string, template: string, value: string): Ran {
  const compiled = compileCommand(template, { isSet: () => true });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return run(shell, compiled.script, { SW_inputs_x: value });
}

function expected(value: string, arrives: "whole" | "words", context: string): string {
  const whole = context === "in a substitution" ? "" : value;
  const words = arrives === "words" ? value.split(/[ \n]+/).filter((word) => word !== "") : [whole];
  return ["A", ...words, "Z"].map((word) => `[${word}]`).join("");
}

describe.each(["bash", "sh"])("a hostile value under %s", (shell) => {
  it.each(CONTEXTS)("is data %s", (context, template, arrives) => {
    for (const payload of PAYLOADS) {
      const ran = runCompiled(shell, template, payload);
      expect(ran, payload).toEqual({
        stdout: expected(payload, arrives, context),
        executed: false,
      });
    }
  });
});

describe("a hostile value under bash", () => {
  it.each([
    ["in $'…'", "printf '[%s]' A $'${{inputs.x}}' Z"],
    ["in a default", 'printf "[%s]" A "${none:-${{inputs.x}}}" Z'],
    ["in a here-string", "printf '[A][%s][Z]' \"$(cat <<< '${{inputs.x}}'; printf .)\""],
    ["in an array", "a=('${{inputs.x}}'); printf '[%s]' A \"${a[@]}\" Z"],
    ["in [[ ]]", "[[ a == ${{inputs.x}} ]]; printf '[%s]' A '${{inputs.x}}' Z"],
    ["in a case", "case a in ${{inputs.x}}) ;; esac; printf '[%s]' A '${{inputs.x}}' Z"],
    ["in single brackets", "[ ${{inputs.x}} -eq 0 ]; printf '[%s]' A '${{inputs.x}}' Z"],
  ])("is data %s", (context, template) => {
    for (const payload of PAYLOADS) {
      const ran = runCompiled("bash", template, payload);
      const tail = context === "in a here-string" ? "\n." : "";
      expect(ran, payload).toEqual({ stdout: `[A][${payload}${tail}][Z]`, executed: false });
    }
  });

  it("would have been executed by text substitution", () => {
    const executed = CONTEXTS.slice(0, 3).flatMap(([, template]) =>
      PAYLOADS.filter(
        (payload) => run("bash", substituteText(template, { "inputs.x": payload })).executed,
      ),
    );
    expect(executed.length).toBeGreaterThan(10);
  });
});
