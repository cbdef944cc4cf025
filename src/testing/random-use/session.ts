// One user's session with a random project: the folder, what was typed, the runs that there are, and what the model knows of
// them. Asks the real command line, and gives up on one that does not answer.

import path from "node:path";
import type { RunView } from "../../operations/recorded/run-view.ts";
import { exited, killEverything, type Rig, type Watched } from "../rig.ts";
import type { Span } from "./ages.ts";
import type { Project } from "./project.ts";
import { PLACES } from "./step-programs.ts";
import type { Made } from "./truth.ts";

/** What was asked for. */
export interface Asked {
  readonly name: string;
  /** As it was when the run was submitted. */
  readonly project: Project;
  /** Paths of steps that run although they need not. */
  readonly forced: "all" | ReadonlySet<string>;
  /** Paths of what runs at all. Null: everything. */
  readonly wanted: ReadonlySet<string> | null;
  /** Results of an earlier run that it takes as they are, by path. */
  readonly taken: ReadonlyMap<string, Made>;
  readonly isOnlyCached: boolean;
}

export interface Tracked extends Asked {
  /** `removals` of the session when it was submitted. */
  readonly removalsBefore: number;
  /** No other run went on at any time of it. */
  isAlone: boolean;
  /** What `plan` said right before: decision by path. Null: it was not asked, or something else goes on. */
  planned: ReadonlyMap<string, string> | null;
  /** The process that sees it through. */
  watched: Watched | null;
  /** Steps that a kill or a stop may make fail; `all`: a supervisor's. */
  readonly struck: Set<string>;
  isCanceled: boolean;
  /** Its process was told to end. */
  isLeft: boolean;
  /** Data was edited while it went on: it may fail, and what it makes may not be reused. */
  isEdited: boolean;
  /** Its outputs may be gone. */
  isDeleted: boolean;
  /** When outputs of runs that had ended were removed, before its own end was seen. */
  collectedAt: number | null;
  /** How it ended; null before that has been judged. */
  view: RunView | null;
  /** What its steps made or took, by path. */
  readonly made: Map<string, Made>;
}

export function newTracked(session: Session, asked: Asked, planned: Tracked["planned"]): Tracked {
  const isAlone = going(session).length === 0;
  return {
    ...asked,
    removalsBefore: session.removals,
    isAlone,
    planned: isAlone ? planned : null,
    watched: null,
    struck: new Set(),
    isCanceled: false,
    isLeft: false,
    isEdited: false,
    isDeleted: false,
    collectedAt: null,
    view: null,
    made: new Map(),
  };
}

export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is known of work, by key: `there`: it has a result, which must be reused; `maybe`: it may have; `wrong`: its results were invalidated. */
export type Known = "there" | "maybe" | "wrong";

export interface Counts {
  commands: number;
  kills: number;
  stops: number;
  runs: number;
  /** That ran. */
  steps: number;
  /** `run --each`. */
  sweeps: number;
  /** Runs of somebody else. */
  elsewhere: number;
  /** Versions of data and components. */
  registered: number;
  /** Copies of outputs at places of the user's that were right. */
  copies: number;
}

const NOTHING: Counts = {
  commands: 0,
  kills: 0,
  stops: 0,
  runs: 0,
  steps: 0,
  sweeps: 0,
  elsewhere: 0,
  registered: 0,
  copies: 0,
};

export interface Session {
  readonly rig: Rig;
  /** The folder where steps tell what they do. */
  readonly place: string;
  /** Begins the names of its runs. */
  readonly letter: string;
  /** Of somebody else on the same project. */
  colleague: Session | null;
  project: Project;
  readonly runs: Map<string, Tracked>;
  readonly known: Map<string, Known>;
  /** When the newest result of work was recorded, by key. */
  readonly madeAt: Map<string, Span>;
  /** Outputs that were altered or removed behind its back. */
  readonly spoilt: Set<string>;
  /** Processes that only look on until a run has its end. */
  readonly followers: { readonly run: string; readonly words: string; readonly watched: Watched }[];
  /** How often results were taken away: what needs one may be refused then. */
  removals: number;
  /** What was typed and done, in order. */
  readonly story: string[];
  readonly counts: Counts;
  /** Names of runs so far. */
  named: number;
}

/** No healthy machine needs so long. */
export const LIMIT_MS = 240_000;

export class Broken extends Error {}

export function broken(what: string): never {
  throw new Broken(what);
}

/** `of`: whose colleague it is that tells the same story. */
export function newSession(rig: Rig, project: Project, of: Session | null = null): Session {
  return {
    rig,
    place: of?.place ?? rig.folder,
    letter: of === null ? "r" : "c",
    colleague: null,
    project,
    runs: new Map(),
    known: new Map(),
    madeAt: new Map(),
    spoilt: new Set(),
    followers: [],
    removals: 0,
    story: of?.story ?? [],
    counts: of?.counts ?? { ...NOTHING },
    named: 0,
  };
}

export function tell(session: Session, line: string): void {
  session.story.push(line);
}

/** Types a command and waits for its end. */
export async function ask(session: Session, ...words: readonly string[]): Promise<Answer> {
  return answerOf(session, begin(session, ...words), words.join(" "));
}

/** Types a command and goes on. */
export function begin(session: Session, ...words: readonly string[]): Watched {
  session.counts.commands += 1;
  tell(session, `stepwell ${words.join(" ")}`);
  return session.rig.watch({ XDG_CONFIG_HOME: path.join(session.place, PLACES.config) }, ...words);
}

export async function answerOf(session: Session, watched: Watched, words: string): Promise<Answer> {
  const code = await within(session, exited(watched.child), `stepwell ${words}`);
  const answer = { code, stdout: watched.printed(), stderr: watched.said() };
  checkManners(words, answer);
  const shown = code === 0 ? "" : ` ${answer.stderr.trim().slice(-200)}`;
  tell(session, `  ${words.slice(0, 60)} → ${code}${shown}`);
  return answer;
}

async function within<T>(session: Session, promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      killEverything(session.rig.folder);
      reject(new Broken(`${what}: no end after ${LIMIT_MS / 1000} s`));
    }, LIMIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Whatever was asked: no bug of ours, and one object or a message. */
function checkManners(words: string, { code, stdout, stderr }: Answer): void {
  if (code === 70) broken(`${words}: ended as a bug\n${stderr}`);
  if (/^\s+at .+:\d+:\d+\)?$|^Traceback /m.test(stderr)) broken(`${words}: a trace\n${stderr}`);
  if (code !== null && code > 3) broken(`${words}: ended with ${code}\n${stderr}`);
  // The summary of a run that has ended goes to stdout.
  if (code !== null && code !== 0 && stderr === "" && stdout === "")
    broken(`${words}: ended with ${code} without a word`);
}

/** Runs that have not been seen to their end. */
export function going(session: Session): readonly Tracked[] {
  return [...session.runs.values()].filter(({ view }) => view === null);
}
