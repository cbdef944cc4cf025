"""Dumps what the official SDK (azure-ai-ml) makes of job files, flattened to the shape that oracle.deep.test.ts makes of
our graphs. Reads file names from standard input, one a line; writes one JSON object a line. Development only."""
import json
import logging
import os
import re
import sys
import warnings

import yaml

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
from azure.ai.ml import load_job  # noqa: E402

MODES = {
    "ReadOnlyMount": "ro_mount",
    "ReadWriteMount": "rw_mount",
    "Download": "download",
    "Direct": "direct",
    "EvalMount": "eval_mount",
    "EvalDownload": "eval_download",
    "Upload": "upload",
    "Mount": "mount",
}
BINDING = re.compile(r"^\$\{\{\s*(.*?)\s*\}\}$")


def dump(file):
    os.chdir(os.path.dirname(file))
    body = load_job(file)._to_rest_object()
    body = body.serialize() if hasattr(body, "serialize") else body
    body = body.as_dict() if hasattr(body, "as_dict") else body
    # Components are objects that print themselves as YAML.
    body = json.loads(json.dumps(body, default=str))
    body = body.get("properties") if "jobs" in (body.get("properties") or {}) else body
    steps = {}
    if "jobs" not in body:
        steps["."] = leaf(body, {}, {}, {})
        return {"steps": steps, "outputs": {}}
    settings = body.get("settings") or {}
    compute = settings.get("default_compute") or body.get("computeId")
    inputs = {name: value(one, {}, "") for name, one in (body.get("inputs") or {}).items()}
    made = {}
    flatten(body["jobs"], "", inputs, body.get("outputs") or {}, compute, steps, made)
    return {"steps": steps, "outputs": made}


def flatten(jobs, prefix, inputs, outputs, compute, steps, made):
    nested = {}
    for name, node in jobs.items():
        path = prefix + name
        if node.get("type") != "pipeline":
            continue
        component = component_of(node)
        if component is None:
            continue
        given = {key: value(one, inputs, prefix) for key, one in (node.get("inputs") or {}).items()}
        for key, declared in (component.get("inputs") or {}).items():
            if key not in given:
                given[key] = default(declared)
        asked = dict(node.get("outputs") or {})
        for key, declared in (component.get("outputs") or {}).items():
            asked[key] = merged(behind_binding(asked.get(key), outputs), declared)
        inner = {}
        nested[path] = inner
        flatten(component["jobs"], path + ".", given, asked, compute, steps, inner)
        for key, one in (node.get("outputs") or {}).items():
            bound = parent_output(one)
            if bound and key in inner:
                made[bound] = inner[key]
    for name, node in jobs.items():
        path = prefix + name
        if node.get("type") == "pipeline":
            continue
        steps[path] = leaf(node, inputs, outputs, compute, prefix)
        for key, one in (node.get("outputs") or {}).items():
            bound = parent_output(one)
            if bound:
                made[bound] = f"{path}:{key}"
    behind(steps, nested)


def behind(steps, nested):
    """Replaces outputs of nested pipelines by the step that makes them."""
    for step in steps.values():
        for key, text in step["inputs"].items():
            match = re.match(r"^step ([^:]+):(\S+)$", text)
            if match and match[1] in nested and match[2] in nested[match[1]]:
                step["inputs"][key] = "step " + nested[match[1]][match[2]]


def leaf(node, inputs, outputs, compute, prefix=""):
    component = component_of(node) or {}
    given = dict(node.get("inputs") or {})
    for key in ("training_data", "validation_data", "test_data"):
        if key in node:
            given[key] = node[key]
    found = {name: value(one, inputs, prefix) for name, one in given.items()}
    for name, declared in (component.get("inputs") or {}).items():
        found.setdefault(name, default(declared))
    kind = node.get("type") or "command"
    return {
        "type": kind,
        "command": component.get("command") if kind == "command" else None,
        "hasCode": bool(component.get("code")) if kind == "command" else None,
        "environment": environment(node.get("environment") or component.get("environment"))
        if kind == "command"
        else None,
        "inputs": found,
        "inputModes": modes(given, component),
        "outputs": leaf_outputs(node, component, outputs),
        "compute": literal(node.get("computeId") or node.get("compute"), inputs) or literal(compute, {}) or "local",
        "distribution": distribution(node.get("distribution") or component.get("distribution"), inputs) if kind == "command" else None,
        "resources": resources(node.get("resources") or component.get("resources"), inputs) if kind == "command" else None,
        "timeout": seconds((node.get("limits") or {}).get("timeout")) if kind == "command" else None,
        "environmentVariables": node.get("environment_variables") or {} if kind == "command" else None,
        "deterministic": component.get("is_deterministic", True) is not False,
    }


def modes(given, component):
    found = {}
    for name, declared in (component.get("inputs") or {}).items():
        if isinstance(declared, dict) and declared.get("mode"):
            found[name] = declared["mode"]
    for name, one in given.items():
        if isinstance(one, dict) and one.get("mode"):
            found[name] = MODES.get(one["mode"], one["mode"])
    return found


def seconds(timeout):
    if not timeout:
        return None
    hours, minutes, rest = re.match(r"^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$", timeout).groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(rest or 0)


def component_of(node):
    component = node.get("component") or node.get("componentId")
    trial = node.get("trial")
    if component is None and isinstance(trial, dict):
        component = (trial.get("properties") or {}).get("componentSpec") or trial
    if component is None and isinstance(trial, str):
        component = trial
    if isinstance(component, dict):
        return component
    if isinstance(component, str) and "\n" in component:
        return yaml.safe_load(component)
    return None


