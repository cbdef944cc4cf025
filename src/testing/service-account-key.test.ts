import { generateKeyPairSync } from "node:crypto";
import fs from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mistakeOfKey } from "../operations/data/service-account-key.ts";
import { makeRig, type Rig } from "./rig.ts";

// A key file of Google's that was cut or altered is told by its name, in words that say what to do.

let rig: Rig;

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = privateKey.export({ type: "pkcs8", format: "pem" }).toString();

function keyFile(key: unknown): string {
  const client_email = "tester@example.iam.gserviceaccount.com";
  return JSON.stringify({ type: "service_account", client_email, private_key: key });
}

beforeAll(() => {
  rig = makeRig("account-key");
  fs.mkdirSync(rig.at(".stepwell"));
  rig.write(
    "stepwell.yml",
    `datastores:
  file: {type: gcs, bucket: b, credentials: {service_account: {file: key.json}}}
  variable: {type: gcs, bucket: b, credentials: {service_account: {env: KEY}}}
  ambient: {type: gcs, bucket: b, credentials: ambient}
`,
  );
});

afterAll(() => rig.remove());

it.each([
  ["was cut", keyFile(PEM.slice(0, 400)), "has a `private_key` that is none"],
  ["is of another type", keyFile(5), "has a `private_key` that is none"],
  ["is no JSON", PEM, "is not the JSON of a key file"],
])("one that %s is told by its file", (_, text, mistake) => {
  rig.write("key.json", text);
  const { code, stderr } = rig.cli("datastore", "check", "file");
  const said = `error: datastore file: the service account key of ${rig.at("key.json")} ${mistake}`;
  expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  expect(stderr).not.toContain("PRIVATE KEY");
});

it("one of a variable is told by the variable", () => {
  const { stderr } = rig.cliWith({ KEY: keyFile("x") }, "datastore", "check", "variable");
  expect(stderr).toContain("datastore variable: the service account key of $KEY has a");
});

it("one that the machine has is told by its file", () => {
  rig.write("key.json", keyFile("x"));
  const machine = { GOOGLE_APPLICATION_CREDENTIALS: rig.at("key.json") };
  const { stderr } = rig.cliWith(machine, "datastore", "check", "ambient");
  expect(stderr).toContain(`the private_key of ${rig.at("key.json")} is none`);
  expect(stderr).not.toContain("DECODER");
});

it("a whole one, and one of another kind, have no mistake", () => {
  expect(mistakeOfKey(keyFile(PEM))).toBeNull();
  expect(mistakeOfKey('{"type": "authorized_user", "refresh_token": "x"}')).toBeNull();
});
