import { describe, expect, it } from "vitest";
import { secretsOf } from "./inherited-variables.ts";

describe("secretsOf", () => {
  it("has what was passed by name, and passwords in the addresses that are inherited", () => {
    const inherited = {
      HTTPS_PROXY: "http://ann:p%40ss-word@proxy.example:3128",
      PIP_INDEX_URL: "https://token:abc-123@index.example/simple/",
      http_proxy: "http://proxy.example:3128",
      PATH: "/usr/bin:/bin",
    };
    expect(secretsOf({ inherited, passed: { TOKEN: "hush" } })).toEqual([
      "hush",
      "p%40ss-word",
      "p@ss-word",
      "abc-123",
      "abc-123",
    ]);
  });

  it("has the password of an address that was passed by name, which programs print alone", () => {
    const passed = { DATABASE: "postgres://ann:hunter%402@db.example/x" };
    expect(secretsOf({ inherited: {}, passed })).toEqual([
      "postgres://ann:hunter%402@db.example/x",
      "hunter%402",
      "hunter@2",
    ]);
  });
});
