// Makes the JSON schemas that editors complete and check with, from the same field tables that the loader checks with.

import { commandComponent } from "./fields/command-component.ts";
import { commandJob } from "./fields/command-job.ts";
import { data } from "./fields/data.ts";
import {
  dataTransferComponent,
  dataTransferJob,
  dataTransferNode,
} from "./fields/data-transfer.ts";
import { datastoreFiles } from "./fields/datastore.ts";
import { environment } from "./fields/environment.ts";
import type { Field, FieldTable, FieldType } from "./fields/field.ts";
import { laterComponents } from "./fields/later-components.ts";
import { laterNodes } from "./fields/later-nodes.ts";
import { model } from "./fields/model.ts";
import { commandNode, pipelineNode } from "./fields/node-fields.ts";
import { pipelineComponent } from "./fields/pipeline-component.ts";
import { pipelineJob } from "./fields/pipeline-job.ts";
import { workspace } from "./fields/workspace.ts";

export type SchemaKind = keyof typeof TABLES;

export const SCHEMA_KINDS: readonly SchemaKind[] = [
  "pipeline",
  "command",
  "data_transfer",
  "component",
  "data",
  "datastore",
  "environment",
  "model",
  "workspace",
];

/** Plain JSON: a JSON Schema (draft 7, which editors know best) for one kind of file. */
export function schemaFor(kind: SchemaKind): JsonSchema {
  const parts: Parts = { names: new Map(), definitions: {} };
  const schemas = TABLES[kind].map((table) => tableSchema(table, parts));
  const [only] = schemas;
  const body = schemas.length === 1 && only !== undefined ? only : { anyOf: schemas };
  if (TABLES[kind].some((one) => "jobs" in one.fields)) parts.definitions.node = nodeSchema(parts);
  const { definitions } = parts;
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: `Stepwell: ${kind}`,
    ...body,
    ...(Object.keys(definitions).length === 0 ? {} : { definitions }),
  };
}

/** Tables that stand once and are referred to: the name of each (and of its like with bindings), by name the schema. */
interface Parts {
  readonly names: Map<FieldTable, { plain?: string; bindings?: string }>;
  readonly definitions: Record<string, JsonSchema>;
}

function referTo(table: FieldTable, bindings: boolean, parts: Parts): JsonSchema {
  const known = parts.names.get(table) ?? {};
  parts.names.set(table, known);
  const way = bindings ? "bindings" : "plain";
  let name = known[way];
  if (name === undefined) {
    name = `${slug(table.title)}-${parts.names.size}${bindings ? "-or-binding" : ""}`;
    known[way] = name;
    parts.definitions[name] = tableSchema(table, parts, bindings);
  }
  return { $ref: `#/definitions/${name}` };
}

function slug(title: string): string {
  return title.replaceAll(/[^A-Za-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
}

export type JsonSchema = { readonly [key: string]: unknown };

const TABLES = {
  pipeline: [pipelineJob],
  command: [commandJob],
  data_transfer: [dataTransferJob],
  component: [
    commandComponent,
    pipelineComponent,
    dataTransferComponent,
    // A prompt flow has another file name, and a schema that takes any keys.
    ...Object.values(laterComponents).filter(({ unknownKeys }) => unknownKeys !== "keep"),
  ],
  data: [data],
  datastore: Object.values(datastoreFiles),
  environment: [environment],
  model: [model],
  workspace: [workspace],
} as const satisfies Record<string, readonly FieldTable[]>;

const BINDING: JsonSchema = { type: "string", pattern: "^\\s*\\$\\{\\{.*\\}\\}\\s*$" };

/** What a table's fields may be holds for what is in them too, as where they are checked. */
function tableSchema(table: FieldTable, parts: Parts, bindings = table.bindings): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const [name, field] of Object.entries(table.fields)) {
    properties[name] = name === "jobs" ? nodesSchema(field) : fieldSchema(field, bindings, parts);
  }
  const required = Object.keys(table.fields).filter((name) => table.fields[name]?.required);
  return {
    type: "object",
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: table.unknownKeys !== "error",
  };
}

function fieldSchema(field: Field, bindings: boolean, parts: Parts): JsonSchema {
  const description = field.extension ? `${field.doc} (Stepwell only.)` : field.doc;
  const own = typeSchema(field.type, bindings, parts);
  const schema = bindings && field.type.kind !== "any" ? { anyOf: [own, BINDING] } : own;
  return field.required ? { ...schema, description } : { ...nullable(schema), description };
}

/** A key without a value is the same as no key. */
function nullable(schema: JsonSchema): JsonSchema {
  return Object.keys(schema).length === 0 ? schema : { anyOf: [schema, { type: "null" }] };
}

// A pipeline node may hold nodes itself, so a node is a definition that refers to itself.
function nodesSchema(field: Field): JsonSchema {
  return {
    type: "object",
    additionalProperties: { $ref: "#/definitions/node" },
    description: field.doc,
  };
}

function nodeSchema(parts: Parts): JsonSchema {
  const tables = [commandNode, pipelineNode, dataTransferNode, ...Object.values(laterNodes)];
  return { anyOf: tables.map((table) => tableSchema(table, parts)) };
}

/** Completed in small letters, and taken in any. */
function anyCase(words: readonly string[]): JsonSchema {
  const letters = (word: string) =>
    word.replaceAll(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`);
  const pattern = `^(?:${words.map(letters).join("|")})$`;
  return { anyOf: [{ enum: words }, { type: "string", pattern }] };
}

function typeSchema(type: FieldType, bindings: boolean, parts: Parts): JsonSchema {
  switch (type.kind) {
    case "string":
      if (type.values === undefined) return { type: ["string", "number", "boolean"] };
      return type.anyCase === true ? anyCase(type.values) : { enum: type.values };
    case "integer":
    case "number":
      return type.minimum === undefined
        ? { type: type.kind }
        : { type: type.kind, minimum: type.minimum };
    case "boolean":
      return { type: "boolean" };
    case "scalar":
      return { type: ["string", "number", "boolean"] };
    case "any":
      return {};
    case "map":
      return {
        type: "object",
        additionalProperties: nullable(typeSchema(type.of, bindings, parts)),
      };
    case "list":
      return { type: "array", items: typeSchema(type.of, bindings, parts) };
    case "record":
      return referTo(type.table(), bindings, parts);
    case "tagged":
      return {
        anyOf: Object.values(type.tables()).map((table) => referTo(table, bindings, parts)),
      };
    case "oneOf":
      return { anyOf: type.of.map((one) => typeSchema(one, bindings, parts)) };
    default:
      return type satisfies never;
  }
}
