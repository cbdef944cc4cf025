import { expect, it } from "vitest";
import { pythonWarnings } from "./choose-python.ts";

const facts = {
  executable: "/usr/bin/python3",
  version: "3.11.7",
  platform: "linux-x86_64-glibc2.36",
  virtualEnvironment: null,
  packages: {},
  editables: [],
};

it("warns of another Python than the one that is asked for, but not of one that is allowed", () => {
  const warning = "Python 3.9 is asked for and not on this machine; Python 3.11.7 is used instead.";
  const below = 'python_version >= "3.9" and python_version < "3.11"';
  expect(pythonWarnings({ facts, warning }, undefined)).toEqual([warning]);
  expect(pythonWarnings({ facts, warning }, below)).toEqual([warning]);
  expect(pythonWarnings({ facts, warning }, 'python_version >= "3.9"')).toEqual([]);
  expect(pythonWarnings({ facts, warning: null }, undefined)).toEqual([]);
});
