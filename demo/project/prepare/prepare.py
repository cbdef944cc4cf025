"""Takes the breast cancer data that comes with scikit-learn, cleans it, and splits it."""
import argparse
import pathlib

import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--out", type=pathlib.Path)
out = parser.parse_args().out

frame: pd.DataFrame = load_breast_cancer(as_frame=True).frame
frame.columns = [name.replace(" ", "_") for name in frame.columns]
frame = frame.drop_duplicates()
train, test = train_test_split(frame, test_size=0.25, random_state=0, stratify=frame["target"])
train.to_csv(out / "train.csv", index=False)
test.to_csv(out / "test.csv", index=False)
print(f"{len(train)} rows to learn from, {len(test)} to test with")
