import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseReference, parseTemplate, soleReference, templateReferences } from "./template.ts";

describe("parseTemplate", () => {
  it("splits text, references and optional groups with offsets into the whole text", () => {
    const parts = parseTemplate("a ${{ inputs.x }} $[[--y ${{inputs.y}}]] z");
    expect(parts).toEqual([
      { kind: "text", text: "a ", offset: 0 },
      {
        kind: "reference",
        text: "inputs.x",
        target: { scope: "inputs", name: "x" },
        raw: "${{ inputs.x }}",
        offset: 2,
      },
      { kind: "text", text: " ", offset: 17 },
      {
        kind: "optional",
        raw: "$[[--y ${{inputs.y}}]]",
        offset: 18,
        parts: [
          { kind: "text", text: "--y ", offset: 21 },
          {
            kind: "reference",
            text: "inputs.y",
            target: { scope: "inputs", name: "y" },
            raw: "${{inputs.y}}",
            offset: 25,
          },
        ],
      },
      { kind: "text", text: " z", offset: 40 },
    ]);
  });

  it("keeps unclosed and malformed marks as text", () => {
    expect(parseTemplate("${{inputs.x} $[[a")).toEqual([
      { kind: "text", text: "${{inputs.x} $[[a", offset: 0 },
    ]);
    expect(parseTemplate("$${data.text} ${HOME}")).toHaveLength(1);
  });

  it("keeps a group without a reference as a group", () => {
    const [group] = parseTemplate("$[[inputs.x]]");
    expect(group).toMatchObject({ kind: "optional", raw: "$[[inputs.x]]" });
  });

  it("gives the text back when the raw parts are joined", () => {
    const piece = fc.constantFrom(
      "${{",
      "}}",
      "$[[",
      "]]",
      "inputs.x",
      " ",
      "\n",
      "{",
      "$",
      "name",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join("");
        const joined = parseTemplate(text).map((part) =>
          part.kind === "text" ? part.text : part.raw,
        );
        expect(joined.join("")).toBe(text);
      }),
    );
  });

  it("reads a long run of opening marks in linear time", () => {
    expect(parseTemplate("$[[".repeat(100_000))).toHaveLength(1);
    expect(parseTemplate("${{".repeat(100_000))).toHaveLength(1);
  });
});

describe("parseReference", () => {
  it.each([
    ["inputs.x", { scope: "inputs", name: "x" }],
    ["inputs.group.x", { scope: "inputs", name: "group.x" }],
    ["outputs.o", { scope: "outputs", name: "o" }],
    ["parent.inputs.x", { scope: "parent_inputs", name: "x" }],
    ["parent.outputs.o", { scope: "parent_outputs", name: "o" }],
    ["parent.jobs.j.outputs.o", { scope: "parent_jobs", job: "j", output: "o" }],
    ["search_space.lr", { scope: "search_space", name: "lr" }],
    ["name", { scope: "name" }],
    ["default_datastore", { scope: "default_datastore" }],
    ["parent.jobs.j.o", { scope: "other" }],
    ["jobs.j.outputs.o", { scope: "other" }],
    ["", { scope: "other" }],
  ])("reads %s", (text, target) => {
    expect(parseReference(text)).toEqual(target);
  });
});

describe("soleReference and templateReferences", () => {
  it("finds the one reference a text is made of", () => {
    expect(soleReference(" ${{parent.inputs.x}} ")?.text).toBe("parent.inputs.x");
    expect(soleReference("a${{parent.inputs.x}}")).toBeNull();
    expect(soleReference("${{name}}${{name}}")).toBeNull();
  });

  it("lists references inside and outside groups", () => {
    const found = templateReferences("${{inputs.a}} $[[ ${{inputs.b}} ]]");
    expect(found.map((one) => one.text)).toEqual(["inputs.a", "inputs.b"]);
  });
});
