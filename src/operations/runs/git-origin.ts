// Which commit the code of a run came from: repository, branch, commit, and the diff when the tree is dirty. Asks git
// only where there is a work tree; a machine without git simply has no answer.

import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { shellWord } from "../../core/shell-word.ts";
import type { GitOrigin } from "../../ports/records.ts";
import { diffWithoutSecrets } from "./diff-without-secrets.ts";

/** A diff longer than this says little to a reader and would swell the record. */
const MAX_DIFF_BYTES = 1_000_000;

/** One origin for each git work tree among the folders. `notice`: told of one that git keeps from us. */
export async function gitOrigins(
  folders: readonly string[],
  notice: (line: string) => void = () => {},
): Promise<readonly GitOrigin[]> {
  const inside = new Map<string, string[]>();
  for (const folder of new Set(folders)) {
    const root = workTree(folder);
    if (root === null) continue;
    const code = inside.get(root) ?? [];
    code.push(path.resolve(folder));
    inside.set(root, code);
  }
  const origins = await Promise.all(
    [...inside].map(([root, code]) => originOf(root, code, notice)),
  );
  return origins.filter((origin) => origin !== null);
}

function workTree(folder: string): string | null {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    if (fs.existsSync(path.join(at, ".git"))) return at;
    if (path.dirname(at) === at) return null;
  }
}

/** As many words fit on a command line, whatever their length; where there is more code, the whole tree is asked about. */
const MOST_NAMED = 400;

async function originOf(
  folder: string,
  code: readonly string[],
  notice: (line: string) => void,
): Promise<GitOrigin | null> {
  const tellRefused = (said: string): void => {
    if (!said.includes("dubious ownership")) return;
    notice(
      `warning: the commit of ${folder} is not recorded: it belongs to another user, and git tells nothing of it\n` +
        `  if you trust it: git config --global --add safe.directory ${shellWord(folder)}`,
    );
  };
  const named = code.length > MOST_NAMED ? [] : code;
  const [commit, branch, remote, diff, added] = await Promise.all([
    git(folder, ["rev-parse", "HEAD"], tellRefused),
    git(folder, ["rev-parse", "--abbrev-ref", "HEAD"]),
    git(folder, ["config", "--get", "remote.origin.url"]),
    git(folder, ["diff", "--no-color", "--no-ext-diff", "--no-textconv", "HEAD"]),
    git(folder, ["ls-files", "--others", "--exclude-standard", "--", ...named]),
  ]);
  if (commit === null || commit.trim() === "") return null;
  return {
    folder,
    repository: remote === null ? null : stripCredentials(remote.trim()),
    branch: branch?.trim() ?? null,
    commit: commit.trim(),
    dirty: diff !== "" || (added ?? "") !== "",
    diff: diff === null || diff === "" ? null : recorded(diff),
  };
}

/** A cut may part an address from what is secret in it, so that is taken out before. */
function recorded(diff: string): string {
  return diffWithoutSecrets(diff.slice(0, 2 * MAX_DIFF_BYTES)).slice(0, MAX_DIFF_BYTES);
}

export function stripCredentials(remote: string): string {
  return remote.replace(/^([a-z+]+:\/\/)[^/]*@/i, "$1");
}

/** A git that hangs (a dead network disk, a hook that asks) keeps no run from starting. */
const PATIENCE_MS = 20_000;

/** Of the repository that whoever started us works for: a hook's git, `git rebase --exec`. */
const ANOTHER = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"];

function git(
  folder: string,
  words: readonly string[],
  onError: (said: string) => void = () => {},
): Promise<string | null> {
  const options = {
    maxBuffer: 64 * 1024 * 1024,
    timeout: PATIENCE_MS,
    killSignal: "SIGKILL",
    // Without it `git diff` takes the lock of the index for a moment, and a commit of the user's would fail.
    env: { ...withoutNames(process.env, ANOTHER), GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" },
  } as const;
  return new Promise((resolve) => {
    const child = execFile("git", ["-C", folder, ...words], options, (error, stdout, stderr) => {
      if (error !== null) onError(stderr);
      resolve(error === null ? stdout : null);
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end();
  });
}

function withoutNames(env: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}
