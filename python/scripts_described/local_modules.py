"""Modules and packages beside a script that it imports, and what these import in turn."""

import ast
import os

from scripts_described.syntax import imported


def local_imports(tree, path):
    """Modules and packages beside the script that it imports, and what these import in turn."""
    folder, found, open_files = os.path.dirname(os.path.abspath(path)), [], [tree]
    while open_files:
        for names in imported(open_files.pop()):
            for name in names:
                top = name.split(".")[0]
                for candidate in (top + ".py", top):
                    there = os.path.join(folder, candidate)
                    if (
                        not top
                        or candidate in found
                        or not os.path.exists(there)
                        or os.path.samefile(there, path)
                    ):
                        continue
                    if candidate == top and not (os.path.isdir(there) and has_python(there)):
                        continue
                    found.append(candidate)
                    open_files += trees(there)
    return found


def has_python(folder):
    return any(name.endswith(".py") for name in os.listdir(folder))


def trees(there):
    files = (
        [there]
        if os.path.isfile(there)
        else [os.path.join(there, name) for name in sorted(os.listdir(there))]
    )
    for file in files:
        if file.endswith(".py"):
            try:
                with open(file, "rb") as source:
                    yield ast.parse(source.read(), file)
            except (SyntaxError, ValueError, OSError):
                pass
