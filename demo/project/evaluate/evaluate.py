"""Scores the model on rows that it has not seen."""
import argparse
import importlib.util
import json
import os
import pathlib
import pickle

import pandas as pd
from sklearn.metrics import accuracy_score, roc_auc_score

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=pathlib.Path)
parser.add_argument("--model", type=pathlib.Path)
parser.add_argument("--out", type=pathlib.Path)
args = parser.parse_args()

spec = importlib.util.spec_from_file_location("features", args.model / "features.py")
features = importlib.util.module_from_spec(spec)
spec.loader.exec_module(features)

rows = pd.read_csv(args.data / "test.csv")
model = pickle.loads((args.model / "model.pkl").read_bytes())
chance = model.predict_proba(features.make_features(rows))[:, 1]
scores = {
    "auc": float(roc_auc_score(rows["target"], chance)),
    "accuracy": float(accuracy_score(rows["target"], chance > 0.5)),
}
args.out.write_text(json.dumps(scores, indent=1))
with open(os.environ["STEPWELL_METRICS"], "a") as metrics:
    for name, value in scores.items():
        metrics.write(json.dumps({"name": name, "value": value}) + "\n")
