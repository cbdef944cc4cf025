"""Executes a notebook with nbclient and prints, as JSON, what each code cell gave: kinds of data, texts, errors.

Deno's kernel now and then says that it is idle before it sends what a cell gave, and nbclient listens no longer: here it
listens on while a cell has given no result. A notebook with a cell that stays silent is executed anew, in a fresh workspace, at
most five times.
"""
import json
import os
import queue
import shutil
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.client import CellExecutionComplete
from nbclient.exceptions import CellExecutionError
from nbclient.util import ensure_async

folder = os.path.dirname(os.path.abspath(sys.argv[1]))


# Below nbclient's own limit, after which it gives up on a cell's output.
LATE_SECONDS = 3


class PatientClient(NotebookClient):
    async def _async_poll_output_msg(self, parent_msg_id, cell, cell_index):
        await super()._async_poll_output_msg(parent_msg_id, cell, cell_index)
        while not any(one.output_type == "execute_result" for one in cell.outputs):
            try:
                message = await ensure_async(self.kc.iopub_channel.get_msg(timeout=LATE_SECONDS))
            except queue.Empty:
                return
            if message["parent_header"].get("msg_id") != parent_msg_id:
                continue
            try:
                self.process_message(message, cell, cell_index)
            except CellExecutionComplete:
                pass


def execute():
    shutil.rmtree(os.path.join(folder, ".stepwell"), ignore_errors=True)
    notebook = nbformat.read(sys.argv[1], as_version=4)
    place = {"metadata": {"path": folder}}
    try:
        PatientClient(notebook, timeout=120, kernel_name="deno", resources=place).execute()
    except CellExecutionError as error:
        print(error, file=sys.stderr)
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


cells = execute()
for _ in range(4):
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
