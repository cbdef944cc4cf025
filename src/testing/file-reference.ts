// Makes the page of the reference that lists every key of the files that people write, from the field tables that the
// loader checks with. Does not know what the keys do.

import { commandComponent } from "../spec/fields/command-component.ts";
import { commandJob } from "../spec/fields/command-job.ts";
import { data } from "../spec/fields/data.ts";
import { environment } from "../spec/fields/environment.ts";
import type { Field, FieldTable, FieldType } from "../spec/fields/field.ts";
import { model } from "../spec/fields/model.ts";
import { commandNode, pipelineNode } from "../spec/fields/node-fields.ts";
import { pipelineComponent } from "../spec/fields/pipeline-component.ts";
import { pipelineJob } from "../spec/fields/pipeline-job.ts";
import { workspace } from "../spec/fields/workspace.ts";

const INTRODUCTION = `# Keys of every file

Made from the tables that files are checked with, by \`npm run transcript\`. An editor gets the same from \`stepwell schema KIND\`.
**Bold**: needed. \`+\`: only Stepwell knows it; Azure's own client refuses it where it stands in the file itself, and lets it pass as text under
\`properties\` (\`stepwell.retry: '{"max_retries": 2}'\`) and on nodes that name a component. \`NAME\` stands for a name of yours, \`[]\` for each entry of a list.
Datastores have [a page of their own](datastores.md); so have
[transfer steps](data-transfer.md).
`;

const SECTIONS: readonly (readonly [title: string, about: string, table: FieldTable])[] = [
  ["stepwell.yml", "The workspace file, beside `.stepwell/`. Everything is optional.", workspace],
  ["A pipeline", "A file with `type: pipeline`.", pipelineJob],
  ["A step", "An entry of `jobs`, with a command of its own or a component.", commandNode],
  ["A pipeline as a step", "An entry of `jobs` whose component is a pipeline.", pipelineNode],
  ["A job of one command", "A file with a `command`.", commandJob],
  ["A command component", "What a step names by `component`.", commandComponent],
  ["A pipeline component", "A pipeline that other pipelines name.", pipelineComponent],
  ["Data", "For `stepwell data create`.", data],
  ["A model", "For `stepwell model create`.", model],
  ["An environment", "For `stepwell environment create`, and under `environment`.", environment],
];

export function fileReference(): string {
  const sections = SECTIONS.map(([title, about, table]) => {
    const keys = keysOf(table, "", []);
    const isIdle = ({ field }: Key) => IDLE.test(field.doc);
    const rows = keys.filter((key) => !isIdle(key)).map((key) => row(key, table !== workspace));
    const idle = keys.filter(isIdle).map(({ name }) => `\`${name}\``);
    const rest =
      idle.length === 0 ? "" : `\nAccepted, and without effect here: ${idle.join(", ")}.\n`;
    return `## ${title}\n\n${about}\n\n| key | is | what |\n|---|---|---|\n${rows.join("\n")}\n${rest}`;
  });
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

/** How the tables say that a key changes nothing on one machine. */
const IDLE = /^Read-only|without effect(?: on one machine)?\.$|^Accepted and kept; for serving/;

interface Key {
  /** With the keys above it: `retry.delay`. */
  readonly name: string;
  readonly field: Field;
}

/** `seen`: tables above this one, because steps hold pipelines that hold steps. */
function keysOf(table: FieldTable, prefix: string, seen: readonly FieldTable[]): Key[] {
  return Object.entries(table.fields).flatMap(([word, field]) => {
    const name = `${prefix}${word}`;
    const inner = IDLE.test(field.doc) ? [] : below(field.type, name, [...seen, table]);
    return [{ name, field }, ...inner];
  });
}

function row({ name, field }: Key, marksOurs: boolean): string {
  const { type, doc, required, extension } = field;
  const key = required ? `**\`${name}\`**` : `\`${name}\``;
  const cells = [`${key}${extension && marksOurs ? " +" : ""}`, wordsOf(type), doc];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function below(type: FieldType, key: string, seen: readonly FieldTable[]): Key[] {
  switch (type.kind) {
    case "record": {
      const table = type.table();
      return seen.includes(table) || seen.length >= DEEPEST ? [] : keysOf(table, `${key}.`, seen);
    }
    case "map":
      return below(type.of, `${key}.NAME`, seen);
    case "list":
      return below(type.of, `${key}[]`, seen);
    case "oneOf":
      return type.of.flatMap((one) => below(one, key, seen));
    default:
      return [];
  }
}

const DEEPEST = 4;

function wordsOf(type: FieldType): string {
  switch (type.kind) {
    case "string":
      return type.values === undefined ? "text" : type.values.map((one) => `\`${one}\``).join(", ");
    case "integer":
    case "number":
      return type.minimum === undefined ? type.kind : `${type.kind} from ${type.minimum}`;
    case "boolean":
      return "boolean";
    case "scalar":
      return "value";
    case "list":
      return `list of ${wordsOf(type.of)}`;
    case "map":
      return `\`NAME:\` ${wordsOf(type.of)}`;
    case "record":
    case "tagged":
      return "mapping";
    case "oneOf":
      return type.of.map(wordsOf).join(" or ");
    case "any":
      return "";
    default:
      return type satisfies never;
  }
}
