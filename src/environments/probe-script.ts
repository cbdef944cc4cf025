// The Python program that an interpreter runs to say what it is. Works on every Python 3, and says at least the version
// on Python 2.

export const PROBE = String.raw`
import hashlib, json, os, re, sys
def real(p): return os.path.realpath(p)
def inside(p, roots): return any(p == r or p.startswith(r + os.sep) for r in roots)
import platform
paths = [p for p in sys.path[1:] if p]
prefix, base = sys.prefix, getattr(sys, "base_prefix", sys.prefix)
roots = [real(p) for p in (prefix, base, sys.exec_prefix)]
user = None
try:
    import site
    user = site.getusersitepackages()
    if site.ENABLE_USER_SITE: roots.append(real(user))
except Exception: pass
def libc():
    if not sys.platform.startswith("linux"): return ""
    name, version = platform.libc_ver()
    return "-" + (name or "musl") + version
def text(path):
    try:
        with open(path) as f: return f.read()
    except Exception: return ""
def normal(name): return re.sub(r"[-_.]+", "-", name).lower()
packages, editables, watched, covered = {}, [], [], set()
# Folder of distributions -> what they brought there; None where one of them does not say it.
brought, asked = {}, False
def remember(dist, folder):
    record, names = dist.read_text("RECORD"), (dist.read_text("top_level.txt") or "").split()
    if record: names += re.findall(r"^([^/,\n]+)[/,]", record, re.M)
    known = brought.setdefault(folder, {"_virtualenv"})
    brought[folder] = known.union(names) if names and known is not None else None
def loose(folder, owned):
    # Modules and packages that somebody copied there, and code in .pth files: no version says what they are.
    for entry in sorted(os.listdir(folder)):
        path, name = os.path.join(folder, entry), entry.split(".")[0]
        if entry in owned or name in owned: continue
        isCode = entry.endswith(".pth") and re.search(r"^import[ \t]", text(path), re.M)
        isModule = entry.endswith((".py", ".so")) or os.path.isfile(os.path.join(path, "__init__.py"))
        if isCode or (isModule and re.match(r"\w+$", name)):
            label = os.path.basename(folder) + "/" + entry
            editables.append({"name": label, "roots": [{"path": path, "kind": "package"}]})
def pth_folders(file):
    found = []
    for line in text(file).splitlines():
        line = line.strip()
        if line and not line.startswith(("#", "import ", "import\t")):
            path = os.path.join(os.path.dirname(file), line)
            if os.path.isdir(path): found.append(path)
    return found
def origin(dist, direct):
    # Installed from a folder, a file or a repository: the same version may be other bytes.
    if not direct or direct.get("dir_info", {}).get("editable"): return ""
    commit = direct.get("vcs_info", {}).get("commit_id")
    if commit: return " (commit " + commit[:12] + ")"
    lines = [l for l in (dist.read_text("RECORD") or "").splitlines() if "sha256=" in l and ".dist-info/" not in l and not l.startswith("..")]
    return " (content " + hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:12] + ")"
def files_of(module):
    # A package is a folder; a single module stands in the finder without the end of its name.
    if os.path.isdir(module): return [module]
    from importlib.machinery import all_suffixes
    return [module + end for end in all_suffixes() if os.path.isfile(module + end)]
def editable(name, folder, dist, source):
    roots = []
    for file in [str(f) for f in (dist.files or [])]:
        path = os.path.join(folder, file)
        if file.endswith(".pth"):
            watched.append(path)
            roots += [{"path": p, "kind": "search"} for p in pth_folders(path)]
        elif re.match(r"__editable__.*_finder\.py$", os.path.basename(file)):
            watched.append(path)
            mapping = re.search(r"^MAPPING[^=]*= *(\{.*?\})", text(path), re.M | re.S)
            if mapping:
                import ast
                modules = ast.literal_eval(mapping.group(1)).values()
                roots += [{"path": p, "kind": "package"} for m in modules for p in files_of(m)]
    if not roots: roots = [{"path": source, "kind": "search"}]
    covered.update(real(r["path"]) for r in roots)
    editables.append({"name": name, "roots": roots})
try:
    from importlib import metadata
    from urllib.parse import unquote, urlparse
    for dist in metadata.distributions(path=paths):
        raw = dist.metadata["Name"]
        if not raw: continue
        name = normal(raw)
        folder = os.path.dirname(str(getattr(dist, "_path", "")))
        remember(dist, folder)
        if name in packages: continue
        direct = json.loads(dist.read_text("direct_url.json") or "{}")
        packages[name] = (dist.version or "unknown") + origin(dist, direct)
        if direct.get("dir_info", {}).get("editable"):
            editable(name, folder, dist, unquote(urlparse(direct["url"]).path))
        elif folder and not inside(real(folder), roots):
            editable(name, folder, dist, folder)
    asked = True
except ImportError:
    try:
        import pkg_resources
        for dist in pkg_resources.working_set: packages[normal(dist.project_name)] = dist.version
    except ImportError: pass
for path in paths:
    if os.path.isdir(path):
        if os.path.basename(path) in ("site-packages", "dist-packages"):
            owned = brought.get(path, {"_virtualenv"} if asked else None)
            if owned is not None: loose(path, owned)
        if not inside(real(path), roots) and real(path) not in covered:
            editables.append({"name": "path:" + os.path.basename(path), "roots": [{"path": path, "kind": "search"}]})
        for entry in os.listdir(path):
            if entry.endswith((".pth", ".egg-link")): watched.append(os.path.join(path, entry))
watched += paths + [sys.executable, real(sys.executable), os.path.join(prefix, "pyvenv.cfg")]
if user: watched.append(user)
print(json.dumps({
    "executable": sys.executable,
    "version": platform.python_version(),
    "platform": sys.platform.rstrip("2") + "-" + platform.machine() + libc(),
    "virtualEnvironment": prefix if prefix != base else None,
    "packages": packages, "editables": editables, "watched": sorted(set(watched)),
}))
`;
