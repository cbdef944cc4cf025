import { expect, it } from "vitest";
import { findings, loaded } from "../../testing/loaded-job.ts";

function withIncludes(includes: string) {
  const text = `type: pipeline\njobs:\n  a:\n    command: ls\n    additional_includes: ${includes}\n`;
  return loaded(text, { files: { "lib/x.py": "x" }, folders: ["lib", "other"] });
}

it("takes an include once that is named twice", () => {
  const job = withIncludes("[lib, other, ./lib/, lib]");
  expect(findings(job)).toEqual([]);
  expect(job.graph?.steps[0]).toMatchObject({
    code: { path: null, includes: ["/project/lib", "/project/other"] },
  });
});

it.each(['[lib, ""]', "[lib, ~]", "[lib, ' ']"])(
  "does not take the definition's folder for an include that is left empty: %s",
  (includes) => expect(findings(withIncludes(includes))).toEqual(["error wrong_type 5:32"]),
);

it("says of an archive that Azure's client would make what to do here", () => {
  const job = withIncludes("[lib.zip, gone.zip]");
  expect(findings(job)).toEqual(["error missing_path 5:27", "error missing_path 5:36"]);
  expect(job.problems.map(({ hint }) => hint)).toEqual([
    "Name the folder, or make the archive of it.",
    "Paths are relative to the file that names them.",
  ]);
});

it.each(["code: /", "additional_includes: [lib, //]", "additional_includes: [/lib/..]"])(
  "refuses the whole file system as code: %s",
  (line) => {
    const text = `type: pipeline\njobs:\n  a:\n    command: ls\n    ${line}\n`;
    const { problems } = loaded(text, { folders: ["lib"] });
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ["unsupported_code", "`/` is everything on this machine, and no code"],
    ]);
  },
);
