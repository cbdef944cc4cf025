// Step runs as events of OpenLineage 2.0.2 (https://openlineage.io/spec/2-0-2): the shapes and names alone. Pure; what was
// read and made is handed in.

import { digest } from "./digest.ts";

const PRODUCER = "urn:stepwell";
const SPEC = "https://openlineage.io/spec";
const RUN_EVENT = `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`;

export interface OpenDataset {
  readonly namespace: string;
  readonly name: string;
  readonly contentId: string;
  /** Of the data asset or model, else the content id. */
  readonly version: string;
  /** Where the bytes lie, or null. */
  readonly uri: string | null;
  readonly fields: readonly { readonly name: string; readonly type: string | null }[] | null;
}

export interface OpenRun {
  readonly namespace: string;
  /** `PIPELINE.STEP`, or the pipeline alone. */
  readonly job: string;
  /** Names the run of the job in this namespace. */
  readonly run: string;
  readonly jobType: "PIPELINE" | "STEP";
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly end: "COMPLETE" | "FAIL" | "ABORT";
  readonly error: string | null;
  readonly parent: { readonly job: string; readonly run: string } | null;
  readonly inputs: readonly OpenDataset[];
  readonly outputs: readonly OpenDataset[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly code: SourceCode | null;
  /** Ids that Stepwell knows the step run by. */
  readonly identity: Readonly<Record<string, string | null>>;
}

export interface SourceCode {
  readonly repository: string;
  readonly commit: string;
  readonly branch: string | null;
}

/** START, then how it ended. */
export function openLineageEvents(run: OpenRun): readonly object[] {
  const event = (eventType: string, at: number, more: object): object => ({
    eventType,
    eventTime: new Date(at).toISOString(),
    run: { runId: runUuid(run.namespace, run.run), facets: { ...runFacets(run), ...more } },
    job: { namespace: run.namespace, name: run.job, facets: jobFacets(run) },
    inputs: run.inputs.map((data) => ({ ...datasetOf(data), inputFacets: {} })),
    outputs: run.outputs.map((data) => ({ ...datasetOf(data), outputFacets: {} })),
    producer: PRODUCER,
    schemaURL: RUN_EVENT,
  });
  const failed =
    run.error === null
      ? {}
      : {
          errorMessage: facet("1-0-0/ErrorMessageRunFacet", {
            message: run.error,
            programmingLanguage: "shell",
          }),
        };
  return [event("START", run.startedAt, {}), event(run.end, run.endedAt, failed)];
}

/** The same run always has the same UUID (version 8: made of a digest). */
export function runUuid(namespace: string, run: string): string {
  const hex = digest(JSON.stringify([namespace, run])).slice("sha256:".length);
  const variant = "89ab"[Number.parseInt(hex[16] as string, 16) % 4];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

function facet(schema: string, fields: object): object {
  const [version = "", name = ""] = schema.split("/");
  return {
    _producer: PRODUCER,
    _schemaURL: `${SPEC}/facets/${version}/${name}.json#/$defs/${name}`,
    ...fields,
  };
}

/** A facet of our own: the spec asks for a prefix, and for a base that it describes. */
function ownFacet(fields: object): object {
  const base = `${SPEC}/2-0-2/OpenLineage.json#/$defs/BaseFacet`;
  return { _producer: PRODUCER, _schemaURL: base, ...fields };
}

function runFacets({ parent, namespace, parameters, identity }: OpenRun): object {
  const list = Object.entries(parameters).map(([key, value]) => ({ key, value }));
  return {
    ...(parent && {
      parent: facet("1-0-1/ParentRunFacet", {
        run: { runId: runUuid(namespace, parent.run) },
        job: { namespace, name: parent.job },
      }),
    }),
    ...(list.length > 0 && {
      jobRunParameters: facet("1-0-0/JobRunParametersFacet", { parameters: list }),
    }),
    stepwell_identity: ownFacet(identity),
  };
}

function jobFacets({ code, jobType }: OpenRun): object {
  const url = code === null ? null : repositoryUrl(code.repository);
  return {
    jobType: facet("2-0-3/JobTypeJobFacet", {
      processingType: "BATCH",
      integration: "STEPWELL",
      jobType,
    }),
    ...(code !== null &&
      url !== null && {
        sourceCodeLocation: facet("1-0-1/SourceCodeLocationJobFacet", {
          type: "git",
          url,
          repoUrl: code.repository,
          version: code.commit,
          ...(code.branch !== null && { branch: code.branch }),
        }),
      }),
  };
}

/** `git@host:path` as an address; null for what has no such form. */
function repositoryUrl(repository: string): string | null {
  const short = /^(?:([\w.-]+)@)?([\w.-]+):(?!\/\/)(.+)$/.exec(repository);
  const text = short === null ? repository : `ssh://${short[1] ?? "git"}@${short[2]}/${short[3]}`;
  return URL.canParse(text) ? new URL(text).href : null;
}

function datasetOf({ namespace, name, contentId, version, uri, fields }: OpenDataset): object {
  return {
    namespace,
    name,
    facets: {
      version: facet("1-0-0/DatasetVersionDatasetFacet", { datasetVersion: version }),
      ...(uri !== null && {
        dataSource: facet("1-0-1/DatasourceDatasetFacet", { name: namespace, uri }),
      }),
      ...(fields !== null && {
        schema: facet("1-1-1/SchemaDatasetFacet", {
          fields: fields.map(({ name: field, type }) =>
            type === null ? { name: field } : { name: field, type },
          ),
        }),
      }),
      stepwell_content: ownFacet({ contentId }),
    },
  };
}
