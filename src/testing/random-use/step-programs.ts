// The two programs that steps of a random pipeline run, in bash and in Python: they do the same. Each hashes all that it was
// given, writes what `truth.ts` says, and tells the ledger when it starts and ends. What must never be is written to `violations`:
// two processes of one step at once, a checkpoint of other work.

export type Language = "bash" | "python";

/** What the program writes beside its outputs, all in the folder $TEST_PLACE; and what else lies there. */
export const PLACES = {
  ledger: "ledger",
  violations: "violations",
  locks: "locks",
  cache: "shared",
  /** Copies of outputs; beside them lie files of the user's own. */
  shelf: "shelf",
  /** Copies that the user has asked for. */
  taken: "taken",
  venv: ".venv",
  /** Of the user. */
  config: "config",
} as const;

export interface ProgramSettings {
  readonly k: number;
  readonly comment: number;
}

export function programName(language: Language): string {
  return language === "bash" ? "work.sh" : "work.py";
}

export function programText(language: Language, { k, comment }: ProgramSettings): string {
  return language === "bash"
    ? `K=${k}\n# ${comment}\n${BASH}`
    : `K = ${k}\n# ${comment}\n${PYTHON}`;
}

const BASH = `
# One of its own processes may be killed: no part of it may go on with half of what another makes.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C
p= q= l= o= f= ms=0 trouble=none fails=no narrow=no e= x=()
while [ $# -gt 0 ]; do
  case "$1" in
    --x) x+=("$2") ;;
    --p) p=$2 ;; --q) q=$2 ;; --l) l=$2 ;; --o) o=$2 ;; --f) f=$2 ;;
    --e) e=$(python -c 'import thing; print(thing.VERSION)') ;;
    --ms) ms=$2 ;; --trouble) trouble=$2 ;; --fails) fails=$2 ;; --narrow) narrow=$2 ;;
  esac
  shift 2
done
rank=\${RANK:-0}
me="$STEPWELL_RUN/$STEPWELL_STEP/$rank"
wrong() { echo "$1: $me $STEPWELL_ATTEMPT" >> "$TEST_PLACE/violations"; }
exec 9>> "$TEST_PLACE/locks/$STEPWELL_RUN.$STEPWELL_STEP.$rank"
flock -n 9 || wrong "two at once"
echo "start $me $STEPWELL_ATTEMPT" >> "$TEST_PLACE/ledger"
helper=$(cat lib/helper)
digest=$({
  printf 'k=%s h=%s p=%s q=%s l=%s v=%s e=%s\\n' "$K" "$helper" "$p" "$q" "$l" "$V" "$e"
  for one in \${x[@]+"\${x[@]}"}; do
    if [ -d "$one" ]; then
      for file in "$one"/*; do [ ! -e "$file" ] || { printf 'file %s\\n' "\${file##*/}"; cat "$file"; }; done
    else cat "$one"; fi
  done
} | sha256sum)
digest=\${digest%% *}
if [ -n "\${STEPWELL_CHECKPOINT_DIR:-}" ]; then
  exec 8>> "$STEPWELL_CHECKPOINT_DIR/lock-$rank"
  flock -n 8 || wrong "two at one checkpoint"
  saved="$STEPWELL_CHECKPOINT_DIR/progress-$rank"
  if [ -e "$saved" ] && [ "$(< "$saved")" != "$digest" ]; then wrong "a checkpoint of other work"; fi
  echo "$digest" > "$saved.new"
  mv "$saved.new" "$saved"
fi
sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
if [ "$STEPWELL_ATTEMPT_NUMBER" = 1 ]; then
  if [ "$trouble" = flaky ]; then echo "the first attempt fails" >&2; exit 5; fi
  if [ "$trouble" = stalls ]; then sleep 300; fi
fi
if [ "$fails" = yes ]; then echo "it fails as it was told" >&2; exit 3; fi
if [ "$rank" = 0 ]; then
  if [ "$narrow" = yes ]; then echo $((16#\${digest:0:2} % 3)) > "$o"; else echo "$digest" > "$o"; fi
  if [ -n "$f" ]; then
    for ((n = 0; n <= 16#\${digest:2:1} % 3; n += 1)); do echo "$n $digest" > "$f/part-$n"; done
  fi
  echo "{\\"name\\": \\"size\\", \\"value\\": $((16#\${digest:0:4}))}" >> "$STEPWELL_METRICS"
fi
echo "end $me $STEPWELL_ATTEMPT" >> "$TEST_PLACE/ledger"
`;

const PYTHON = `
import fcntl, hashlib, json, os, sys, time

given = {"p": "", "q": "", "l": "", "f": "", "ms": "0", "trouble": "none", "fails": "no", "narrow": "no", "e": ""}
x = []
for name, value in zip(sys.argv[1::2], sys.argv[2::2]):
    if name == "--x":
        x.append(value)
    else:
        given[name[2:]] = value
place, attempt = os.environ["TEST_PLACE"], os.environ["STEPWELL_ATTEMPT"]
run, step, rank = os.environ["STEPWELL_RUN"], os.environ["STEPWELL_STEP"], os.environ.get("RANK", "0")


def tell(file, text):
    with open(f"{place}/{file}", "ab", buffering=0) as out:
        out.write(f"{text} {run}/{step}/{rank} {attempt}\\n".encode())


def alone(path, otherwise):
    held = open(path, "a")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        tell("violations", otherwise)
    return held


mine = alone(f"{place}/locks/{run}.{step}.{rank}", "two at once:")
tell("ledger", "start")
if given["e"]:
    import thing

    given["e"] = thing.VERSION
helper = open("lib/helper").read().strip()
g = given
text = [f"k={K} h={helper} p={g['p']} q={g['q']} l={g['l']} v={os.environ['V']} e={g['e']}\\n".encode()]
for one in x:
    if os.path.isdir(one):
        for name in sorted(os.listdir(one)):
            text += [f"file {name}\\n".encode(), open(f"{one}/{name}", "rb").read()]
    else:
        text.append(open(one, "rb").read())
digest = hashlib.sha256(b"".join(text)).hexdigest()
folder = os.environ.get("STEPWELL_CHECKPOINT_DIR")
if folder:
    saver = alone(f"{folder}/lock-{rank}", "two at one checkpoint:")
    saved = f"{folder}/progress-{rank}"
    if os.path.exists(saved) and open(saved).read().strip() != digest:
        tell("violations", "a checkpoint of other work:")
    with open(f"{saved}.new", "w") as out:
        out.write(digest + "\\n")
    os.rename(f"{saved}.new", saved)
time.sleep(int(g["ms"]) / 1000)
if os.environ["STEPWELL_ATTEMPT_NUMBER"] == "1":
    if g["trouble"] == "flaky":
        print("the first attempt fails", file=sys.stderr)
        sys.exit(5)
    if g["trouble"] == "stalls":
        time.sleep(300)
if g["fails"] == "yes":
    print("it fails as it was told", file=sys.stderr)
    sys.exit(3)
if rank == "0":
    with open(g["o"], "w") as out:
        out.write((str(int(digest[:2], 16) % 3) if g["narrow"] == "yes" else digest) + "\\n")
    if g["f"]:
        for n in range(int(digest[2], 16) % 3 + 1):
            with open(f"{g['f']}/part-{n}", "w") as out:
                out.write(f"{n} {digest}\\n")
    with open(os.environ["STEPWELL_METRICS"], "a") as out:
        out.write(json.dumps({"name": "size", "value": int(digest[:4], 16)}) + "\\n")
tell("ledger", "end")
`;
