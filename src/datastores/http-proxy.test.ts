import { describe, expect, it } from "vitest";
import { proxyFor } from "./http-proxy.ts";

const PROXY = "http://proxy.example:3128";

describe("the proxy for an address", () => {
  it.each([
    ["https://a.org/x", { HTTPS_PROXY: PROXY }, "proxy.example:3128"],
    ["https://a.org/x", { https_proxy: "small.example", HTTPS_PROXY: PROXY }, "small.example"],
    ["http://a.org/x", { HTTPS_PROXY: PROXY }, null],
    ["http://a.org/x", { HTTP_PROXY: PROXY }, "proxy.example:3128"],
    ["http://a.org/x", { all_proxy: PROXY }, "proxy.example:3128"],
    ["http://a.org/x", { HTTP_PROXY: "" }, null],
    ["http://a.org/x", {}, null],
  ])("is read from the variables: %s %j", (url, variables, host) => {
    expect(proxyFor(new URL(url), variables)?.host ?? null).toBe(host);
  });

  it.each([
    ["a.org", true],
    [".a.org", true],
    ["*.a.org", true],
    ["x.org, a.org", true],
    ["*", true],
    ["sub.a.org:8443", true],
    ["sub.a.org:443", false],
    ["b.org", false],
    ["org.a", false],
    ["", false],
  ])("is none for what NO_PROXY=%s lists", (list, isExempt) => {
    const variables = { HTTPS_PROXY: PROXY, NO_PROXY: list };
    expect(proxyFor(new URL("https://sub.A.org:8443/x"), variables) === null).toBe(isExempt);
  });

  it.each([
    ["http://10.0.0.1:81/", "10.0.0.1", true],
    ["http://10.0.0.1:81/", "0.0.1", false],
    ["http://[fd00::1]:81/", "fd00::1", true],
    ["http://127.0.0.1:81/", "", true],
    ["http://localhost/", "", true],
    ["http://[::1]/", "", true],
    ["http://ca.org/", "a.org", false],
  ])("takes an address for itself alone: %s with %s", (url, list, isExempt) => {
    expect(proxyFor(new URL(url), { HTTP_PROXY: PROXY, NO_PROXY: list }) === null).toBe(isExempt);
  });

  it("is refused where it is of a kind that cannot be used, without its password", () => {
    const variables = { ALL_PROXY: "socks5://me:hunter2@proxy.example" };
    expect(() => proxyFor(new URL("http://a.org"), variables)).toThrow("NO_PROXY=a.org");
    expect(() => proxyFor(new URL("http://a.org"), variables)).not.toThrow("hunter2");
  });
});
