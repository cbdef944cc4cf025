// What every store of contents promises, as tests on real files. Knows only the port and the folders that it documents.

import { afterEach, beforeEach, describe } from "vitest";
import type { Contents } from "../../ports/contents.ts";
import { keepingArtifacts } from "./contents-artifacts.ts";
import { ContentsBench } from "./contents-bench.ts";
import { ignoring, snapshots, staging } from "./contents-code.ts";
import { discarding, publishing } from "./contents-handing.ts";
import { finding } from "./contents-holders.ts";
import { caching, identities, inputLinks } from "./contents-inputs.ts";
import { keeping } from "./contents-kept.ts";
import { capturing, hostileOutputs, verifying } from "./contents-outputs.ts";

export function contentsContract(name: string, make: (workspaceFolder: string) => Contents): void {
  describe(`contents contract: ${name}`, () => {
    let bench: ContentsBench;
    beforeEach(() => {
      bench = new ContentsBench(make);
    });
    afterEach(() => bench.clear());

    identities(() => bench);
    inputLinks(() => bench);
    caching(() => bench);
    snapshots(() => bench);
    ignoring(() => bench);
    staging(() => bench);
    capturing(() => bench);
    keepingArtifacts(() => bench);
    hostileOutputs(() => bench);
    verifying(() => bench);
    publishing(() => bench);
    discarding(() => bench);
    keeping(() => bench);
    finding(() => bench);
  });
}
