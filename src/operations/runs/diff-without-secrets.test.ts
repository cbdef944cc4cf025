import { expect, it } from "vitest";
import { diffWithoutSecrets } from "./diff-without-secrets.ts";

const part = (file: string, ...lines: readonly string[]): string =>
  [
    `diff --git a/${file} b/${file}`,
    "index 654f460..5dbce70 100644",
    `--- a/${file}`,
    `+++ b/${file}`,
    "@@ -1 +1 @@",
    ...lines,
    "",
  ].join("\n");

it("takes out what stepwell.yml says of addresses behind their host", () => {
  const diff = part(
    "sub/stepwell.yml",
    "-notify: []",
    '+notify: [{webhook: "https://h.org/T0/s3cret"}]',
  );
  expect(diffWithoutSecrets(diff)).toBe(diff.replace("T0/s3cret", "***"));
});

it("takes out passwords and signatures of addresses in any file, and leaves the rest as it is", () => {
  const code = part(
    "train.py",
    '+URL = "https://h.org/path?x=1"',
    "+password: str",
    '+P = "https://me:hunter2-9f@h.org/"',
  );
  expect(diffWithoutSecrets(code)).toBe(code.replace("hunter2-9f", "**********"));
});

it("takes out credentials that stand in a definition, and leaves those that are named", () => {
  const definition = part(
    "ds.yml",
    "+credentials:",
    "+  account_key: QVpT+x/==",
    "+  client_secret: {secret: azure}",
    '+  "password": "two words"',
    "-credentials: {user: me, password: hush}",
  );
  const shown = definition
    .replace("QVpT+x/==", "***")
    .replace('"two words"', "***")
    .replace("hush", "***");
  expect(diffWithoutSecrets(definition)).toBe(shown);
  expect(diffWithoutSecrets(part("a.py", "+x") + definition)).toBe(part("a.py", "+x") + shown);
});

it("takes out private keys, whole or cut off", () => {
  const lines = [
    "+key: |",
    "+  -----BEGIN RSA PRIVATE KEY-----",
    "+  MIIEvA",
    "+  -----END RSA PRIVATE KEY-----",
    "+x: 1",
  ];
  const shown = diffWithoutSecrets(part("key.txt", ...lines));
  expect(shown).not.toContain("MIIEvA");
  expect(shown).toContain("+x: 1");
  expect(diffWithoutSecrets(part("key.pem", ...lines.slice(0, 3)))).not.toContain("MIIEvA");
});
