// Patterns of an ignore file as git reads them: one a line, and the last that matches decides. Pure; knows no files and
// nothing of how ignore files of several folders go together.

export interface IgnorePattern {
  /** As it is written, without the end of the line. */
  readonly line: string;
  /** From 1. */
  readonly lineNumber: number;
  /** `!`: takes back what an earlier one ignores. */
  readonly isNegated: boolean;
  /** A `/` at the end: matches no file. */
  readonly isForFolders: boolean;
  /** Without a `/` inside it is the name that counts, wherever it lies. */
  readonly isForNames: boolean;
  /** Whether it fits a name, or a path relative to the folder of its file. */
  readonly fits: (text: string) => boolean;
}

export function ignorePatterns(text: string): readonly IgnorePattern[] {
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  return lines.flatMap((line, index) => patternOf(line.replace(/\r$/, ""), index + 1) ?? []);
}

/**
 * The pattern that decides on this very entry, whatever becomes of the folders above it; null where none says anything.
 * `path` is relative to the folder of the ignore file, that of a folder ends with `/`.
 */
export function decidingPattern(
  patterns: readonly IgnorePattern[],
  path: string,
): IgnorePattern | null {
  const isFolder = path.endsWith("/");
  const whole = isFolder ? path.slice(0, -1) : path;
  const name = whole.slice(whole.lastIndexOf("/") + 1);
  const matches = (one: IgnorePattern): boolean =>
    (isFolder || !one.isForFolders) && one.fits(one.isForNames ? name : whole);
  return patterns.findLast(matches) ?? null;
}

/** Whether the entry is left out, or a folder that it lies in. */
export function isIgnored(patterns: readonly IgnorePattern[], path: string): boolean {
  for (let end = path.indexOf("/") + 1; end > 0; end = path.indexOf("/", end) + 1)
    if (isLeftOut(decidingPattern(patterns, path.slice(0, end)))) return true;
  return isLeftOut(decidingPattern(patterns, path));
}

function isLeftOut(pattern: IgnorePattern | null): boolean {
  return pattern !== null && !pattern.isNegated;
}

