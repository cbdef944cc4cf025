"""What arguments a script defines with argparse, click or typer, read from its syntax tree."""

import ast

from scripts_described.syntax import (
    attribute,
    callee,
    calls,
    functions,
    imported,
    keywords,
    literal,
    long_flag,
    plain,
    plain_list,
)

FLAG_ACTIONS = {
    "store_true",
    "store_false",
    "store_const",
    "append_const",
    "count",
    "help",
    "version",
}


def defined_arguments(tree):
    """Each once; a definition that is met twice counts the first time."""
    unique = {}
    for one in argparse_arguments(tree) + click_arguments(tree) + typer_arguments(tree):
        unique.setdefault(one["flag"] or one["name"], one)
    return list(unique.values())


def argument(name, flag, **more):
    found = {
        "name": name,
        "flag": flag,
        "type": None,
        "default": None,
        "required": flag is None,
        "is_flag": False,
        "choices": None,
        "direction": None,
        "shape": None,
    }
    found.update(more)
    return found


# argparse


def argparse_arguments(tree):
    found = []
    for call in calls(tree):
        if attribute(call.func) != "add_argument":
            continue
        names = [text for text in map(literal, call.args) if isinstance(text, str)]
        if not names:
            continue
        words = keywords(call)
        flag = long_flag(names)
        name = literal(words.get("dest")) or (flag or names[0]).lstrip("-").replace("-", "_")
        kind, direction = kind_of(words.get("type"))
        default = literal(words.get("default"))
        nargs = literal(words.get("nargs"))
        optional = flag is not None or nargs in ("?", "*")
        found.append(
            argument(
                name,
                flag,
                type=kind or kind_of_value(default),
                direction=direction,
                default=plain(default),
                required=literal(words.get("required")) is True or not optional,
                is_flag=literal(words.get("action")) in FLAG_ACTIONS
                or attribute(words.get("action")) == "BooleanOptionalAction",
                choices=plain_list(literal(words.get("choices"))),
            )
        )
    return found


# click


def click_arguments(tree):
    found = []
    for function in functions(tree):
        if not any(
            attribute(callee(one)) in ("command", "group") for one in function.decorator_list
        ):
            continue
        for call in function.decorator_list:
            name = attribute(callee(call))
            if not isinstance(call, ast.Call) or name not in ("option", "argument"):
                continue
            names = [text for text in map(literal, call.args) if isinstance(text, str)]
            if names:
                found.append(click_argument(name, names, keywords(call)))
    return found


def click_argument(kind_of_call, names, words):
    flag = long_flag(names) if kind_of_call == "option" else None
    plain_names = [text for text in names if not text.startswith("-")]
    name = (
        (plain_names[0] if plain_names else (flag or names[0]))
        .lstrip("-")
        .split("/")[0]
        .replace("-", "_")
    )
    kind, direction = kind_of(words.get("type"))
    default = literal(words.get("default"))
    is_flag = (
        literal(words.get("is_flag")) is True
        or literal(words.get("count")) is True
        or "/" in (flag or "")
    )
    required = literal(words.get("required"))
    return argument(
        name.lower(),
        flag,
        type=kind or kind_of_value(default),
        direction=direction,
        default=plain(default),
        is_flag=is_flag,
        required=required is True
        or (kind_of_call == "argument" and required is not False and default is None),
        choices=click_choices(words.get("type")),
    )


def click_choices(node):
    if isinstance(node, ast.Call) and attribute(node.func) == "Choice" and node.args:
        return plain_list(literal(node.args[0]))
    return None


# typer


def typer_arguments(tree):
    if not any("typer" in names for names in imported(tree)):
        return []
    named = {
        node.args[0].id
        for node in calls(tree)
        if attribute(node.func) == "run" and node.args and isinstance(node.args[0], ast.Name)
    }
    found = []
    for function in functions(tree):
        is_command = any(attribute(callee(one)) == "command" for one in function.decorator_list)
        if is_command or function.name in named:
            found += typer_parameters(function.args)
    return found


def typer_parameters(parameters):
    plain_ones = parameters.posonlyargs + parameters.args
    defaults = [None] * (len(plain_ones) - len(parameters.defaults)) + list(parameters.defaults)
    pairs = list(zip(plain_ones, defaults)) + list(
        zip(parameters.kwonlyargs, parameters.kw_defaults)
    )
    return [typer_parameter(name, default) for name, default in pairs]


def typer_parameter(parameter, default):
    annotation, marker = parameter.annotation, default
    if isinstance(annotation, ast.Subscript) and attribute(annotation.value) == "Annotated":
        parts = (
            annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        )
        annotation = parts[0]
        marker = next((one for one in parts[1:] if isinstance(one, ast.Call)), default)
    words, is_option, value = {}, default is not None, default
    flag = "--" + parameter.arg.replace("_", "-")
    if isinstance(marker, ast.Call) and attribute(marker.func) in ("Option", "Argument"):
        words = keywords(marker)
        is_option = attribute(marker.func) == "Option"
        given = [
            text
            for text in map(literal, marker.args)
            if isinstance(text, str) and text.startswith("-")
        ]
        flag = long_flag(given) or flag
        if marker is default:
            first = marker.args[0] if marker.args else None
            value = (
                None
                if isinstance(literal(first), str) and literal(first).startswith("-")
                else first
            )
            value = words.get("default", value)
    kind, direction = kind_of(annotation)
    known = literal(value)
    required = value is None or (isinstance(value, ast.Constant) and value.value is Ellipsis)
    return argument(
        parameter.arg,
        flag if is_option else None,
        type=kind or kind_of_value(known),
        direction="in" if literal(words.get("exists")) is True else direction,
        default=plain(known),
        required=required,
        is_flag=kind == "boolean",
    )


# what the three share


KINDS = {
    "int": "integer",
    "float": "number",
    "str": "string",
    "bool": "boolean",
    "INT": "integer",
    "FLOAT": "number",
    "STRING": "string",
    "BOOL": "boolean",
    "IntRange": "integer",
    "FloatRange": "number",
    "Path": "path",
    "File": "path",
    "FileType": "path",
    "FileText": "path",
    "FileTextWrite": "path",
    "FileBinaryRead": "path",
    "FileBinaryWrite": "path",
}


def kind_of(node):
    """The kind of a value by its `type=` or annotation; and in or out where that is said."""
    if isinstance(node, ast.BinOp):
        return next(
            (kind_of(side) for side in (node.left, node.right) if kind_of(side)[0]), (None, None)
        )
    if isinstance(node, ast.Subscript):
        return kind_of(node.slice) if attribute(node.value) == "Optional" else (None, None)
    name = attribute(node.func if isinstance(node, ast.Call) else node)
    direction = {
        "FileText": "in",
        "FileBinaryRead": "in",
        "FileTextWrite": "out",
        "FileBinaryWrite": "out",
    }.get(name)
    if isinstance(node, ast.Call) and name in ("FileType", "File"):
        mode = literal(node.args[0]) if node.args else literal(keywords(node).get("mode"))
        direction = "out" if isinstance(mode, str) and mode[:1] in ("w", "a", "x") else "in"
    if (
        isinstance(node, ast.Call)
        and name == "Path"
        and literal(keywords(node).get("exists")) is True
    ):
        direction = "in"
    return KINDS.get(name), direction


def kind_of_value(value):
    if isinstance(value, bool):
        return "boolean"
    return {int: "integer", float: "number", str: "string"}.get(type(value))
