import fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

it("is the same for the same data in any order of keys, and leaves out what is not there", () => {
  expect(canonicalJson({ b: 1, a: [true, null, { d: "é", c: undefined }] })).toBe(
    '{"a":[true,null,{"d":"é"}],"b":1}',
  );
  expect(canonicalJson({ é: 1, Z: 2, a: 3, "": 4 })).toBe('{"":4,"Z":2,"a":3,"é":1}');
  expect(canonicalJson(undefined)).toBe("null");
});

it("is JSON that says the same", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
