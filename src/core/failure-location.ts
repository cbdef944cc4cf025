// Where a failing program says that it failed: the innermost frame of its last stack trace that lies in the step's own
// code. Reads Python's and Node's; knows nothing of folders or of what a file holds.

export interface Frame {
  /** As `codeFile` named it. */
  readonly file: string;
  readonly line: number;
}

/** The step's own file behind a path of a trace, or null for anybody else's. */
export type CodeFile = (path: string) => string | null;

const PYTHON = /^[\s|]*File "([^<].*)", line (\d+)/;
/** The rest of such a line, where the path has a newline in it. */
const PYTHON_REST = /^(.*\/work\/.+)", line (\d+)(?:, in .*)?$/;
/** `at f (/a/b.js:3:9)`, `at async file:///a/b.mjs:3:9`. */
const NODE = /^\s*at (.*):(\d+):\d+\)?(?: \{)?$/;
const NODE_REST = /^(.*\/work\/.+):(\d+):\d+\)?(?: \{)?$/;
/** Parentheses may stand in the path as well. */
const NODE_PATH = /(?:^(?:async )?|\()((?:file:\/\/)?\/.*|[^()\s][^()]*)$/;
const NODE_INSIDE = /^\s*at /;
/** What Node prints above the line that it could not read, or that threw. */
const NODE_HEADER = /^((?:file:\/\/)?(?:\/|.*\/work\/).*\.[cm]?[jt]sx?):(\d+)$/;

/** From the end of a log. Python prints the innermost frame last, Node first. */
export function innermostFrame(lines: readonly string[], codeFile: CodeFile): Frame | null {
  const worker = workerLines(lines);
  return (worker === null ? null : lastFrame(worker, codeFile)) ?? lastFrame(lines, codeFile);
}

/** A pool hands on the exception of a worker: its traceback stands, in quotes, above that of whoever waited for it. */
function workerLines(lines: readonly string[]): readonly string[] | null {
  const from = lines.findLastIndex((line) => /\b_?RemoteTraceback:\s*$/.test(line));
  if (from < 0) return null;
  const end = lines.findIndex((line, at) => at > from + 1 && line.trim() === '"""');
  const after = end < 0 ? [] : lines.slice(end);
  const isLast = after.filter((line) => TRACEBACK.test(line)).length === 1;
  return isLast ? lines.slice(from, end) : null;
}

const TRACEBACK = /Traceback \(most recent call last\):$/;

function lastFrame(lines: readonly string[], codeFile: CodeFile): Frame | null {
  let above: Frame | null = null;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    // Processes that work together put their rank in front.
    const line = (lines[index] as string).replace(/^\[\w+\]:\s?/, "");
    const [, at, number] = NODE.exec(line) ?? NODE_REST.exec(line) ?? [];
    const node = frameOf(NODE_PATH.exec(at ?? "")?.[1], number, codeFile);
    if (node !== null) above = node;
    else if (above !== null && !NODE_INSIDE.test(line)) return above;
    const [, path, where] =
      PYTHON.exec(line) ?? PYTHON_REST.exec(line) ?? NODE_HEADER.exec(line) ?? [];
    const other = frameOf(path, where, codeFile);
    if (other !== null) return other;
  }
  return above;
}

function frameOf(
  path: string | undefined,
  line: string | undefined,
  codeFile: CodeFile,
): Frame | null {
  const file = path === undefined ? null : codeFile(path);
  return file === null ? null : { file, line: Number(line) };
}

/**
 * The path inside the code of a file that a trace names: by its place in the attempt's work folder, or relative to it.
 * Null for what lies elsewhere.
 */
export function pathInCode(path: string, attemptId: string): string | null {
  const plain = path.startsWith("file://") ? decoded(path.slice("file://".length)) : path;
  const mark = `/work/${attemptId}/`;
  const at = plain.indexOf(mark);
  if (at >= 0) return plain.slice(at + mark.length);
  return plain.startsWith("/") || plain.includes(":") ? null : plain.replace(/^(?:\.\/)+/, "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
