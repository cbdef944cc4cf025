import json
import os

with open(os.environ["STEPWELL_METRICS"], "a") as file:
    for epoch in range(3):
        file.write(json.dumps({"name": "accuracy", "value": 0.5 + epoch / 10, "step": epoch}) + "\n")
