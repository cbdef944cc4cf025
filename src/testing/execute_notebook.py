"""Executes a notebook with nbclient and prints, as JSON, what each code cell gave: kinds of data, texts, errors."""
import json
import os
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

notebook = nbformat.read(sys.argv[1], as_version=4)
try:
    place = {"metadata": {"path": os.path.dirname(os.path.abspath(sys.argv[1]))}}
    NotebookClient(notebook, timeout=120, kernel_name="deno", resources=place).execute()
except CellExecutionError as error:
    print(error, file=sys.stderr)
cells = []
for cell in notebook.cells:
    if cell.cell_type == "code":
        outputs = [
            {"type": one.output_type, "data": one.get("data", {}), "text": one.get("text") or one.get("evalue") or ""}
            for one in cell.outputs
        ]
        cells.append(outputs)
print(json.dumps(cells))
