// What OpenLineage 2.0.2 asks of a run event and of the facets that Stepwell writes: a compact JSON schema after the public
// specification, stricter where that allows anything, so that a slip is found.

const uri = { type: "string", format: "uri" };
const text = { type: "string", minLength: 1 };

function facet(properties: object, required: readonly string[]): object {
  return {
    type: "object",
    properties: { _producer: uri, _schemaURL: uri, ...properties },
    required: ["_producer", "_schemaURL", ...required],
    additionalProperties: false,
  };
}

const ownFacet = {
  type: "object",
  properties: { _producer: uri, _schemaURL: uri },
  required: ["_producer", "_schemaURL"],
};

/** Facets of others' making have a prefix of their maker. */
function facets(properties: object): object {
  return {
    type: "object",
    properties,
    patternProperties: { "^stepwell_[a-z]+$": ownFacet },
    additionalProperties: false,
  };
}

const runId = {
  type: "string",
  format: "uuid",
  pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
};

const job = { namespace: text, name: text };

const datasetFacets = facets({
  version: facet({ datasetVersion: text }, ["datasetVersion"]),
  dataSource: facet({ name: text, uri }, []),
  schema: facet(
    {
      fields: {
        type: "array",
        items: {
          type: "object",
          properties: { name: { type: "string" }, type: { type: "string" } },
          required: ["name"],
          additionalProperties: false,
        },
      },
    },
    [],
  ),
});

function dataset(own: string): object {
  return {
    type: "array",
    items: {
      type: "object",
      properties: { ...job, facets: datasetFacets, [own]: facets({}) },
      required: ["namespace", "name"],
      additionalProperties: false,
    },
  };
}

const runFacets = facets({
  parent: facet(
    {
      run: { type: "object", properties: { runId }, required: ["runId"] },
      job: { type: "object", properties: job, required: ["namespace", "name"] },
    },
    ["run", "job"],
  ),
  jobRunParameters: facet(
    {
      parameters: {
        type: "array",
        items: {
          type: "object",
          properties: { key: text, value: {} },
          required: ["key"],
          additionalProperties: false,
        },
      },
    },
    [],
  ),
  errorMessage: facet({ message: text, programmingLanguage: text }, [
    "message",
    "programmingLanguage",
  ]),
});

const jobFacets = facets({
  jobType: facet({ processingType: text, integration: text, jobType: text }, [
    "processingType",
    "integration",
  ]),
  sourceCodeLocation: facet({ type: text, url: uri, repoUrl: text, version: text, branch: text }, [
    "type",
    "url",
  ]),
});

export const OPEN_LINEAGE_SCHEMA = {
  type: "object",
  properties: {
    eventType: { enum: ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"] },
    eventTime: { type: "string", format: "date-time" },
    producer: uri,
    schemaURL: uri,
    run: {
      type: "object",
      properties: { runId, facets: runFacets },
      required: ["runId"],
      additionalProperties: false,
    },
    job: {
      type: "object",
      properties: { ...job, facets: jobFacets },
      required: ["namespace", "name"],
      additionalProperties: false,
    },
    inputs: dataset("inputFacets"),
    outputs: dataset("outputFacets"),
  },
  required: ["eventType", "eventTime", "producer", "schemaURL", "run", "job"],
  additionalProperties: false,
} as const;

/** The formats that the schema names, for a validator that has none of its own. */
export const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  uri: (value) => URL.canParse(value),
  uuid: (value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  "date-time": (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value),
};
