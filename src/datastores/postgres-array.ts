// The text of a PostgreSQL array (`{1,NULL,"a b"}`, nested too) as JSON. Pure; knows nothing of the types of its elements.

/** `element`: the JSON of one element's text. */
export function arrayJson(text: string, element: (text: string) => string): string {
  // Arrays that do not begin at 1 say where they begin.
  let at = text.startsWith("[") ? text.indexOf("=") + 1 : 0;

  function list(): string {
    const items: string[] = [];
    at += 1;
    while (at < text.length && text[at] !== "}") {
      if (text[at] === ",") at += 1;
      else if (text[at] === "{") items.push(list());
      else if (text[at] === '"') items.push(element(quoted()));
      else items.push(bare());
    }
    at += 1;
    return `[${items.join(",")}]`;
  }

  function quoted(): string {
    let value = "";
    for (at += 1; at < text.length && text[at] !== '"'; at += 1) {
      if (text[at] === "\\") at += 1;
      value += text[at] ?? "";
    }
    at += 1;
    return value;
  }

  function bare(): string {
    const from = at;
    while (at < text.length && text[at] !== "," && text[at] !== "}") at += 1;
    const value = text.slice(from, at);
    return value === "NULL" ? "null" : element(value);
  }

  return list();
}