def leaf_outputs(node, component, outputs):
    found = {}
    names = list((component.get("outputs") or {}).keys())
    for name in names + [one for one in (node.get("outputs") or {}) if one not in names]:
        asked = behind_binding((node.get("outputs") or {}).get(name), outputs)
        found[name] = merged(asked, (component.get("outputs") or {}).get(name))
    return found


def behind_binding(asked, outputs):
    """What is said of the output that it is bound to, and the mode that the node itself says."""
    bound = parent_output(asked)
    if not bound:
        return asked
    wider = outputs.get(bound) or {}
    mode = asked.get("mode") if isinstance(asked, dict) else None
    return {**wider, "mode": mode or wider.get("mode")}


def merged(asked, declared):
    asked = asked if isinstance(asked, dict) else {}
    declared = declared or {}
    declared = {**declared, "type": "uri_folder"} if declared.get("type") == "path" else declared
    mode = asked.get("mode") or declared.get("mode")
    return {
        "type": (declared.get("type") if declared.get("type") != "uri_folder" else None)
        or asked.get("jobOutputType") or asked.get("job_output_type") or asked.get("type") or declared.get("type") or "uri_folder",
        "mode": MODES.get(mode, mode),
        "uri": asked.get("uri") or asked.get("path"),
        "assetName": asked.get("assetName") or asked.get("asset_name") or asked.get("name"),
        "assetVersion": asked.get("assetVersion") or asked.get("asset_version") or asked.get("version"),
    }


def parent_output(one):
    text = one.get("value") or one.get("path") if isinstance(one, dict) else one
    match = BINDING.match(text) if isinstance(text, str) else None
    return match[1][len("parent.outputs."):] if match and match[1].startswith("parent.outputs.") else None


def value(one, inputs, prefix):
    if not isinstance(one, dict):
        return bound(str(one), inputs, prefix)
    text = one.get("value")
    if text is None and isinstance(one.get("path"), str) and BINDING.match(one["path"]):
        text = one["path"]
    if text is not None:
        return bound(str(text), inputs, prefix)
    uri = one.get("uri") or one.get("path")
    return f"data {plain_uri(uri)}" if uri else "unset"


def plain_uri(uri):
    """Local paths by their last part: which folder they start from is lost on the wire."""
    asset = re.match(r"^azureml://registries/[^/]+/(?:data|models)/([^/]+)/versions/([^/]+)$", uri)
    if asset:
        return f"{asset[1]}:{asset[2]}"
    if "://" in uri:
        return uri
    return os.path.basename(re.sub(r"^azureml:", "", uri).rstrip("/"))


def bound(text, inputs, prefix):
    match = re.fullmatch(r"\$\{\{\s*([^{}]*?)\s*\}\}", text)
    if not match:
        return "literal " + re.sub(r"\$\{\{\s*parent\.inputs\.([^{}\s]+)\s*\}\}", lambda one: joined(one[1], inputs), text)
    if match[1].startswith("parent.inputs."):
        return inputs.get(match[1][len("parent.inputs."):], "unset")
    job = re.match(r"^parent\.jobs\.([^.]+)\.outputs\.([^.]+)$", match[1])
    return f"step {prefix}{job[1]}:{job[2]}" if job else f"literal {text}"


def joined(name, inputs):
    found = inputs.get(name, "unset")
    return found[len("literal "):] if found.startswith("literal ") else ""


def default(declared):
    found = declared.get("default") if isinstance(declared, dict) else None
    if found is None:
        return "unset"
    literal_types = ("string", "integer", "number", "boolean")
    return f"literal {found}" if declared.get("type") in literal_types else f"data {found}"


def literal(text, inputs):
    found = bound(text, inputs, "") if isinstance(text, str) else None
    return re.sub(r"^azureml:", "", found[len("literal "):]) if found and found.startswith("literal ") else None


def environment(found):
    if not isinstance(found, dict):
        return found
    build = found.get("build") or {}
    return {
        "image": found.get("image"),
        "conda": found.get("conda_file"),
        "build": os.path.basename(os.path.abspath(build["path"])) if build.get("path") else None,
    }


def distribution(found, inputs):
    if not found:
        return None
    found = {key: filled(one, inputs) for key, one in found.items()}
    kind = (found.get("distribution_type") or found.get("type")).lower()
    rest = {key: one for key, one in found.items() if key not in ("distribution_type", "type")}
    if kind in ("pytorch", "mpi"):
        rest.setdefault("process_count_per_instance", 1)
    return {"type": kind, **rest}


def filled(found, inputs):
    """A setting with its binding filled in; numbers as numbers."""
    if not isinstance(found, str) or not BINDING.match(found):
        return found
    text = literal(found, inputs)
    return int(text) if text is not None and text.isdigit() else text


def resources(found, inputs):
    found = found or {}
    count = found.get("instance_count")
    return {"instance_count": int(literal(str(count), inputs) or 1) if count else 1, "instance_type": filled(found.get("instance_type"), inputs)}


for line in sys.stdin:
    file = line.strip()
    try:
        result = {"file": file, "graph": dump(file), "error": None}
    except Exception as error:  # noqa: BLE001
        result = {"file": file, "graph": None, "error": str(error)[:300]}
    print(json.dumps(result, default=str), flush=True)
