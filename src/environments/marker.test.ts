import { describe, expect, it } from "vitest";
import { compareVersions, markerHolds, markerVariables } from "./marker.ts";

const linux = markerVariables("3.11.7", "linux-x86_64-glibc2.36");

describe("markerHolds", () => {
  it.each([
    ["sys_platform == 'linux'", true],
    ["sys_platform != 'win32'", true],
    ["python_version < '3.9'", false],
    ["python_version >= '3.10'", true],
    ["python_full_version >= '3.11.8'", false],
    ["python_full_version == '3.11.*'", true],
    ["python_full_version != '3.9.*'", true],
    ["python_version ~= '3.8'", true],
    ["python_version ~= '3.12'", false],
    ["python_version ~= '2.7'", false],
    ["python_full_version ~= '3.10.2'", false],
    ["python_full_version ~= '3.11.2'", true],
    ["platform_machine == 'aarch64' or platform_machine == 'x86_64'", true],
    ["sys_platform == 'darwin' and python_version >= '3.8'", false],
    ["(sys_platform == 'darwin' or sys_platform == 'linux') and os_name == 'posix'", true],
    ["platform_machine in 'x86_64 arm64'", true],
    ["platform_machine not in 'x86_64 arm64'", false],
    ["'linux' in sys_platform", true],
    ["implementation_name == 'pypy'", false],
  ])("%s is %s", (marker, expected) => {
    expect(markerHolds(marker, linux)).toBe(expected);
  });

  it("knows macOS", () => {
    const mac = markerVariables("3.12.1", "darwin-arm64");
    expect(markerHolds("sys_platform == 'darwin' and platform_machine == 'arm64'", mac)).toBe(true);
    expect(markerHolds("platform_system == 'Darwin'", mac)).toBe(true);
  });
});

describe("compareVersions", () => {
  it("compares by numbers, not by letters", () => {
    expect(compareVersions("3.10", "3.9")).toBeGreaterThan(0);
    expect(compareVersions("3.8", "3.8.0")).toBe(0);
    expect(compareVersions("3.8.18", "3.8.2", 2)).toBe(0);
  });
});
