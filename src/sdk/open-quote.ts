// What a place in a shell command stands inside of: quotes, a comment, a here-document. Reads bash as far as that needs.

/** `null`: nothing, a value there is a word of the command. */
export type Around = '"' | "'" | "comment" | "here-document" | null;

interface HereDocument {
  readonly end: string;
  readonly stripsTabs: boolean;
}

/** What stands behind `text` stands inside of. */
export function openAround(text: string): Around {
  const open: string[] = [];
  const documents: HereDocument[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] as string;
    const inner = open.at(-1);
    if (inner === "'") {
      if (sign === "'") open.pop();
    } else if (sign === "\\") at += 1;
    else if (inner === "$'") {
      if (sign === "'") open.pop();
    } else if (sign === '"') toggle(open, '"');
    else if (sign === "`") toggle(open, "`");
    else if (sign === "$" && text[at + 1] === "(") {
      open.push("(");
      at += 1;
    } else if (inner === '"') continue;
    else if (sign === "$" && text[at + 1] === "'") {
      open.push("$'");
      at += 1;
    } else if (sign === "'") open.push("'");
    else if (sign === ")" && inner === "(") open.pop();
    else if (sign === "#" && startsWord(text, at)) {
      const end = text.indexOf("\n", at);
      if (end < 0) return "comment";
      at = end - 1;
    } else if (sign === "<" && text[at + 1] === "<") at = addDocument(text, at, documents);
    else if (sign === "\n" && documents.length > 0) {
      const end = afterDocuments(text, at + 1, documents.splice(0));
      if (end === null) return "here-document";
      at = end - 1;
    }
  }
  const last = open.at(-1);
  return last === '"' ? '"' : last === "'" || last === "$'" ? "'" : null;
}

function toggle(open: string[], sign: string): void {
  if (open.at(-1) === sign) open.pop();
  else open.push(sign);
}

function startsWord(text: string, at: number): boolean {
  return at === 0 || /[\s;|&()]/.test(text[at - 1] as string);
}

/** Notes the document that begins on the next line; the place of the last sign read. */
function addDocument(text: string, at: number, documents: HereDocument[]): number {
  const found = /^<<(<?)(-?)[ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|([^\s;|&<>()'"]+))/.exec(
    text.slice(at),
  );
  if (found === null) return at + 1;
  const [all, isText, dash, single, double, bare] = found;
  const end = single ?? double ?? bare?.replaceAll("\\", "") ?? "";
  if (isText !== "") return at + 2;
  documents.push({ end, stripsTabs: dash !== "" });
  return at + all.length - 1;
}

/** Where the command goes on behind the documents; null when it does not. */
function afterDocuments(
  text: string,
  from: number,
  documents: readonly HereDocument[],
): number | null {
  let at = from;
  for (const { end, stripsTabs } of documents)
    for (;;) {
      const stop = text.indexOf("\n", at);
      const line = text.slice(at, stop < 0 ? text.length : stop);
      const isEnd = (stripsTabs ? line.replace(/^\t+/, "") : line) === end;
      if (stop < 0) return isEnd ? text.length : null;
      at = stop + 1;
      if (isEnd) break;
    }
  return at;
}
