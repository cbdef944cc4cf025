import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { createMasker } from "./mask-log.ts";

// What real programs print of a secret, and what is shown of it.

function shown(value: string, text: string): string {
  const masker = createMasker([value]);
  return Buffer.concat([masker.push(Buffer.from(text)), masker.end()]).toString();
}

/** What a program prints that reads the value from `$SECRET`, masked. */
function printed(value: string, program: string, ...words: readonly string[]): string {
  const output = execFileSync(program, words, {
    env: { ...process.env, SECRET: value, PYTHONUTF8: "1" },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return shown(value, output);
}

const KEY = `-----BEGIN PRIVATE KEY-----
MIIEvAIBADANBgkqhkiG9w0BAQEFAASC
BKYwggSiAgEAAoIBAQC7VJTUt9Us8cKj
-----END PRIVATE KEY-----
`;

describe("what is shown of a secret", () => {
  it.each(["a/b+c(d)!e'f *~g", "pässwörd 🔑", `double " quote, 'single' and \\ back`])(
    "is nothing of %s in what Python makes of it",
    (value) => {
      const program = `
import base64, json, os, shlex
from urllib.parse import quote, quote_plus
s = os.environ["SECRET"]
forms = [s, quote(s), quote(s, safe=""), quote_plus(s), quote(s).lower() if s.isascii() else s]
forms += [json.dumps(s)[1:-1], json.dumps(s, ensure_ascii=False)[1:-1], shlex.quote(s).strip("'")]
forms += [base64.b64encode(s.encode()).decode(), base64.urlsafe_b64encode(s.encode()).decode().strip("=")]
print("\\n".join(forms))`;
      const lines = printed(value, "python3", "-c", program).trim().split("\n");
      expect(lines).toEqual(Array(10).fill("***"));
    },
  );

  it.each([`a 'b' \\c`, `a "b" 'c' \\d`, "line one\nline\ttwo 'x' \"y\"", "pässwörd'\""])(
    "is nothing of %j in what Python and Node print of a dictionary",
    (value) => {
      const python = printed(
        value,
        "python3",
        "-c",
        'import os; print({"k": os.environ["SECRET"]})',
      );
      expect(python).toMatch(/^\{'k': (['"])\*\*\*\1\}\n$/);
      const node = printed(value, process.execPath, "-e", "console.log({ k: process.env.SECRET })");
      expect(node).toMatch(/^\{ k: (['"`])\*\*\*\1 \}\n$/);
    },
  );

  it("is nothing in what bash traces", () => {
    const trace = printed("it's-a-secret", "bash", "-c", 'exec 2>&1; set -x; : "$SECRET"');
    expect(trace).toBe("+ : '***'\n");
  });

  it("is nothing of a key of many lines that is printed line by line, indented or with other line ends", () => {
    const indented = printed(KEY, "sh", "-c", `printf %s "$SECRET" | sed 's/^/  > /'`);
    expect(indented).toBe("  > ***\n".repeat(4));
    expect(shown(KEY, KEY.replaceAll("\n", "\r\n"))).toBe("***\r\n".repeat(4));
    expect(shown(KEY, JSON.stringify({ key: KEY.trim() }))).toBe('{"key":"***"}');
  });

  it("is what short lines of it say, which are no secrets", () => {
    const value = "kind: x\nuser:\n  token: 0123456789abcdef\n";
    expect(shown(value, "user:\nkind: x\ntoken: 0123456789abcdef\n")).toBe("user:\nkind: x\n***\n");
  });

  it("is nothing of a value that a program has stripped of its blanks", () => {
    expect(shown("  hunter-two\n", "the token is hunter-two.")).toBe("the token is ***.");
    expect(shown("1234\r\n", "pin 1234, 12345")).toBe("pin ***, 12345");
  });
});
