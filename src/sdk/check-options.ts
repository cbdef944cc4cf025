// What a run from code is told beside its pipeline, where no compiler has looked at it: options that are known, each of the
// kind that it has. Knows nothing of what they do.

import { checkKeys, checkMapping, inWords } from "./check-definition.ts";
import { DefinitionError } from "./definition-error.ts";
import type { Origin } from "./place.ts";

interface Kind {
  readonly fits: (value: unknown) => boolean;
  readonly words: string;
}

const isText = (value: unknown): boolean => typeof value === "string";
const isMapping = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const TEXT: Kind = { fits: isText, words: "a text" };
const FLAG: Kind = { fits: (value) => typeof value === "boolean", words: "true or false" };
const TEXTS: Kind = {
  fits: (value) => isMapping(value) && Object.values(value).every(isText),
  words: '{ NAME: "TEXT" }',
};
const VALUES: Kind = { fits: isMapping, words: "{ NAME: VALUE }" };
const STEPS: Kind = {
  fits: (value) => typeof value === "boolean" || (Array.isArray(value) && value.every(isText)),
  words: 'true, or ["STEP", …]',
};
const SIGNAL: Kind = { fits: (value) => value instanceof AbortSignal, words: "an AbortSignal" };
const WORKSPACE: Kind = {
  fits: (value) => isText(value) || (isMapping(value) && isText(Reflect.get(value, "folder"))),
  words: "a folder, or what openWorkspace() gave",
};
const NUMBER: Kind = { fits: (value) => typeof value === "number", words: "a number" };

const PLAN: Readonly<Record<string, Kind>> = {
  inputs: VALUES,
  workspace: WORKSPACE,
  force: STEPS,
  from: TEXT,
  until: TEXT,
  set: VALUES,
  compute: TEXT,
  env: TEXTS,
  locked: FLAG,
};

const RECORD: Readonly<Record<string, Kind>> = {
  name: TEXT,
  experiment: TEXT,
  tags: TEXTS,
  priority: NUMBER,
  onlyCached: FLAG,
  strict: FLAG,
  detach: FLAG,
  idempotencyKey: TEXT,
  signal: SIGNAL,
};

const CALLS = {
  "submit()": { ...PLAN, ...RECORD },
  "plan()": PLAN,
  "validate()": PLAN,
  "rerun()": { ...RECORD, from: TEXT, until: TEXT, force: STEPS, latest: FLAG, set: VALUES },
} as const satisfies Record<string, Readonly<Record<string, Kind>>>;

/** @param call What was called with them, as messages name it. */
export function checkOptions(options: object, call: keyof typeof CALLS, origin: Origin): void {
  const form = `${call.slice(0, -1)}{ ${call === "rerun()" ? "set" : "inputs"}: … })`;
  checkMapping(options, { what: `what ${call} is given`, form, origin });
  const kinds: Readonly<Record<string, Kind>> = CALLS[call];
  checkKeys(options, Object.keys(kinds), { what: call, origin });
  for (const [name, value] of Object.entries(options)) {
    const kind = kinds[name];
    if (kind === undefined || value === undefined || kind.fits(value)) continue;
    const [key, wrong] =
      kind === TEXTS && isMapping(value)
        ? (Object.entries(value).find(([, one]) => !isText(one)) ?? [])
        : [];
    const what = key === undefined ? inWords(value) : `${inWords(wrong)} for ${key}`;
    throw new DefinitionError(`${call}: \`${name}\` is ${what}`, `give ${kind.words}`, origin);
  }
}