function patternOf(line: string, lineNumber: number): IgnorePattern | null {
  if (line.startsWith("#")) return null;
  const trimmed = line.replace(/^((?:\\.|[^\\])*?) +$/s, "$1");
  const isNegated = trimmed.startsWith("!");
  const written = isNegated ? trimmed.slice(1) : trimmed;
  const isForFolders = written.endsWith("/");
  const body = isForFolders ? written.slice(0, -1) : written;
  if (body === "") return null;
  const isForNames = !body.includes("/");
  const fits = fitOf(body.replace(/^\//, ""), isForNames);
  return { line, lineNumber, isNegated, isForFolders, isForNames, fits };
}

/** Most are a name, a path or an ending, and thousands of them are asked about thousands of files. */
function fitOf(pattern: string, isForNames: boolean): IgnorePattern["fits"] {
  const wild = pattern.search(/[*?[\\]/);
  if (wild === -1) return (text) => text === pattern;
  const ending = /^\*+([^*?[\\]+)$/.exec(pattern)?.[1];
  if (isForNames && ending !== undefined) return (text) => text.endsWith(ending);
  // As git does: to what follows a beginning without wildcards, `**` stands at the start. `a**/b` goes across folders.
  const beginning = pattern.slice(0, wild);
  let expression: RegExp | null = null;
  return (text) => {
    if (!text.startsWith(beginning)) return false;
    expression ??= expressionOf(bytesOf(pattern.slice(wild)));
    return expression.test(bytesOf(text.slice(wild)));
  };
}

/** A letter for each byte in UTF-8: a `?` of git is one of them, and `[!a]` is not a letter with an accent. */
function bytesOf(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text).toString("latin1");
}

/** Matches nothing: git has no error for a pattern that makes no sense. */
const NEVER = /(?!)/;
/** No path is as long; more than this and V8 makes no expression of it. */
const LONGEST_PATTERN = 16_384;

/** `**` goes across folders where it stands alone between slashes, and is `*` elsewhere. */
const PARTS =
  /(?<across>(?<=^|\/)\*{2,}\/)|(?<rest>(?<=^|\/)\*{2,}$)|(?<stars>\*+)|(?<one>\?)|\\(?<escaped>.)|(?<set>\[[!^]?\]?(?:\\.|\[:\w*:\]|[^\]\\])*\])|(?<plain>[^\\[])/gsuy;

/** What follows one `**`, cut at each `*`: all but the first piece may begin later. */
type Stretch = string[];

function expressionOf(pattern: string): RegExp {
  if (pattern.length > LONGEST_PATTERN) return NEVER;
  const stretches: [Stretch, ...Stretch[]] = [[""]];
  let end = 0;
  const add = (source: string): void => {
    const pieces = stretches.at(-1) as Stretch;
    pieces.push((pieces.pop() ?? "") + source);
  };
  for (const match of pattern.matchAll(PARTS)) {
    const { across, rest, stars, one, escaped, set, plain } = match.groups as Groups;
    end = match.index + match[0].length;
    if (across !== undefined) stretches.push([""]);
    else if (rest !== undefined) add(".*");
    else if (stars !== undefined) stretches.at(-1)?.push("");
    else if (one !== undefined) add("[^/]");
    else if (set !== undefined) add(setOf(set));
    else add(literal(escaped ?? plain ?? ""));
  }
  return end === pattern.length ? new RegExp(`^${sourceOf(stretches)}$`, "su") : NEVER;
}

/**
 * Each piece is taken at the first place where it fits, for good: what comes after it has the most room then. Without that
 * an expression of many stars would try every place of each with every place of the others.
 */
function sourceOf([first, ...others]: readonly [Stretch, ...Stretch[]]): string {
  let groups = 0;
  const once = (source: string): string => {
    groups += 1;
    return `(?=(?<g${groups}>${source}))\\k<g${groups}>`;
  };
  const withStars = ([head = "", ...pieces]: Stretch): string =>
    pieces.reduce(
      (source, piece, at) =>
        source + (at === pieces.length - 1 ? `[^/]*${piece}` : once(`[^/]*?${piece}`)),
      head,
    );
  return others.reduce((source, stretch, at) => {
    const inner = withStars(stretch);
    return source + (at === others.length - 1 ? `(?:.*/)?${inner}` : once(`(?:.*?/)??${inner}`));
  }, withStars(first));
}

type Groups = Readonly<Record<string, string | undefined>>;

function literal(character: string): string {
  if (!/[\\^$.*+?()[\]{}|/-]/.test(character)) return character;
  // Outside a set `\-` would be a mistake.
  return `\\x${character.charCodeAt(0).toString(16)}`;
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: "A-Za-z0-9",
  alpha: "A-Za-z",
  blank: " \\t",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: " \\t\\n\\r",
  upper: "A-Z",
  xdigit: "0-9A-Fa-f",
};

/** `[a-z]`, `[!abc]`, `[[:digit:]_]`: never a slash. */
function setOf(set: string): string {
  const isNegated = /^\[[!^]/.test(set);
  const inside = set.slice(isNegated ? 2 : 1, -1);
  const members = inside.matchAll(/\[:(\w*):\]|(\\.|[^\\])-(\\.|[^\\])|(\\.|[^\\])/gsu);
  let source = "";
  for (const [, name, from, to, single] of members) {
    const plain = (text = "") => literal(text.replace(/^\\(?=.)/su, ""));
    if (name !== undefined) {
      if (!Object.hasOwn(CLASSES, name)) return "(?!)";
      source += CLASSES[name];
    } else if (single !== undefined) source += plain(single);
    // Of one whose end stands before its start the start is left.
    else source += plain(from) + (plainText(from) <= plainText(to) ? `-${plain(to)}` : "");
  }
  return `(?!/)[${isNegated ? "^" : ""}${source}]`;
}

function plainText(text = ""): string {
  return text.replace(/^\\(?=.)/su, "");
}
