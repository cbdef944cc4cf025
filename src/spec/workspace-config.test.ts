import { describe, expect, it } from "vitest";
import { defaultWorkspaceConfig, loadWorkspaceConfig } from "./workspace-config.ts";

const FILE = "/project/stepwell.yml";

function config(text: string) {
  const { config: read, problems } = loadWorkspaceConfig(text, FILE);
  expect(problems).toEqual([]);
  return read;
}

describe("loadWorkspaceConfig", () => {
  it("gives the default for an empty file", () => {
    for (const text of ["", "# nothing\n", "{}"]) {
      expect(config(text)).toEqual(defaultWorkspaceConfig("/project"));
    }
    expect(defaultWorkspaceConfig("/project").datastores).toEqual({
      workspaceblobstore: { type: "file", path: "/project/.stepwell/store" },
    });
  });

  it("reads every setting, with paths relative to the file", () => {
    const text = `
datastores: {blob: {type: file, path: ../blob}}
url_map:
  https://x.org/a.csv: seed/a.csv
  wasbs://c@a.blob.core.windows.net/: ./seed/
  https://y.org/: https://mirror.org/
computes:
  "*": {type: local}
  big: {type: local, cpus: 8, memory: 16GiB, gpus: 2}
environments:
  sklearn-1.5: {python: "3.10", packages: [scikit-learn==1.5.*, "numpy<2"]}
  old: sklearn-1.5
  mine: {python: .venv/bin/python}
default_compute: big
pass_env: [HF_TOKEN, "AWS_*"]
keep: copy
notify:
  - {on: failed, webhook: "https://hooks.x.org/T0/secret"}
  - {on: [succeeded, failed], command: mail me}
limits: {steps: 200000, file_bytes: 1000000}
slots: 3
`;
    expect(config(text)).toMatchObject({
      datastores: {
        workspaceblobstore: { path: "/project/.stepwell/store" },
        blob: { type: "file", path: "/blob" },
      },
      urlMap: {
        "https://x.org/a.csv": "/project/seed/a.csv",
        "wasbs://c@a.blob.core.windows.net/": "/project/seed/",
        "https://y.org/": "https://mirror.org/",
      },
      computes: {
        local: { type: "local", cpus: null },
        "*": { type: "local", cpus: null, memoryBytes: null, gpus: null },
        big: { cpus: 8, memoryBytes: 16 * 1024 ** 3, gpus: 2 },
      },
      environments: {
        "sklearn-1.5": { pythonVersion: "3.10", packages: ["scikit-learn==1.5.*", "numpy<2"] },
        old: { alias: "sklearn-1.5" },
        mine: { python: "/project/.venv/bin/python", pythonVersion: null, packages: null },
      },
      defaultCompute: "big",
      passEnv: ["HF_TOKEN", "AWS_*"],
      keep: "copy",
      notify: [
        { on: ["failed"], target: { kind: "webhook", url: "https://hooks.x.org/T0/secret" } },
        { on: ["failed", "succeeded"], target: { kind: "command", command: "mail me" } },
      ],
      limits: { steps: 200_000, fileBytes: 1_000_000 },
      slots: 3,
    });
  });

  it("refuses a Python version whose last 0 YAML drops: 3.10 would be another Python", () => {
    const text = "environments:\n  old: {python: 3.11, packages: []}\n  mine: {python: 3.10}\n";
    const { problems } = loadWorkspaceConfig(text, FILE);
    expect(problems.map(({ code, position, hint }) => [code, position?.line, hint])).toEqual([
      ["wrong_type", 3, 'Put it in quotes: "3.10".'],
    ]);
  });

  it("reads JSON", () => {
    expect(config('{"computes": {"*": {"type": "local"}}}').computes).toHaveProperty("*");
  });

  it.each([
    ["computs: {}", "unknown_key", "1:1"],
    ["computes: {a: {type: remote}}", "unknown_value", "1:22"],
    ["computes: {a: {}}", "missing_field", "1:15"],
    ["computes: {a: {type: local, memory: lots}}", "wrong_type", "1:37"],
    ["datastores: {a: {type: nfs, path: x}}", "unknown_value", "1:24"],
    ["keep: sometimes", "unknown_value", "1:7"],
    ["keep: copy\nsource_date_epoch: 2020-01-01", "wrong_type", "2:20"],
    ["source_date_epoch: -1", "wrong_type", "1:20"],
    ["keep: copy\nwarn_size: lots", "wrong_type", "2:12"],
    ["slots: 0", "out_of_range", "1:8"],
    ['pass_env: [A, ""]', "wrong_type", "1:15"],
    ["pass_env: [A*B]", "wrong_type", "1:12"],
    ["pass_env: [{name: A*, secret: s}]", "wrong_type", "1:19"],
    ["- a", "not_a_mapping", "1:1"],
    ["a: [", "yaml_syntax", "1:5"],
    ["keep: copy\nkeep: copy", "duplicate_key", "2:1"],
  ])("reports %j", (text, code, place) => {
    const [problem] = loadWorkspaceConfig(text, FILE).problems;
    expect(problem?.code).toBe(code);
    expect(`${problem?.position?.line}:${problem?.position?.column}`).toBe(place);
  });
});

it("pass_env takes names: a value that stands behind one is not shown", () => {
  for (const list of ["[HF_TOKEN=hush]", "[{name: HF_TOKEN=hush, secret: s}]"]) {
    const { problems } = loadWorkspaceConfig(`pass_env: ${list}`, FILE);
    expect(problems).toMatchObject([
      { code: "wrong_type", hidesLine: true, hint: expect.stringContaining("`HF_TOKEN`") },
    ]);
    expect(JSON.stringify(problems)).not.toContain("hush");
  }
  expect(loadWorkspaceConfig('pass_env: ["*", BASH_FUNC_f%%, a b]', FILE).problems).toEqual([]);
});

describe("notify", () => {
  it.each([
    ["{on: [], webhook: https://x.org/s3cret}", /entry 1 of `notify` is never told: `on` is empty/],
    ["{on: failed}", /entry 1 of `notify` has neither a command nor a webhook/],
    ["{on: failed, command: a, webhook: https://x.org/s3cret}", /has both/],
    ["{on: failed, webhook: ftp://x.org/s3cret}", /is no http\(s\) address/],
    ["{on: failed, webhook: s3cret}", /is no http\(s\) address/],
  ])("reports %s with its place, without showing the address or its line", (entry, message) => {
    const { problems, config: read } = loadWorkspaceConfig(`notify: [${entry}]`, FILE);
    expect(problems).toMatchObject([
      { severity: "error", position: { line: 1, column: 10 }, hidesLine: true },
    ]);
    expect(problems[0]?.message).toMatch(message);
    expect(JSON.stringify([problems, read])).not.toContain("s3cret");
  });

  it.each(["[a]", "[{on: sometimes, command: a}]", "[{on: failed, command: a, when: b}]", "a"])(
    "checks the fields of %s",
    (text) => {
      expect(loadWorkspaceConfig(`notify: ${text}`, FILE).problems).toHaveLength(1);
    },
  );
});

it("an address of url_map holds no secret, because what it stands for is recorded", () => {
  const text = 'url_map: {"https://a.org/x": "https://b.org/x?sig=hunter2-9f"}\n';
  const { problems } = loadWorkspaceConfig(text, "/project/stepwell.yml");
  expect(problems).toMatchObject([{ code: "secret_in_file", hidesLine: true }]);
  expect(JSON.stringify(problems)).not.toContain("hunter2");
});
