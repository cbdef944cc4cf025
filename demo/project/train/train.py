"""Learns to tell the tumours apart."""
import argparse
import pathlib
import pickle

import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from features import make_features

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=pathlib.Path)
parser.add_argument("--trees", type=int)
parser.add_argument("--model", type=pathlib.Path)
args = parser.parse_args()

rows = pd.read_csv(args.data / "train.csv")
model = RandomForestClassifier(n_estimators=args.trees, random_state=0)
model.fit(make_features(rows), rows["target"])
(args.model / "model.pkl").write_bytes(pickle.dumps(model))
(args.model / "features.py").write_text(pathlib.Path("features.py").read_text())
print(f"{args.trees} trees, {model.n_features_in_} features")
