// Names and values as they stand in SQL text. Pure.

/** `schema.table` or `table`, each part as it is or in double quotes; null for a text that is no name. */
export function tableName(written: string): string | null {
  const parts: string[] = [];
  let rest = written.trim();
  while (rest !== "") {
    const quoted = /^"((?:[^"]|"")+)"(\.|$)/.exec(rest);
    const bare = /^([^".\s]+)(\.|$)/.exec(rest);
    const found = quoted ?? bare;
    if (found === null) return null;
    const [all, name = "", dot] = found;
    parts.push(quoted === null ? name : name.replaceAll('""', '"'));
    rest = rest.slice(all.length);
    if (dot === "." && rest === "") return null;
  }
  if (parts.length === 0 || parts.length > 2) return null;
  return parts.map(quotedName).join(".");
}

export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as a literal, whatever the server makes of backslashes. */
export function quotedText(text: string): string {
  const plain = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? ` E${plain.replaceAll("\\", "\\\\")}` : plain;
}
