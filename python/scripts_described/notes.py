"""What a person must know who runs a script by the arguments that were found: each a short sentence."""

import ast
import os
import re

from scripts_described.syntax import attribute, callee, calls, functions, literal


def notes(tree, path, arguments):
    found = []
    commands = subcommands(tree)
    if commands:
        found.append(
            f"it has subcommands ({', '.join(commands)}): write one into the command, and leave out what the others take"
        )
    if any(decorated(function, "main", "hydra") for function in functions(tree)):
        found.append("hydra: what it is to override goes into the command: key=${{inputs.key}}")
    elif not arguments and not commands and reads_argv(tree):
        found.append("it reads sys.argv: write its words into the command")
    package = os.path.basename(os.path.dirname(os.path.abspath(path)))
    if any(isinstance(node, ast.ImportFrom) and node.level > 0 for node in ast.walk(tree)):
        name = os.path.splitext(os.path.basename(path))[0]
        found.append(
            f"it imports from its own package: give the folder above as code, and run python3 -m {package}.{name}"
        )
    return [one for one in found if "\n" not in one]


def subcommands(tree):
    """Those of argparse's subparsers; of click and typer where there are several commands."""
    parsers = [
        literal(call.args[0])
        for call in calls(tree)
        if attribute(call.func) == "add_parser" and call.args
    ]
    decorators = [
        decorator
        for function in functions(tree)
        for decorator in function.decorator_list
        if attribute(callee(decorator)) == "command" and isinstance(callee(decorator), ast.Attribute)
    ]
    is_group = any(decorated(function, "group") for function in functions(tree))
    named = [
        command_name(function)
        for function in functions(tree)
        if any(one in decorators for one in function.decorator_list)
    ]
    found = parsers + (named if is_group or len(named) > 1 else [])
    return [name for name in found if isinstance(name, str) and re.fullmatch(r"[\w.-]+", name)]


def command_name(function):
    for decorator in function.decorator_list:
        given = decorator.args if isinstance(decorator, ast.Call) else []
        if attribute(callee(decorator)) == "command" and given and literal(given[0]):
            return literal(given[0])
    return function.name.replace("_", "-")


def decorated(function, word, owner=None):
    for decorator in function.decorator_list:
        target = callee(decorator)
        if attribute(target) != word:
            continue
        if owner is None:
            return True
        if isinstance(target, ast.Attribute) and attribute(target.value) == owner:
            return True
    return False


def reads_argv(tree):
    return any(
        isinstance(node, ast.Attribute) and node.attr == "argv" and attribute(node.value) == "sys"
        for node in ast.walk(tree)
    )
