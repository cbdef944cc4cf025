// What is recorded beside a plan, once for all plans that share it: its code snapshots and its environments.

import type { Plan } from "../../core/plan.ts";
import { codeDocument, environmentDocument } from "../../engine/evidence.ts";
import type { Document } from "../../ports/records.ts";

export function planDocuments(plan: Plan): readonly Document[] {
  return [
    ...plan.codes.map((code) => ({
      id: codeDocument(code.id),
      body: JSON.stringify({ snapshotId: code.snapshotId, parts: code.parts }),
    })),
    ...plan.environments.map((identity) => ({
      id: environmentDocument(identity.id),
      body: JSON.stringify(identity),
    })),
  ];
}
