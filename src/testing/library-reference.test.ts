import fs from "node:fs";
import path from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import {
  type ComponentPort,
  type DescribedComponent,
  describeComponent,
} from "../operations/definitions/describe-component.ts";
import { listRegistry } from "../operations/definitions/registries.ts";
import { schemaFor } from "../spec/json-schema.ts";
import { SPEC_LIMITS } from "../spec/limits.ts";
import { toPlain } from "../spec/plain.ts";
import { readTree } from "../spec/read-tree.ts";
import { ROOT } from "./repository.ts";

// The pages of the library are what its component files say: `npm run transcript` writes them anew.

const LIBRARY = path.join(ROOT, "library");
const PAGES = path.join(ROOT, "docs/reference/library");
const COMPONENTS = listRegistry(LIBRARY).map((one) => describeComponent("stepwell", one));

function pageOf(one: DescribedComponent): string {
  const { title, description, inputs, outputs, example, name, version } = one;
  const inputTable = [
    "| input | type | | |",
    "|---|---|---|---|",
    ...inputs.map((port) => row([code(port.name), type(port), presence(port), port.description])),
  ];
  const outputTable = [
    "| output | type | |",
    "|---|---|---|",
    ...outputs.map((port) => row([code(port.name), port.type, port.description])),
  ];
  return [
    `# ${name}`,
    `${title}. Version ${version}, of the [library that ships](README.md).`,
    ...(description === null ? [] : [description]),
    ...(inputs.length === 0 ? [] : [inputTable.join("\n")]),
    ...(outputs.length === 0 ? [] : [outputTable.join("\n")]),
    `\`\`\`yaml\n${example.trimEnd()}\n\`\`\`\n`,
  ].join("\n\n");
}

function indexPage(): string {
  const rows = COMPONENTS.map(({ name, title }) => row([`[${name}](${name}.md)`, title]));
  return `# The library: components that ship

Used as \`component: azureml://registries/stepwell/components/NAME\`, with \`/versions/V\` behind it where a version must stay; from TypeScript by
\`component("azureml://registries/stepwell/components/NAME")\`. \`stepwell component list --builtin\` and \`component show NAME --builtin\` say the same as these pages.
Programs run with the \`node\` of the step's PATH (20.15 or newer) and install nothing; their bytes count in fingerprints like your code. A folder of yours is
[another registry](../../guides/assets.md).

| component | what it does |
|---|---|
${rows.join("\n")}
`;
}

function row(cells: readonly (string | null)[]): string {
  return `| ${cells.map((cell) => (cell ?? "").replaceAll("|", "\\|")).join(" | ")} |`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function type({ type: word, values }: ComponentPort): string {
  if (word === "path") return "a file or a folder";
  return values.length === 0 ? word : values.map(code).join(", ");
}

function presence({ needed, default: given }: ComponentPort): string {
  return needed ? "needed" : given === null ? "" : code(given);
}

const PAGE_TEXTS: readonly (readonly [string, string])[] = [
  ["README.md", indexPage()],
  ...COMPONENTS.map((one) => [`${one.name}.md`, pageOf(one)] as const),
];

describe("the reference of the library", () => {
  it.each(PAGE_TEXTS)("%s says what the component says", (name, text) => {
    const file = path.join(PAGES, name);
    if (process.env.STEPWELL_WRITE_DOCS === "1") {
      fs.mkdirSync(PAGES, { recursive: true });
      fs.writeFileSync(file, text);
    }
    expect(fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "").toBe(text);
  });

  it("has a page for every component, and no other", () => {
    expect(fs.readdirSync(PAGES).sort()).toEqual(PAGE_TEXTS.map(([name]) => name).sort());
  });
});

describe("every component of the library", () => {
  const ajv = new Ajv({ strict: false, allErrors: true });

  it.each(COMPONENTS)("$name describes itself, every port, and how it is used", (one) => {
    expect(one.title).not.toBe(one.name);
    expect(one.description).not.toBeNull();
    expect([...one.inputs, ...one.outputs].filter((port) => port.description === null)).toEqual([]);
    expect(one.example).toContain(`azureml://registries/stepwell/components/${one.name}`);
  });

  it.each(["component", "pipeline"] as const)("fits the editor schema: %s", (kind) => {
    const name = kind === "component" ? "component.yml" : "example.yml";
    const validate = ajv.compile(JSON.parse(JSON.stringify(schemaFor(kind))));
    for (const one of COMPONENTS) {
      const file = path.join(LIBRARY, one.name, name);
      const { root } = readTree(fs.readFileSync(file, "utf8"), file, SPEC_LIMITS);
      validate(root === null ? null : toPlain(root));
      expect([one.name, validate.errors ?? []]).toEqual([one.name, []]);
    }
  });
});
