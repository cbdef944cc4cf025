import fs from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { SDK_PAGE, sdkReference } from "./sdk-reference.ts";

let reference: string;

beforeAll(() => {
  reference = sdkReference();
  if (process.env.STEPWELL_WRITE_DOCS === "1") fs.writeFileSync(SDK_PAGE, reference);
});

describe("the reference of the SDK", () => {
  it("is what the declarations say; `npm run transcript` writes it", () => {
    expect(fs.readFileSync(SDK_PAGE, "utf8")).toBe(reference);
  });

  it("says of every function what it is for, with an example", () => {
    const [functions = ""] = reference.split("## Types");
    const entries = functions.split(/^### /m).slice(1);
    expect(entries.length).toBeGreaterThan(10);
    for (const entry of entries) expect(entry, entry.split("\n")[0]).toMatch(/Example:/);
  });
});
