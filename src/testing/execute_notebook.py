"""Executes a notebook with nbclient and prints, as JSON, what each code cell gave: kinds of data, texts, errors.

Deno's kernel now and then says that it is idle before it sends what a cell gave, and nbclient listens no longer: a notebook
with a silent cell is executed anew, in a fresh workspace, at most three times.
"""
import json
import os
import shutil
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

folder = os.path.dirname(os.path.abspath(sys.argv[1]))


def execute():
    shutil.rmtree(os.path.join(folder, ".stepwell"), ignore_errors=True)
    notebook = nbformat.read(sys.argv[1], as_version=4)
    place = {"metadata": {"path": folder}}
    try:
        NotebookClient(notebook, timeout=120, kernel_name="deno", resources=place).execute()
    except CellExecutionError as error:
        print(error, file=sys.stderr)
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


cells = execute()
for _ in range(2):
    if all(cells):
        break
    cells = execute()
shown = [
    [
        {"type": one.output_type, "data": one.get("data", {}), "text": one.get("text") or one.get("evalue") or ""}
        for one in cell
    ]
    for cell in cells
]
print(json.dumps(shown))
