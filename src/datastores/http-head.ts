// The form of HTTP/1.1 messages: what a request says before its body, what an answer means to its reader, and a body that
// comes in chunks. Pure; knows no connection.

export interface AnswerHead {
  readonly status: number;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the body; null: its length is not announced. */
  readonly sizeBytes: number | null;
  readonly isChunked: boolean;
  /** After the body the connection is good for another request. */
  readonly isKept: boolean;
}

export interface RequestHead {
  readonly method: string;
  /** Path and query, escaped. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What would be read as the end of a line, or as none of its letters. */
const UNFIT = /[^\t\x20-\x7e\x80-\xff]/;

export function requestHead({ method, target, headers }: RequestHead): string {
  let head = `${method} ${target} HTTP/1.1\r\n`;
  if (UNFIT.test(target) || target.includes(" ")) throw new Error("an address is not escaped");
  for (const [name, value] of Object.entries(headers)) {
    if (UNFIT.test(value)) throw new Error(`the header ${name} cannot have that value`);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

/** `text`: all up to the empty line. Null: that is no answer. */
export function answerHead(text: string): AnswerHead | null {
  const [first = "", ...lines] = text.split("\r\n");
  const [, minor, digits] = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first) ?? [];
  if (digits === undefined) return null;
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) return null;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  const status = Number(digits);
  const sizeBytes = bodyBytes(status, headers);
  const isChunked = headers["transfer-encoding"]?.toLowerCase() === "chunked";
  const isKept = minor === "1" && !/close/i.test(headers.connection ?? "");
  return { status, headers, sizeBytes, isChunked, isKept };
}

function bodyBytes(status: number, headers: Readonly<Record<string, string>>): number | null {
  if (status < 200 || status === 204 || status === 304) return 0;
  const length = headers["content-length"];
  const isPlain = headers["transfer-encoding"] === undefined;
  return isPlain && length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null;
}

/** All of a body that came in chunks, and nothing else; null: more is to come, or it is none. */
export function dechunked(bytes: Buffer): Buffer | null {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf("\r\n", at);
    const [, digits] = /^([0-9a-f]{1,8})(?:[ ;]|$)/i.exec(bytes.toString("latin1", at, end)) ?? [];
    if (end < 0 || digits === undefined) return null;
    const size = Number.parseInt(digits, 16);
    const next = end + 2 + size + 2;
    if (size === 0) return isEnd(bytes.subarray(end)) ? Buffer.concat(pieces) : null;
    if (next > bytes.byteLength) return null;
    pieces.push(bytes.subarray(end + 2, next - 2));
    at = next;
  }
}

/** Of the line of the last chunk, with the lines that may follow it. */
function isEnd(rest: Buffer): boolean {
  return rest.byteLength >= 4 && rest.indexOf("\r\n\r\n") === rest.byteLength - 4;
}
