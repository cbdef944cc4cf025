import argparse, pathlib, shutil

parser = argparse.ArgumentParser()
parser.add_argument("--data")
parser.add_argument("--more")
parser.add_argument("--made")
given = parser.parse_args()
lines = pathlib.Path(given.data).read_text().splitlines()
if given.more:
    lines += pathlib.Path(given.more).read_text().splitlines()
pathlib.Path(given.made).write_text("\n".join(sorted(set(lines))) + "\n")
print(len(lines), "lines in")
