import argparse, random

parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int)
parser.add_argument("--table")
given = parser.parse_args()
random.seed(7)
with open(given.table, "w") as table:
    table.write("x,y\n")
    for x in range(given.rows):
        table.write(f"{x},{3 * x + 2 + random.uniform(-1, 1):.4f}\n")
