import argparse
import collections

parser = argparse.ArgumentParser()
parser.add_argument("--text")
parser.add_argument("--out")
options = parser.parse_args()

with open(options.text) as file:
    counts = collections.Counter(file.read().split())
with open(options.out, "w") as file:
    for word, count in sorted(counts.items()):
        file.write(f"{word} {count}\n")
