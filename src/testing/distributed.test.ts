import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { eventually, exited, leftovers, makeRig, type Rig } from "./rig.ts";

// Distributed steps as real processes of this machine: every rank knows its place, the failure of one is the step's, and
// a cancel leaves none behind.

const hasMpi = spawnSync("mpirun", ["--version"]).status === 0;

let rig: Rig;

afterEach(() => rig.remove());

function job(distribution: string, command: string): string {
  return `
type: command
compute: local
command: ${JSON.stringify(command)}
inputs: {word: "it's \\"one\\" $HOME"}
outputs: {ranks: {type: uri_folder}}
${distribution}
`;
}

/** What each rank wrote, in the order of ranks. */
function ranks(...words: readonly string[]): readonly string[] {
  const run = rig.run("run", "job.yml", ...words);
  expect(run.steps[0]?.error).toBeNull();
  const folder = run.steps[0]?.outputs.ranks?.path ?? "";
  return fs
    .readdirSync(folder)
    .sort()
    .map((name) => fs.readFileSync(`${folder}/${name}`, "utf8").trim());
}

describe("a pytorch step", () => {
  it("runs a process for each rank of each instance", () => {
    rig = makeRig("torch");
    const distribution =
      "distribution: {type: pytorch, process_count_per_instance: 2}\nresources: {instance_count: 2}";
    rig.write(
      "job.yml",
      job(
        distribution,
        "echo $RANK/$WORLD_SIZE local $LOCAL_RANK node $NODE_RANK at $MASTER_ADDR > ${{outputs.ranks}}/$RANK",
      ),
    );
    expect(ranks()).toEqual([
      "0/4 local 0 node 0 at 127.0.0.1",
      "1/4 local 1 node 0 at 127.0.0.1",
      "2/4 local 0 node 1 at 127.0.0.1",
      "3/4 local 1 node 1 at 127.0.0.1",
    ]);
  });
});

describe("a tensorflow step", () => {
  it("tells every task the cluster and its place", () => {
    rig = makeRig("tensorflow");
    const distribution =
      "distribution: {type: tensorflow, worker_count: 2, parameter_server_count: 1}";
    rig.write(
      "job.yml",
      job(
        distribution,
        'echo "$TF_CONFIG" > ${{outputs.ranks}}/$(echo "$TF_CONFIG" | cksum | cut -c1-6)',
      ),
    );
    const tasks = ranks().map((text) => JSON.parse(text));
    const places = tasks.map(({ task }) => `${task.type} ${task.index}`).sort();
    expect(places).toEqual(["ps 0", "worker 0", "worker 1"]);
    expect(tasks[0].cluster.worker).toHaveLength(2);
  });

  it("has a worker for each instance where it does not say how many", () => {
    rig = makeRig("tfinstances");
    const each = 'echo "$TF_CONFIG" > ${{outputs.ranks}}/$(echo "$TF_CONFIG" | cksum | cut -c1-6)';
    rig.write(
      "job.yml",
      job("distribution: {type: tensorflow}\nresources: {instance_count: 3}", each),
    );
    const tasks = ranks().map((text) => JSON.parse(text).task);
    expect(tasks.map(({ type, index }) => `${type} ${index}`).sort()).toEqual([
      "worker 0",
      "worker 1",
      "worker 2",
    ]);
  });
});

const RANK = "${OMPI_COMM_WORLD_RANK:-$PMI_RANK}";
const SIZE = "${OMPI_COMM_WORLD_SIZE:-$PMI_SIZE}";

if (!hasMpi) process.stderr.write("skipped: mpirun is not on PATH, MPI steps are not tried\n");

describe.skipIf(!hasMpi)("an MPI step (needs mpirun)", () => {
  const DISTRIBUTION = "distribution: {type: mpi, process_count_per_instance: 3}";

  it("runs under mpirun, values as they are", () => {
    rig = makeRig("mpi");
    rig.write(
      "job.yml",
      job(
        DISTRIBUTION,
        `printf '%s\\n' "${RANK} of ${SIZE}: \${{inputs.word}}" > \${{outputs.ranks}}/${RANK}`,
      ),
    );
    expect(ranks()).toEqual([0, 1, 2].map((rank) => `${rank} of 3: it's "one" $HOME`));
  });

  it("fails when one rank fails, and leaves nothing when it is cancelled", async () => {
    rig = makeRig("mpifail");
    rig.write("job.yml", job(DISTRIBUTION, `test ${RANK} != 1 || exit 5; sleep 600`));
    const failed = rig.run("run", "job.yml");
    expect(failed).toMatchObject({ status: "Failed", steps: [{ attempts: [{ exitCode: 5 }] }] });
    rig.write("job.yml", job(DISTRIBUTION, `touch ${rig.at("started")}-${RANK}; sleep 600`));
    const run = rig.start("run", "job.yml", "--name", "long");
    const all = (): boolean => [0, 1, 2].every((rank) => fs.existsSync(rig.at(`started-${rank}`)));
    await eventually(all, "every rank runs");
    expect(rig.cli("cancel", "long").code).toBe(0);
    expect(await exited(run)).toBe(3);
    expect(leftovers(rig.folder)).toEqual([]);
  });
});
