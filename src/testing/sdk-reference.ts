// The reference of the TypeScript SDK, made of its declarations: every public name with its comment and its signature. So it
// is the record of the public surface as well: a change of that is a change of the page.

import fs from "node:fs";
import path from "node:path";
import { ROOT } from "./repository.ts";

export const SDK_PAGE = path.join(ROOT, "docs", "reference", "sdk.md");

const TYPES = path.join(ROOT, "dist", "types", "sdk");

interface Declaration {
  readonly comment: string;
  readonly code: string;
}

/** Needs the built types. */
export function sdkReference(): string {
  const index = fs.readFileSync(path.join(TYPES, "index.d.ts"), "utf8");
  const exported = [
    ...index.matchAll(/export (type )?\{([\s\S]*?)\} from "\.\/([\w-]+)\.ts"/g),
  ].flatMap(([, type, names = "", file = ""]) =>
    names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "")
      .map((name) => ({
        name: name.replace(/^type /, ""),
        isType: type !== undefined || name.startsWith("type "),
        file,
      })),
  );
  const sections = [
    { title: "Functions and values", of: exported.filter(({ isType }) => !isType) },
    { title: "Types", of: exported.filter(({ isType }) => isType) },
  ].map(({ title, of }) => {
    const entries = of
      .toSorted((a, b) => a.name.localeCompare(b.name, "en"))
      .map(({ name, file }) => entryOf(name, declarationOf(name, file)));
    return `## ${title}\n\n${entries.join("\n\n")}`;
  });
  return `# The TypeScript SDK: every public name

Made from the declarations of the package by \`npm run transcript\`; a change of the public surface is a change of this page. How to use it:
[pipelines in TypeScript](../guides/typescript.md), [running from code](../guides/from-code.md).

${sections.join("\n\n")}
`;
}

function declarationOf(name: string, file: string): Declaration {
  const text = fs.readFileSync(path.join(TYPES, `${file}.d.ts`), "utf8");
  const start = new RegExp(
    `^export (?:declare )?(?:abstract )?(?:function|const|class|interface|type) ${name}\\b`,
    "m",
  ).exec(text);
  if (start === null) throw new Error(`${file}.d.ts declares no ${name}`);
  const rest = text.slice(start.index);
  const next = rest.slice(1).search(/^(?:export |\/\*\*|declare |interface |type |import )/m);
  const code = (next < 0 ? rest : rest.slice(0, next + 1)).trim();
  const before = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/.exec(text.slice(0, start.index))?.[0] ?? "";
  return { comment: plain(before), code: code.replace(/^export (?:declare )?/, "") };
}

/** The text of a comment, its tags as words of Markdown. */
function plain(comment: string): string {
  return comment
    .replace(/^\/\*\*\s?/, "")
    .replace(/\s*\*\/\s*$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .replaceAll(/\{@link (\w+)\}/g, "`$1`")
    .replaceAll(/^@example\s*$/gm, "Example:\n")
    .replaceAll(/^@throws (.*)$/gm, "Throws $1")
    .replaceAll(/^@returns (.*)$/gm, "Gives: $1")
    .replaceAll(/^@param (\w+) (.*)$/gm, "`$1`: $2")
    .trim();
}

function entryOf(name: string, { comment, code }: Declaration): string {
  const words = comment === "" ? "" : `${comment}\n\n`;
  return `### ${name}\n\n${words}\`\`\`typescript\n${code}\n\`\`\``;
}
