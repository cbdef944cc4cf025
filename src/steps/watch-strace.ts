// Watches a step of any language with strace, where its definition says `trace: true`: the command wrapped, and strace's
// record turned into lines like those that a watched Python writes.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { quoted } from "../core/shell-word.ts";
import type { AttemptContext } from "../ports/step-types.ts";
import { fileLines } from "./file-lines.ts";
import { readStepFile } from "./step-file.ts";
import type { ReadLine } from "./undeclared-reads.ts";
import { ownPlaces } from "./watch-python.ts";
import {
  isUnwanted,
  type WatchPlaces,
  type WatchRules,
  watchRules,
  within,
} from "./watch-rules.ts";

const RECORD = "strace";
const KNOWN_PLACES = "strace-places.json";

/** The system calls by which files are read, written and listed, and hosts reached. */
const CALLS = "trace=?open,openat,?openat2,?creat,?getdents,getdents64,connect";

/** The script that runs a command line under strace. */
export function straceScript(attemptFolder: string, command: string): string {
  const record = quoted(path.join(attemptFolder, RECORD));
  return `exec strace -f -qq -y -s 4096 -e ${CALLS} -o ${record} ${command}`;
}

/** Notes what belongs to the attempt: its record may be read by an engine that did not start it. */
export function prepareStrace(
  context: AttemptContext,
  places: WatchPlaces,
  variables: Readonly<Record<string, string>>,
): void {
  const programs = (variables.PATH ?? "").split(":").filter((folder) => folder.endsWith("/bin"));
  const inside = ["bin", "lib", "lib64", "libexec", "share", "include", "etc"];
  const own = [
    ...ownPlaces(context),
    places.hookFolder,
    ...context.environment.pathPrefix.map((folder) => path.dirname(folder)),
    ...programs.flatMap((bin) => inside.map((name) => path.join(path.dirname(bin), name))),
  ];
  const known = { own, rules: watchRules(places, variables) };
  fs.writeFileSync(path.join(context.staged.folder, KNOWN_PLACES), JSON.stringify(known));
}

/** What was read outside of the places that were noted, each once; null when there is no record. */
export function readStrace(attemptFolder: string): readonly ReadLine[] | null {
  const record = path.join(attemptFolder, RECORD);
  const places = path.join(attemptFolder, KNOWN_PLACES);
  const known = knownPlaces(readStepFile(places));
  const isThere = fs.statSync(record, { throwIfNoEntry: false })?.isFile() === true;
  if (known === null || !isThere) return null;
  const { own, rules } = known;
  const isOwn = within(own);
  const told = new Set<string>();
  const found: ReadLine[] = [];
  for (const text of fileLines(record, "latin1", MOST_BYTES)) {
    const line = lineOf(text);
    const key = line === null ? "" : `${line.kind} ${line.text}`;
    if (line === null || told.has(key)) continue;
    told.add(key);
    if (line.kind === "c" || !(isOwn(line.text) || isUnwanted(line.text, rules))) found.push(line);
  }
  return found;
}

/** Null where the step has put something else in its place. */
function knownPlaces(
  text: string | null,
): { readonly own: string[]; readonly rules: WatchRules } | null {
  try {
    const { own, rules } = JSON.parse(text ?? "null");
    isUnwanted("/", rules);
    within(own)("/");
    return { own, rules };
  } catch {
    return null;
  }
}

/** More of a record is not read: three million calls, in which a program has long said where it reads. */
const MOST_BYTES = 256 << 20;

const OPENED = /\b(?:open|openat|openat2|creat)\(.*= \d+<(\/[^>]*)>$/;
const UNFINISHED_OPEN = /<\.\.\. (?:open|openat|openat2|creat) resumed>.*= \d+<(\/[^>]*)>$/;
const LISTED = /\bgetdents(?:64)?\(\d+<(\/[^>]*)>/;
const CONNECTED =
  /\bconnect\(.*(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)").*(?:= 0|EINPROGRESS)/;
const WRITES = /\bO_(?:WRONLY|TRUNC)\b|\bcreat\(/;
const OWN_HOST = /^(?:127\.|::1$|0\.0\.0\.0$|::$)/;

/** One line of strace's, or null when it tells of nothing that counts. */
export function lineOf(line: string): ReadLine | null {
  const opened = OPENED.exec(line) ?? UNFINISHED_OPEN.exec(line);
  if (opened !== null) {
    if (/\bO_DIRECTORY\b/.test(line)) return null;
    return { kind: WRITES.test(line) ? "w" : "r", text: unquoted(opened[1] as string) };
  }
  const listed = LISTED.exec(line);
  if (listed !== null) return { kind: "l", text: unquoted(listed[1] as string) };
  const connected = CONNECTED.exec(line);
  const host = connected?.[1] ?? connected?.[2];
  return host === undefined || OWN_HOST.test(host) ? null : { kind: "c", text: host };
}

/** strace writes bytes that are not plain letters as `\303\244`. */
function unquoted(text: string): string {
  const bytes = text.replace(/\\([0-7]{1,3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

let usable: boolean | null = null;

/** Is there a strace, and may it watch? Containers can forbid it. */
export function straceWorks(): boolean {
  usable ??= spawnSync("strace", ["-qq", "-o", "/dev/null", "true"]).status === 0;
  return usable;
}

export const STRACE_MISSING =
  "trace: true was skipped: strace is not installed, or may not be used here (apt-get install strace; in a container it needs ptrace)";
