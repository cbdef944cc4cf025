"""Small questions to a syntax tree: names, calls, constant values. Knows nothing of command lines."""

import ast


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            yield [node.module] if node.module else [alias.name for alias in node.names]


def calls(tree):
    return sorted(
        (node for node in ast.walk(tree) if isinstance(node, ast.Call)),
        key=lambda node: (node.lineno, node.col_offset),
    )


def functions(tree):
    return [
        node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def callee(node):
    return node.func if isinstance(node, ast.Call) else node


def attribute(node):
    """The last name of `a.b.c`, or of a string."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def keywords(call):
    return {word.arg: word.value for word in call.keywords if word.arg}


def literal(node):
    """The value of a constant expression; None for everything else. `Path("x")` counts as "x"."""
    if node is None:
        return None
    if isinstance(node, ast.Call) and attribute(node.func) == "Path" and len(node.args) == 1:
        return literal(node.args[0])
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def long_flag(names):
    return next(
        (name for name in names if name.startswith("--")),
        next((name for name in names if name.startswith("-")), None),
    )


def plain(value):
    return value if isinstance(value, (bool, int, float, str)) else None


def plain_list(value):
    return (
        [plain(one) for one in value]
        if isinstance(value, (list, tuple)) and len(value) <= 100
        else None
    )
