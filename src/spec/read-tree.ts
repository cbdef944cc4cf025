// Reads the text of one YAML (or JSON) file into a tree with places, and every mistake of the text itself: syntax,
// duplicate keys, bombs, keys that JavaScript treats specially. Knows nothing of what the file is about.

import { EVENT_ID, type Event, YAMLException } from "js-yaml";
import type { SpecLimits } from "./limits.ts";
import { estimateNodes } from "./node-estimate.ts";
import type { Problem } from "./problem.ts";
import { problemAt } from "./problem-at.ts";
import type { TreeMapping, TreeNode, TreeSource } from "./tree.ts";
import { TreeBuilder } from "./tree-builder.ts";
import { yamlEvents } from "./yaml-events.ts";

export interface ReadTree {
  /** Null after a mistake that leaves nothing to look at. */
  readonly root: TreeNode | null;
  readonly problems: readonly Problem[];
}

/** What stands where an event has been. */
const READ: Event = { type: EVENT_ID.POP };

/** Reads one document of any shape. */
export function readTree(text: string, file: string, limits: SpecLimits): ReadTree {
  const source: TreeSource = { file, text, lineStarts: null };
  const tooLarge = refuseLarge(source, limits);
  if (tooLarge !== null) return { root: null, problems: [tooLarge] };
  const parsed = parse(source, limits);
  if ("severity" in parsed) return { root: null, problems: [parsed] };
  const builder = new TreeBuilder(source, limits);
  let documents = 0;
  for (let at = 0; at < parsed.length; at += 1) {
    const event = parsed[at] as Event;
    if (event.type === EVENT_ID.DOCUMENT) documents += 1;
    if (documents > 1) continue;
    // The tree takes the place of the events: of a large file both together would be the most that a command ever holds.
    parsed[at] = READ;
    builder.add(event);
    if (builder.stopped) return { root: null, problems: builder.problems };
  }
  const problems = [...builder.problems];
  if (documents > 1) problems.push(secondDocument(source, documents));
  return { root: builder.root, problems };
}

/** Reads one document that must be a mapping, as every definition file is. */
export function readMapping(
  text: string,
  file: string,
  limits: SpecLimits,
): { readonly root: TreeMapping | null; readonly problems: readonly Problem[] } {
  const { root, problems } = readTree(text, file, limits);
  if (root?.kind === "mapping") return { root, problems };
  if (problems.some((one) => one.severity === "error")) return { root: null, problems };
  const source: TreeSource = { file, text, lineStarts: null };
  const found = root === null ? "empty" : root.kind === "list" ? "a list" : "a single value";
  const problem = problemAt(
    { source, offset: root?.offset ?? 0 },
    "not_a_mapping",
    `the file is ${found}; a definition is a mapping of keys to values`,
    "Start the file with a key, for example `type: pipeline`.",
  );
  return { root: null, problems: [...problems, problem] };
}

function refuseLarge(source: TreeSource, limits: SpecLimits): Problem | null {
  const { text } = source;
  const size = text.length * 4 <= limits.fileBytes ? 0 : Buffer.byteLength(text);
  const raise = "Move data out of the definition, or raise the limit in stepwell.yml.";
  if (size > limits.fileBytes) {
    const message = `the file has ${size} bytes; the limit is ${limits.fileBytes}`;
    return problemAt({ source, offset: 0 }, "file_too_large", message, raise);
  }
  if (text.length > limits.nodes && estimateNodes(text) > limits.nodes) {
    const message = `the file has more than ${limits.nodes} values`;
    return problemAt({ source, offset: 0 }, "too_many_values", message, raise);
  }
  return null;
}

function parse(source: TreeSource, limits: SpecLimits): Event[] | Problem {
  try {
    // The parser counts the innermost value as a level; the builder checks the limit itself.
    return yamlEvents(source.text, limits.depth + 1);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return syntaxProblem(source, error, limits);
  }
}

function syntaxProblem(source: TreeSource, error: YAMLException, limits: SpecLimits): Problem {
  const place = { source, offset: Math.min(error.mark?.position ?? 0, source.text.length) };
  if (/maxDepth/.test(error.reason)) {
    const message = `values are nested more than ${limits.depth} deep`;
    return problemAt(place, "too_deep", message, "Flatten the definition.");
  }
  const hint = syntaxHint(lineBefore(source, place.offset), error.reason);
  return problemAt(place, "yaml_syntax", `this is not valid YAML: ${error.reason}`, hint);
}

function syntaxHint(line: string, reason: string): string {
  if (/\t/.test(line)) return "YAML does not allow tabs for indentation: use spaces.";
  if (/[{[,][^"'{}[\],]*\$\{/.test(line))
    return 'Inside `{…}` and `[…]` a value with `${{…}}` needs quotes: `"${{…}}"`.';
  if (/mapping entry/.test(reason) && /^\s*(?:- )?[\w.-]+: +[^\s"'|>{[].*:\s?$/.test(line))
    return "A text with `: ` in it needs quotes around all of it, or `|` and lines of its own.";
  return "Check indentation, quotes and brackets on this line and the one above.";
}

function lineBefore(source: TreeSource, offset: number): string {
  const start = source.text.lastIndexOf("\n", Math.max(0, offset - 1)) + 1;
  return source.text.slice(start, Math.min(offset + 1, start + 1_000));
}

function secondDocument(source: TreeSource, documents: number): Problem {
  const separator = /^---/gm;
  const first = separator.exec(source.text);
  const leading =
    first !== null && /^(?:\s|#.*$|\uFEFF)*$/m.test(source.text.slice(0, first.index));
  const mark = leading ? separator.exec(source.text) : first;
  return problemAt(
    { source, offset: mark?.index ?? 0 },
    "several_documents",
    `the file holds ${documents} YAML documents`,
    "Keep one document in a file: remove the line `---` and what follows it.",
  );
}
