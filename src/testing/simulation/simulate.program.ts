// Plays many seeds and prints the figures: `--seeds N --from S --workers W`, `--seed S` to replay one, `--plant P` to
// prove that an invariant can fail. Ends with 1 when an invariant broke.

import os from "node:os";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type Story, simulate } from "./simulate.ts";
import type { Plant } from "./world.ts";

interface Batch {
  readonly from: number;
  readonly count: number;
  readonly plant: Plant;
  readonly trace: boolean;
}

interface Figures {
  readonly stories: number;
  readonly events: number;
  readonly faults: number;
  readonly broken: readonly Story[];
}

async function playBatch(batch: Batch): Promise<Figures> {
  let events = 0;
  let faults = 0;
  const broken: Story[] = [];
  for (let seed = batch.from; seed < batch.from + batch.count; seed += 1) {
    const story = await simulate(
      seed,
      batch.plant,
      batch.trace ? (line) => console.log(line) : null,
    );
    events += story.events;
    faults += story.faults;
    if (story.broken.length > 0) broken.push(story);
    if (broken.length >= 5) break;
  }
  return { stories: batch.count, events, faults, broken };
}

async function main(): Promise<void> {
  const option = (name: string, otherwise: string): string => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise);
  };
  const one = option("seed", "");
  const plant = option("plant", "none") as Plant;
  const count = one === "" ? Number(option("seeds", "20000")) : 1;
  const from = one === "" ? Number(option("from", "1")) : Number(one);
  const workers = Math.min(count, Number(option("workers", String(os.availableParallelism()))));
  const share = Math.ceil(count / workers);
  const batches = Array.from({ length: workers }, (_, index) => ({
    from: from + index * share,
    count: Math.min(share, count - index * share),
    plant,
    trace: one !== "",
  }));
  const all = await Promise.all(batches.map(inWorker));
  report(all, plant);
}

function inWorker(batch: Batch): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: batch });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

function report(all: readonly Figures[], plant: Plant): void {
  const sum = (key: "stories" | "events" | "faults"): number =>
    all.reduce((total, figures) => total + figures[key], 0);
  const broken = all.flatMap((figures) => figures.broken);
  for (const story of broken.slice(0, 5)) {
    process.stdout.write(`seed=${story.seed} ${story.broken.slice(0, 3).join("; ")}\n`);
    process.stdout.write(
      `  replay: npm run simulate -- --seed ${story.seed}${plant === "none" ? "" : ` --plant ${plant}`}\n`,
    );
  }
  process.stdout.write(
    `simulation: ${sum("stories")} seeds, ${sum("events")} events, ${sum("faults")} faults injected, ${broken.length} broken\n`,
  );
  process.exitCode = broken.length > 0 ? 1 : 0;
}

if (isMainThread) await main();
else parentPort?.postMessage(await playBatch(workerData as Batch));
