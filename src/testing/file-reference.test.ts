import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { fileReference } from "./file-reference.ts";
import { ROOT } from "./repository.ts";

const PAGE = path.join(ROOT, "docs/reference/files.md");

it("docs/reference/files.md has the keys that files are checked with", () => {
  const reference = fileReference();
  if (process.env.STEPWELL_WRITE_DOCS === "1") fs.writeFileSync(PAGE, reference);
  expect(fs.readFileSync(PAGE, "utf8")).toBe(reference);
  for (const key of ["url_map", "retention.outputs.keep_for", "retry.max_retries", "notify[].on"])
    expect(reference).toContain(`\`${key}\``);
});
