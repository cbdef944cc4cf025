import { describe, expect, it } from "vitest";
import { loadDatastore, writtenSecrets } from "./load-datastore.ts";
import { loadWorkspaceConfig } from "./workspace-config.ts";

// What a datastore's file means, and that no finding about it gives a secret away.

const load = (text: string) => loadDatastore(text, "/w/lake.yml", "/w");

const codes = (text: string): readonly string[] => load(text).problems.map((one) => one.code);

function definition(text: string): object | undefined {
  const { datastore, problems } = load(text);
  expect(problems).toEqual([]);
  return datastore?.definition;
}

describe("a datastore's file", () => {
  it.each([
    ["type: file\npath: ./data", { type: "file", path: "/w/data" }],
    [
      "type: azure_blob\naccount_name: acct\ncontainer_name: c\ncredentials: {account_key: k}",
      {
        type: "azure_blob",
        account: "acct",
        container: "c",
        prefix: "",
        endpoint: null,
        credentials: { kind: "account_key", accountKey: { from: "text", value: "k" } },
      },
    ],
    [
      "type: azure_blob\naccount_name: acct\ncontainer_name: c\nprotocol: http\nendpoint: local\ncredentials: {sas_token: {env: SAS}}",
      {
        type: "azure_blob",
        endpoint: "http://acct.blob.local",
        credentials: { kind: "sas_token", sasToken: { from: "env", name: "SAS" } },
      },
    ],
    [
      "type: azure_data_lake_gen2\naccount_name: acct\nfilesystem: fs\nprefix: /a/b/\ncredentials: {tenant_id: t, client_id: i, client_secret: {secret: s}}",
      {
        type: "azure_data_lake_gen2",
        container: "fs",
        prefix: "a/b",
        credentials: {
          kind: "client_secret",
          tenantId: "t",
          clientId: "i",
          clientSecret: { from: "store", name: "s" },
        },
      },
    ],
    ["type: s3\nbucket: b", { region: null, pathStyle: false, credentials: { kind: "ambient" } }],
    [
      "type: s3\nbucket: b\nendpoint: http://h:9000/\ncredentials: none",
      { endpoint: "http://h:9000", pathStyle: true, credentials: { kind: "none" } },
    ],
    [
      "type: gcs\nbucket: b\ncredentials: {service_account: {file: key.json}}",
      { credentials: { kind: "service_account", json: { from: "file", path: "/w/key.json" } } },
    ],
    [
      "type: sftp\nhost: h\nuser: u\npath: /data/\ncredentials: {private_key: {file: id}}",
      {
        port: 22,
        path: "/data",
        hostKey: null,
        credentials: { kind: "private_key", passphrase: null },
      },
    ],
    [
      "type: http\nurl: https://h/x/\ncredentials: {user: u, password: p}",
      { url: "https://h/x", credentials: { kind: "basic", user: "u" } },
    ],
    [
      "type: postgres\nhost: h\ndatabase: d\nuser: u\ncredentials: {password: {env: P}}",
      { port: 5432, ssl: false, credentials: { kind: "password" } },
    ],
  ])("says where bytes lie: %s", (text, expected) => {
    expect(definition(`name: lake\n${text}`)).toMatchObject(expected);
  });

  it.each([
    ["name: x\ntype: azure_file\naccount_name: a\nfile_share_name: s", ["unsupported_datastore"]],
    ["name: x\ntype: hdfs\nname_node_address: n", ["unsupported_datastore"]],
    ["name: x\ntype: nfs", ["unknown_value"]],
    ["name: x\ntype: constructor", ["unknown_value"]],
    ["name: x", ["missing_field"]],
    ["name: x\ntype: s3", ["missing_field"]],
    ["type: file\npath: .", ["missing_field"]],
    ["name: ../x\ntype: file\npath: .", ["bad_name"]],
    ["name: x\ntype: file\npath: .\nbucket: b", ["unknown_key"]],
    ["name: x\ntype: s3\nbucket: b\nendpoint: ftp://h", ["bad_datastore"]],
    ["name: x\ntype: s3\nbucket: b\nendpoint: https://u:pw@h", ["bad_datastore"]],
    ["name: x\ntype: http\nurl: https://h/x?sig=abc", ["bad_datastore"]],
    ["name: x\ntype: s3\nbucket: b\nprefix: a/../b", ["bad_datastore"]],
    ["name: x\ntype: s3\nbucket: b\ncredentials: {access_key_id: i}", ["bad_datastore"]],
    ["name: x\ntype: s3\nbucket: b\ncredentials: hunter2", ["bad_datastore"]],
    [
      "name: x\ntype: s3\nbucket: b\ncredentials: {access_key_id: {env: A, file: b}, secret_access_key: s}",
      ["bad_datastore"],
    ],
    ["name: x\ntype: sftp\nhost: h\nuser: u\npath: data", ["bad_datastore"]],
    ["name: x\ntype: sftp\nhost: h\nport: 99999\nuser: u\npath: /d", ["bad_datastore"]],
    [
      "name: x\ntype: postgres\nhost: h\ndatabase: d\nuser: u\ncredentials: {pass: p}",
      ["unknown_key", "bad_datastore"],
    ],
  ])("is refused with its mistakes: %s", (text, expected) => {
    expect(codes(text)).toEqual(expected);
    expect(load(text).datastore).toBeNull();
  });

  it("gives no secret away, whatever is wrong with it", () => {
    const wrong = [
      "name: x\ntype: s3\nbucket: b\ncredentials: hunter2",
      "name: x\ntype: s3\nbucket: b\ncredentials: {access_key: hunter2}",
      "name: x\ntype: s3\nbucket: b\nendpoint: https://u:hunter2@h",
      "name: x\ntype: s3\nbucket: [b\ncredentials: {secret_access_key: hunter2}",
      "name: x\ntype: azure_blob\naccount_name: a\ncontainer_name: c\ncredentials: {account_key: [hunter2]}",
    ];
    for (const text of wrong) {
      const { problems } = load(text);
      expect(problems.length).toBeGreaterThan(0);
      expect(JSON.stringify(problems)).not.toContain("hunter2");
      expect(problems.every((one) => one.hidesLine)).toBe(true);
    }
  });

  it("tells which secrets stand in it themselves", () => {
    const { datastore } = load(
      "name: x\ntype: s3\nbucket: b\ncredentials: {access_key_id: {env: ID}, secret_access_key: s}",
    );
    expect(datastore && writtenSecrets(datastore.definition)).toEqual(["s"]);
  });
});

describe("datastores of stepwell.yml", () => {
  const config = (text: string) => loadWorkspaceConfig(text, "/w/stepwell.yml");

  it("are read like files of their own, the key being the name", () => {
    const { config: found, problems } = config(
      "datastores:\n  lake: {type: s3, bucket: b, credentials: {access_key_id: {env: A}, secret_access_key: {secret: k}}}",
    );
    expect(problems).toEqual([]);
    expect(found.datastores.lake).toMatchObject({ type: "s3", bucket: "b" });
  });

  it("hold no secret, because the file is shared", () => {
    const { problems } = config(
      "datastores:\n  lake: {type: s3, bucket: b, credentials: {access_key_id: i, secret_access_key: hunter2}}",
    );
    expect(problems.map((one) => one.code)).toEqual(["secret_in_file"]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
    expect(problems[0]?.hidesLine).toBe(true);
  });
});
