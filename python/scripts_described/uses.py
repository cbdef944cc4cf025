"""What a script does with the values of its arguments: reads or writes, a file or a folder."""

import ast

from scripts_described.syntax import attribute, keywords, literal

OUT_FILE = {
    "to_csv",
    "to_parquet",
    "to_json",
    "to_pickle",
    "to_excel",
    "savefig",
    "dump",
    "savetxt",
    "write_text",
    "write_bytes",
    "write_table",
    "imwrite",
    "write_html",
    "write_image",
    "save",
    "savez",
}
IN_FILE = {
    "read_csv",
    "read_parquet",
    "read_json",
    "read_pickle",
    "read_excel",
    "read_table",
    "load",
    "loadtxt",
    "read_text",
    "read_bytes",
    "imread",
}
OUT_FOLDER = {"makedirs", "mkdir", "save_pretrained", "save_model"}
IN_FOLDER = {"listdir", "scandir", "iterdir", "glob", "rglob", "walk", "load_from_disk"}
PATH_METHODS = {
    "write_text",
    "write_bytes",
    "read_text",
    "read_bytes",
    "mkdir",
    "iterdir",
    "glob",
    "rglob",
    "open",
}
WRAPPERS = {"Path", "str", "fspath", "abspath", "expanduser"}


def uses(tree):
    """Name of an argument -> (direction, shape), from the calls that it is handed to."""
    found = {}

    def note(node, direction, shape):
        for name in names_in(node):
            old_direction, old_shape = found.get(name, (None, None))
            # Written somewhere is an output, whatever else is done with it; a folder once is a folder.
            both = "out" if "out" in (old_direction, direction) else old_direction or direction
            found[name] = (both, "folder" if "folder" in (old_shape, shape) else old_shape or shape)

    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            note(
                node.left,
                None,
                None
                if isinstance(node.right, ast.Constant) and not isinstance(node.right.value, str)
                else "folder",
            )
        if isinstance(node, ast.JoinedStr):
            for part, then in zip(node.values, node.values[1:]):
                if str(literal(then) or "").startswith("/"):
                    note(part, None, "folder")
        if not isinstance(node, ast.Call):
            continue
        name = attribute(node.func)
        operands = node.args + [word.value for word in node.keywords]
        if (
            name == "join"
            and isinstance(node.func, ast.Attribute)
            and attribute(node.func.value) == "path"
            and node.args
        ):
            note(node.args[0], None, "folder")
        direction, shape = call_use(node, name)
        if direction is None:
            continue
        if name in PATH_METHODS and isinstance(node.func, ast.Attribute):
            operands.append(node.func.value)
        if name in ("write_text", "write_bytes"):
            operands = operands[-1:]
        for operand in operands:
            inner = unwrapped(operand)
            is_whole = isinstance(inner, (ast.Name, ast.Attribute))
            note(inner, direction, shape if is_whole else None)
    return found


def call_use(call, name):
    if name == "open":
        method = isinstance(call.func, ast.Attribute) and attribute(call.func.value) not in (
            "io",
            "gzip",
            "codecs",
            "bz2",
            "lzma",
        )
        place = 0 if method else 1
        mode = (
            literal(call.args[place])
            if len(call.args) > place
            else literal(keywords(call).get("mode"))
        )
        return ("out" if isinstance(mode, str) and mode[:1] in ("w", "a", "x") else "in"), "file"
    for names, use in (
        (OUT_FILE, ("out", "file")),
        (IN_FILE, ("in", "file")),
        (OUT_FOLDER, ("out", "folder")),
        (IN_FOLDER, ("in", "folder")),
    ):
        if name in names:
            return use
    return None, None


def unwrapped(node):
    while isinstance(node, ast.Call) and attribute(node.func) in WRAPPERS and node.args:
        node = node.args[0]
    return node


def names_in(node):
    """Names of variables, and `alpha` of `options.alpha`; of the paths in it, not of what is called."""
    node = unwrapped(node)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return [node.attr]
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.BinOp):
        return names_in(node.left) + names_in(node.right)
    if isinstance(node, ast.Call):
        is_path = attribute(node.func) in ("join", "format")
        return [name for operand in node.args for name in names_in(operand)] if is_path else []
    return (
        [name for part in node.values for name in names_in(part)]
        if isinstance(node, ast.JoinedStr)
        else (names_in(node.value) if isinstance(node, ast.FormattedValue) else [])
    )
