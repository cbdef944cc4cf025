"""Modules and packages beside a script that it imports, and what these import in turn."""

import ast
import os

from scripts_described.syntax import imported


def local_imports(tree, path):
    """Their names beside the script, `helper.py` for a module and `package` for a package; empty for none."""
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
    return next(python_files(folder), None) is not None


def python_files(there):
    """The module itself, or all of a package at any depth."""
    if os.path.isfile(there):
        yield there
        return
    for folder, inside, names in os.walk(there):
        inside[:] = sorted(name for name in inside if not name.startswith((".", "__")))
        for name in sorted(names):
            if name.endswith(".py"):
                yield os.path.join(folder, name)


def trees(there):
    for file in python_files(there):
        try:
            with open(file, "rb") as source:
                yield ast.parse(source.read(), file)
        except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
            pass
