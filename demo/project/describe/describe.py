"""Summarises the training rows column by column."""
import argparse
import pathlib

import pandas as pd

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=pathlib.Path)
parser.add_argument("--out", type=pathlib.Path)
args = parser.parse_args()

summary = pd.read_csv(args.data / "train.csv").describe().transpose()[["mean", "std", "min", "max"]]
args.out.write_text(summary.round(3).to_json(orient="index", indent=1))
