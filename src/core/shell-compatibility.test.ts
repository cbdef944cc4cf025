// Commands of the shapes that people write for Azure ML: with ordinary values each gives the same arguments as Azure's
// text substitution.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { templateReferences } from "../spec/template.ts";
import { compileCommand, substituteText } from "./shell-template.ts";

const COMMANDS = [
  "ls ${{inputs.model}}\n",
  "cat ${{inputs.folder}}/a.txt",
  "echo hello ${{inputs.who}} > ${{outputs.o}}/hello.txt",
  'echo "hello" && echo "world" > ${{outputs.o}}/w.txt',
  'echo "--csv: ${{inputs.csv}}"\npython hello.py --csv ${{inputs.csv}}\n',
  "python prep.py  --raw ${{inputs.raw}}  --out ${{outputs.o}}",
  "python prep.py \\\n  --raw ${{inputs.raw}} \\\n  --out ${{outputs.o}}\n",
  "python a.py --o ${{outputs.o}}; python b.py --o ${{outputs.o}};",
  "pip install 'pkg<2.19' -q && python predict.py --model ${{inputs.model}}",
  "pip install \"pkg>=1\" && python t.py --a=${{inputs.a}} --b='${{inputs.b}}'",
  "python -m pkg.tool.run --input-path ${{inputs.a}} --output-path ${{outputs.o}}",
  "python train.py --d ${{inputs.d}} $[[--e ${{inputs.e}}]] $[[--r ${{inputs.r}}]] --o ${{outputs.o}}",
  "python train.py $[[--list ${{inputs.a}} ${{inputs.b}}]]",
  "python train.py --images ${{inputs.i}}/images --masks ${{inputs.i}}/annotations/trimaps",
  "Rscript train.R --data_folder ${{inputs.iris}}",
  "julia run.jl ${{inputs.a}} ${{inputs.b}}",
  "node report.mjs --in ${{inputs.a}} --out '${{outputs.o}}'",
  "tar -xvzf ${{inputs.zip}} -C ${{outputs.o}}",
  "mkdir -p ${{outputs.o}}/sub && cp -r ${{inputs.a}}/* ${{outputs.o}}/sub",
  "export N=${{inputs.n}}; python t.py --n $N",
  'export N="${{inputs.n}}" && python t.py --n "$N"',
  "A=${{inputs.a}} python t.py",
  "cd src && python t.py --a ${{inputs.a}}",
  "(cd src; python t.py --a ${{inputs.a}})",
  "if [ ${{inputs.a}} = v0 ]; then python yes.py; else python no.py ${{inputs.a}}; fi",
  '[ "${{inputs.a}}" == "True" ] && python t.py || python u.py',
  "if [[ '${{inputs.a}}' == True ]]; then python yes.py; fi",
  "for f in ${{inputs.a}} ${{inputs.b}}; do python t.py --f $f; done",
  "for i in 1 2 3; do echo $i ${{inputs.a}} >> ${{outputs.o}}/log; done",
  "case ${{inputs.a}} in v0) python a.py;; *) python b.py '${{inputs.a}}';; esac",
  "python t.py --a ${{inputs.a}} | tee ${{outputs.o}}/log.txt",
  "python t.py --a ${{inputs.a}} > ${{outputs.o}}/log 2>&1",
  "set -e\npython a.py ${{inputs.a}}\n# it's a comment ${{inputs.a}}\npython b.py ${{inputs.b}}",
  "run() { python t.py \"$@\" --b ${{inputs.b}}; }\nrun '${{inputs.a}}'",
  "args=(--a ${{inputs.a}} --b '${{inputs.b}}'); python t.py \"${args[@]}\"",
  "python t.py --a $(echo ${{inputs.a}}) --b \"$(echo '${{inputs.b}}')\"",
  "python t.py --n `echo ${{inputs.n}}`",
  "python t.py --a ${{inputs.a}}-${{inputs.b}}.csv --c '${{inputs.a}}/${{inputs.b}}'",
  'python t.py --json \'{"a": "${{inputs.a}}"}\'',
  'python t.py --json "{\\"a\\": \\"${{inputs.a}}\\"}"',
  "cat <<'EOF' > conf.yml\nkey: it's\nEOF\npython t.py --conf conf.yml --a '${{inputs.a}}'",
  "python t.py --rank ${RANK:-0} --world $((1 + 1)) --a ${{inputs.a}}",
  "[ -f ${{inputs.a}}/x ] && ls ${{inputs.a}} || true",
  'CMD="python t.py --a ${{inputs.a}}"; $CMD --b ${{inputs.b}}',
];

const VALUES: readonly ((index: number) => string)[] = [
  (index) => `v${index}`,
  (index) => ["0.01", "-5", "True"][index % 3] ?? "",
  (index) => `/data/p${index}`,
  (index) => (index % 2 === 0 ? "two words" : "a,b=c:d@e%f+g"),
  (index) => (index % 2 === 0 ? "" : "*.none"),
];

/** Every program prints its arguments instead of doing its work. */
const PRELUDE = [..."python Rscript julia node pip tar ls cat cp mkdir tee cd".split(" ")].map(
  (name) => `${name}() { printf '[%s]' ${name} "$@"; echo; }`,
);

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-shell-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function run(script: string, variables: Record<string, string>): unknown {
  const cwd = fs.mkdtempSync(path.join(folder, "run-"));
  const text = [...PRELUDE, script].join("\n");
  const { status, stdout } = spawnSync("bash", ["-c", text], {
    cwd,
    env: { PATH: "", ...variables },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const out = path.join(folder, "out");
  const files = fs
    .readdirSync(out)
    .map((name) => [name, fs.readFileSync(path.join(out, name), "utf8")]);
  return { status, stdout, files };
}

describe("commands as people write them", () => {
  it.each(COMMANDS)("%s", (command) => {
    const refs = [...new Set(templateReferences(command).map((part) => part.text))];
    const compiled = compileCommand(command, { isSet: () => true });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    expect(compiled.warnings).toEqual([]);
    for (const ordinary of VALUES) {
      const values = Object.fromEntries(
        refs.map((ref, index) => [
          ref,
          ref.startsWith("outputs.") ? path.join(folder, "out") : ordinary(index),
        ]),
      );
      const variables = Object.fromEntries(
        compiled.references.map(({ ref, variable }) => [variable, values[ref] ?? ""]),
      );
      fs.rmSync(path.join(folder, "out"), { recursive: true, force: true });
      fs.mkdirSync(path.join(folder, "out"));
      const text = run(substituteText(command, values), {});
      fs.rmSync(path.join(folder, "out"), { recursive: true, force: true });
      fs.mkdirSync(path.join(folder, "out"));
      expect(run(compiled.script, variables)).toEqual(text);
    }
  });
});
