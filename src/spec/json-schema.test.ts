import { describe, expect, it } from "vitest";
import { commandJob } from "./fields/command-job.ts";
import { pipelineJob } from "./fields/pipeline-job.ts";
import { SCHEMA_KINDS, schemaFor } from "./json-schema.ts";

interface Schema {
  readonly properties?: Readonly<Record<string, Schema & { readonly description?: string }>>;
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
}

describe("schemaFor", () => {
  it.each(SCHEMA_KINDS)("gives plain JSON for %s, with a sentence for each field", (kind) => {
    const schema = schemaFor(kind);
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    const tables = (schema as Schema).anyOf ?? [schema as Schema];
    for (const table of tables) {
      for (const [name, property] of Object.entries(table.properties ?? {})) {
        expect(property.description, name).toMatch(/\S.*\S/);
      }
    }
  });

  it("has the very fields that the loader checks", () => {
    const names = (kind: "pipeline" | "command") =>
      Object.keys((schemaFor(kind) as Schema).properties ?? {}).sort();
    expect(names("pipeline")).toEqual(Object.keys(pipelineJob.fields).sort());
    expect(names("command")).toEqual(Object.keys(commandJob.fields).sort());
    expect(schemaFor("command")).toMatchObject({
      required: ["command"],
      additionalProperties: false,
    });
  });

  it("takes what the loader takes: words in any case, bindings inside a node, components of later types", () => {
    const { definitions } = schemaFor("pipeline") as { definitions: Record<string, Schema> };
    const fieldOf = (name: string, field: string) =>
      JSON.stringify(
        Object.entries(definitions)
          .filter(([one]) => one.startsWith(name) && one.endsWith("-or-binding"))
          .map(([, { properties }]) => properties?.[field]),
      );
    expect(fieldOf("resources", "instance_count")).toContain("\\\\$");
    expect(fieldOf("limits", "timeout")).toContain("\\\\$");
    const [pattern = ""] = /\^[^"]*\[Ss\][^"]*/.exec(fieldOf("queue-settings", "job_tier")) ?? [];
    expect("Standard").toMatch(new RegExp(pattern));
    expect("Standards").not.toMatch(new RegExp(pattern));
    const components = (schemaFor("component") as Schema).anyOf ?? [];
    expect(components.some(({ properties }) => "entry" in (properties ?? {}))).toBe(true);
    expect(components.every(({ additionalProperties }) => additionalProperties === false)).toBe(
      true,
    );
  });

  it("describes every type of node", () => {
    const { node } = schemaFor("pipeline").definitions as { readonly node: Schema };
    const nodes = node.anyOf ?? [];
    expect(nodes).toHaveLength(11);
    expect(nodes[0]?.properties).toHaveProperty("retry");
  });
});
