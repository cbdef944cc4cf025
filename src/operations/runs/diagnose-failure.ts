// What the log of a failed attempt says about it: the user's own file and line, and what to do about a known cause. Reads
// the end of the log, the submitter's names of variables and the ignore files; changes nothing.

import fs from "node:fs";
import path from "node:path";
import { type BesideFile, hintFor } from "../../core/failure-causes.ts";
import { type Frame, innermostFrame, pathInCode } from "../../core/failure-location.ts";
import { isFunctionCommand } from "../../core/function-changes.ts";
import type { EnginePorts } from "../../engine/engine-ports.ts";
import { namesInWords, suggestion } from "../../spec/did-you-mean.ts";
import { liveCode } from "../../spec/frozen-root.ts";
import type { CodeReference, StepNode } from "../../spec/graph.ts";
import { functionSources } from "../../steps/function-sources.ts";
import { relativeTo } from "../drafts/draft-code.ts";
import { isFolder, ownPath } from "../plans/own-path.ts";
import { lastLines } from "../recorded/log-tail.ts";
import { readShell } from "../recorded/read-shell.ts";
import type { Workspace } from "../workspace.ts";

/** Deeper stacks than this are cut by the interpreters themselves. */
const LINES = 1_000;

export function createDiagnoser(workspace: Workspace): EnginePorts["diagnose"] {
  return ({ run, origin, plan, index, attemptId, end, logPath }) => {
    if (end.reason !== "exited") return { hint: null, location: null };
    const node = plan.graph.steps[index] as StepNode;
    const planned = plan.steps[index];
    const parts = plan.codes[planned?.code ?? -1]?.parts ?? {};
    const lines = lastLines(logPath, LINES);
    const frame = innermostFrame(lines, (written) => {
      const inside = pathInCode(written, attemptId);
      return inside !== null && Object.hasOwn(parts, inside) ? inside : null;
    });
    const hint = hintFor({
      lines,
      end,
      asked: node.environment,
      environment: plan.environments[planned?.environment ?? -1] ?? null,
      interpreter: /\bpython3\b/.test(node.command ?? "") ? "python3" : "python",
      shellAlone: (name) => hasShellAlone(workspace, run, node, name),
      ignored(paths) {
        const folders = ["", ...(frame === null ? [] : [path.posix.dirname(frame.file)])];
        for (const written of paths) {
          const inside = pathInCode(written, attemptId);
          if (node.code === null || inside === null) continue;
          for (const folder of folders) {
            const at = path.posix.join(folder, inside);
            const found = workspace.contents.ignored(liveCode(node.code), at);
            if (found !== null) return found;
          }
        }
        return null;
      },
      beside(paths) {
        const inside = paths.flatMap((written) => pathInCode(written, attemptId) ?? []);
        const { file, workingFolder } = origin;
        const home = file === null ? null : path.dirname(path.resolve(workingFolder, file));
        const found = besideCode(inside, {
          code: node.code,
          parts,
          home: home ?? workspace.folder,
        });
        return found && { ...found, isFunction: isFunctionCommand(node.command) };
      },
      notInCode(written) {
        const inside = pathInCode(written, attemptId);
        return inside === null ? null : notInCode(inside, node.code, Object.keys(parts));
      },
    });
    return { hint, location: ownPlace(lines, node, frame) };
  };
}

/** A function step's program names the files that it is made of; of it there is only the copy. */
function ownPlace(lines: readonly string[], node: StepNode, frame: Frame | null): Frame | null {
  const written = innermostFrame(lines, functionSources(node));
  if (written !== null || frame === null || node.code === null) return written;
  return { file: ownPath(liveCode(node.code), frame.file), line: frame.line };
}

function hasShellAlone(workspace: Workspace, run: string, node: StepNode, name: string): boolean {
  const { inherited, passed, names } = readShell(workspace, run);
  const given = [inherited, passed, node.environmentVariables];
  return names.includes(name) && !given.some((variables) => Object.hasOwn(variables, name));
}

interface CodePlace {
  readonly code: CodeReference | null;
  /** What the step's copy has. */
  readonly parts: Readonly<Record<string, unknown>>;
  /** Folder of the definition. */
  readonly home: string;
}

/** `inside`: paths as seen from the step's work folder. */
function besideCode(inside: readonly string[], place: CodePlace): BesideFile | null {
  const { parts, home } = place;
  const code = place.code === null ? null : liveCode(place.code);
  const own = code?.path ?? null;
  const folders = own === null ? [home] : [home, own, path.dirname(own)];
  for (const name of inside.filter((one) => !Object.hasOwn(parts, one)))
    for (const folder of folders) {
      const at = path.resolve(folder, name);
      if (at === folder || !fs.existsSync(at) || at.includes("/.stepwell/") || at === own) continue;
      const isInside = own !== null && isFolder(own) && at.startsWith(`${own}/`);
      // Under the very path that it has there: the step's copy once had it.
      if (isInside && (isFolder(at) || path.relative(own, at) === name)) continue;
      return {
        path: at,
        inside: isInside ? path.relative(own, at) : null,
        code: own === null ? null : relativeTo(home, own),
        written: relativeTo(home, at),
        shipped: shippedFor(name, folder, home),
      };
    }
  return null;
}

/** An include lies in the step's copy under its own name, so it has to be what the path begins with. */
function shippedFor(name: string, folder: string, home: string): string | null {
  const [first = ""] = path.posix.normalize(name).split("/");
  return first === ".." ? null : relativeTo(home, path.resolve(folder, first));
}

function notInCode(
  inside: string,
  code: CodeReference | null,
  files: readonly string[],
): string | null {
  if (code === null) return "the step has no code of its own: say where it lies, code: ./FOLDER";
  const names = `it has ${namesInWords(files)}`;
  return `the step's code, in which the command starts, has no ${inside}: ${suggestion(inside, files, names)}`;
}
