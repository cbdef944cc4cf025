"""Says what command line a Python script takes and what it imports, by reading its text. The script is never imported or
run, so whatever stands in it stays harmless. Prints one JSON object for each script."""

import ast
import json
import sys

sys.path.insert(0, __file__.rpartition("/")[0] or ".")
sys.dont_write_bytecode = True

from scripts_described.definitions import defined_arguments  # noqa: E402
from scripts_described.local_modules import local_imports  # noqa: E402
from scripts_described.notes import notes  # noqa: E402
from scripts_described.uses import uses  # noqa: E402


def describe(path):
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read(), path)
        arguments = described(tree)
        imports = local_imports(tree, path)
        remarks = notes(tree, path, arguments)
    except (SyntaxError, ValueError, OSError, RecursionError, MemoryError) as error:
        return {"path": path, "error": str(error), "arguments": [], "imports": [], "notes": []}
    return {
        "path": path,
        "error": None,
        "arguments": arguments,
        "imports": imports,
        "notes": remarks,
    }


def described(tree):
    arguments = defined_arguments(tree)
    used = uses(tree)
    for argument in arguments:
        direction, shape = used.get(argument["name"], (None, None))
        argument["direction"] = argument["direction"] or direction
        argument["shape"] = shape
    return arguments


for script in sys.argv[1:]:
    print(json.dumps(describe(script)))
