// Everything an engine needs from outside. Real ones come from the composition root, fakes from the simulation.

import type { AttemptEnd, ProcessIdentity } from "../core/attempt.ts";
import type { SourceLocation, StepError } from "../core/event.ts";
import type { OutputRecord, StepResult } from "../core/output.ts";
import type { Plan, RemoteOrigin, ResolvedData } from "../core/plan.ts";
import type { Reason } from "../core/reason.ts";
import type { Supply } from "../core/schedule.ts";
import type { StepFacts } from "../core/step-facts.ts";
import type { Checkpoints } from "../ports/checkpoints.ts";
import type { Clock, Random } from "../ports/clock.ts";
import type { Compute, ComputeListener } from "../ports/compute.ts";
import type { Contents, StagedAttempt } from "../ports/contents.ts";
import type { Environments } from "../ports/environments.ts";
import type { RecordStore, ResultRow, RunOrigin, RunUpdate } from "../ports/records.ts";
import type { DiskSpace } from "../ports/space.ts";
import type { StepTypes } from "../ports/step-types.ts";
import type { StepNode } from "../spec/graph.ts";
import type { PlanReader } from "./plan-reader.ts";

/** Says why a step is not reused, in words. */
export interface Explainer {
  reason(run: string, plan: Plan, index: number, facts: StepFacts): Promise<Reason>;
  /** The newest result of the step in the runs before this one, or null. */
  earlier(run: string, plan: Plan, index: number): Promise<ResultRow | null>;
}

/** What must happen to outputs beside recording them: copies to the user's places, registration of assets. */
export interface OutputSettler {
  needed(step: StepNode): boolean;
  /** Problems here end the run Failed, but the step stays Completed and its outputs recorded. */
  settle(run: string, plan: Plan, index: number, result: StepResult): Promise<readonly StepError[]>;
  /** Something of the step goes elsewhere, which takes its time. */
  sends(plan: Plan, index: number, how: "ran" | "reused", result: StepResult): boolean;
  /** Sends it; called between ticks, and may be called again after a crash. Problems as with `settle`. */
  send(
    run: string,
    step: { readonly plan: Plan; readonly index: number; readonly how: "ran" | "reused" },
    result: StepResult,
  ): Promise<readonly StepError[]>;
}

/** An attempt whose command failed, with its log as it stays. */
export interface FailedAttempt {
  readonly run: string;
  readonly origin: Pick<RunOrigin, "file" | "workingFolder">;
  readonly plan: Plan;
  readonly index: number;
  readonly attemptId: string;
  readonly end: AttemptEnd;
  readonly logPath: string;
}

/** Null where nothing is known. */
export interface Diagnosis {
  readonly hint: string | null;
  readonly location: SourceLocation | null;
}

/** Work whose result is asked for. */
export interface Sought {
  readonly fingerprint: string;
  /** Made at this time or later, in milliseconds since 1970; null: of any age. */
  readonly since: number | null;
}

export interface SharedPort {
  /** False: there is nobody to ask. */
  readonly asks: boolean;
  /**
   * Takes results of others for these into the record, where there are any and the record has none, and looks whether the bytes
   * of results that are not here can still be had. Never fails: a cache may be done without.
   */
  lookUp(sought: readonly Sought[]): Promise<void>;
  /** `gone from the cache s3://x`, where that was found out; null: they are here, or believed to be there. */
  gone(record: OutputRecord): string | null;
  /** Brings the bytes of an output to its path, unless they are there; null when they are. */
  fetch(record: OutputRecord): Promise<StepError | null>;
}

export interface EnginePorts {
  readonly records: RecordStore;
  readonly plans: PlanReader;
  readonly contents: Contents;
  readonly checkpoints: Checkpoints;
  readonly environments: Environments;
  readonly space: DiskSpace;
  readonly stepTypes: StepTypes;
  /** Brings data from elsewhere to its path, unless it is there; null when it is. */
  readonly fetchData: (data: ResolvedData, origin: RemoteOrigin) => Promise<StepError | null>;
  /** Results of others; null where the workspace shares with nobody. */
  readonly shared: SharedPort | null;
  readonly explainer: Explainer;
  readonly settler: OutputSettler;
  /** What the end of its log says about a failure; reads a bounded piece of it. */
  readonly diagnose: (failed: FailedAttempt) => Diagnosis;
  readonly clock: Clock;
  readonly random: Random;
  /** Fences off whatever an engine of an older epoch still wants to start. */
  readonly makeCompute: (epoch: number, listener: ComputeListener) => Compute;
  readonly me: { readonly host: string; readonly process: ProcessIdentity };
  readonly isAlive: (process: ProcessIdentity) => boolean;
  readonly logPath: (run: string, step: string, attempt: number) => string;
  /** Shows a log under a second name too: an attempt that goes on for another run. */
  readonly linkLog: (from: string, to: string) => void;
  /** Folders of an attempt that was staged before, by its id. */
  readonly attemptFolders: (attemptId: string) => Pick<StagedAttempt, "folder" | "workFolder">;
  readonly supply: Supply;
  /** One for each GPU of the capacity, as `CUDA_VISIBLE_DEVICES` names it. */
  readonly gpuNames: readonly string[];
  /** Between TERM and KILL. */
  readonly graceMs: number;
  /** What has just been made durable of each run, for whoever shows it. */
  readonly committed: (updates: readonly RunUpdate[]) => void;
  /** The run has its end on record: what was kept for its steps alone can go. */
  readonly runEnded: (run: string) => void;
  /** For things about the workspace that no run can tell. */
  readonly warn: (message: string) => void;
  /** Called at each named point where a crash must be harmless. */
  readonly crashPoint: (name: string) => void;
}
