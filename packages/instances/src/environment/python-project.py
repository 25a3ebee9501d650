"""Reads a Python project's packaging files and prints what they declare as JSON.

Input on stdin: an object of file name to text or null, for pyproject.toml, setup.cfg, setup.py and TOML lockfiles.
Nothing of the project is executed: setup.py is only parsed.
"""
import ast
import configparser
import json
import re
import sys

try:
    import tomllib
except ImportError:
    try:
        from pip._vendor import tomli as tomllib
    except ImportError:
        tomllib = None

out = {
    "name": None,
    "version": None,
    "installable": False,
    "requires": [],
    "extras": {},
    "packageFolders": [],
    "dynamic": [],
    "unread": [],
    "dynamicFiles": [],
    "locked": [],
    "lockName": None,
    "versionFile": None,
    "entryPoints": {},
}


def strings(value):
    return [item for item in value if isinstance(item, str)] if isinstance(value, (list, tuple)) else []


def entry_points(group, table):
    if isinstance(table, dict):
        found = {k: v for k, v in table.items() if isinstance(k, str) and isinstance(v, str)}
        if found:
            out["entryPoints"].setdefault(group, {}).update(found)


def entry_lines(group, items):
    for item in items:
        name, sign, value = item.partition("=")
        if sign:
            entry_points(group, {name.strip(): value.strip()})


def lines(text):
    return [line.strip() for line in (text or "").splitlines() if line.strip() and not line.strip().startswith("#")]


def poetry_constraint(spec):
    spec = spec.strip()
    if spec in ("*", ""):
        return ""
    parts = []
    for part in spec.split(","):
        part = part.strip()
        match = re.match(r"^([\^~])\s*v?(\d+(?:\.\d+)*)(.*)$", part)
        if match and not part.startswith("~="):
            numbers = [int(n) for n in match.group(2).split(".")]
            if match.group(1) == "^":
                place = next((i for i, n in enumerate(numbers) if n != 0), len(numbers) - 1)
            else:
                place = min(1, len(numbers) - 1)
            upper = numbers[:place] + [numbers[place] + 1]
            parts.append(">=%s%s,<%s" % (match.group(2), match.group(3), ".".join(map(str, upper))))
        elif re.match(r"^\d", part):
            parts.append("==" + part)
        else:
            parts.append(part)
    return ",".join(parts)


def poetry_requirements(table, notes):
    found = []
    for name, spec in (table or {}).items():
        if name.lower() == "python":
            continue
        if isinstance(spec, list):
            spec = spec[0] if spec else "*"
        if isinstance(spec, str):
            found.append(name + poetry_constraint(spec))
        elif isinstance(spec, dict):
            if spec.get("optional"):
                continue
            extras = "[%s]" % ",".join(strings(spec.get("extras"))) if spec.get("extras") else ""
            marker = spec.get("markers")
            tail = " ; " + marker if isinstance(marker, str) else ""
            if isinstance(spec.get("version"), str):
                found.append(name + extras + poetry_constraint(spec["version"]) + tail)
            elif isinstance(spec.get("url"), str):
                found.append(name + extras + " @ " + spec["url"] + tail)
            else:
                notes.append("%s (a git or path dependency)" % name)
    return found


def group(groups, name, seen):
    if name in seen:
        return []
    found = []
    for item in groups.get(name) or []:
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict) and isinstance(item.get("include-group"), str):
            found.extend(group(groups, item["include-group"], seen + [name]))
    return found


def read_pyproject(text):
    if tomllib is None:
        out["unread"].append("pyproject.toml (this Python has no TOML reader)")
        return
    try:
        data = tomllib.loads(text)
    except Exception as error:
        out["unread"].append("pyproject.toml (%s)" % error)
        return
    project = data.get("project")
    tool = data.get("tool") if isinstance(data.get("tool"), dict) else {}
    out["installable"] = isinstance(project, dict) or "build-system" in data
    if isinstance(project, dict):
        out["name"] = project.get("name")
        out["version"] = project.get("version")
        out["requires"] += strings(project.get("dependencies"))
        for name, items in (project.get("optional-dependencies") or {}).items():
            out["extras"].setdefault(name, []).extend(strings(items))
        entry_points("console_scripts", project.get("scripts"))
        entry_points("gui_scripts", project.get("gui-scripts"))
        for name, table in (project.get("entry-points") or {}).items():
            entry_points(name, table)
        dynamic = strings(project.get("dynamic"))
        if "dependencies" in dynamic:
            out["dynamic"].append("dependencies")
    groups = data.get("dependency-groups")
    if isinstance(groups, dict):
        for name in groups:
            out["extras"].setdefault(name, []).extend(group(groups, name, []))
    poetry = tool.get("poetry")
    if isinstance(poetry, dict):
        out["installable"] = True
        out["name"] = out["name"] or poetry.get("name")
        out["version"] = out["version"] or poetry.get("version")
        entry_points("console_scripts", poetry.get("scripts"))
        for name, table in (poetry.get("plugins") or {}).items():
            entry_points(name, table)
        notes = []
        out["requires"] += poetry_requirements(poetry.get("dependencies"), notes)
        out["extras"].setdefault("dev", []).extend(poetry_requirements(poetry.get("dev-dependencies"), notes))
        for name, table in (poetry.get("group") or {}).items():
            out["extras"].setdefault(name, []).extend(poetry_requirements(table.get("dependencies"), notes))
        out["unread"] += notes
        for package in poetry.get("packages") or []:
            if isinstance(package, dict) and isinstance(package.get("from"), str):
                out["packageFolders"].append(package["from"])
    setuptools = tool.get("setuptools")
    if isinstance(setuptools, dict):
        folder = (setuptools.get("package-dir") or {}).get("")
        if isinstance(folder, str):
            out["packageFolders"].append(folder)
        find = setuptools.get("packages")
        if isinstance(find, dict) and isinstance(find.get("find"), dict):
            out["packageFolders"] += [w for w in strings(find["find"].get("where")) if w != "."]
        dynamic = setuptools.get("dynamic")
        if isinstance(dynamic, dict) and isinstance(dynamic.get("dependencies"), dict):
            files = dynamic["dependencies"].get("file")
            out["dynamicFiles"] = [files] if isinstance(files, str) else strings(files)
    hatch = tool.get("hatch")
    if isinstance(hatch, dict):
        version = hatch.get("version")
        if isinstance(version, dict) and isinstance(version.get("path"), str):
            out["versionFile"] = version["path"]
        for environment in (hatch.get("envs") or {}).values():
            if isinstance(environment, dict):
                out["extras"].setdefault("test", []).extend(
                    strings(environment.get("dependencies")) + strings(environment.get("extra-dependencies"))
                )


def read_setup_cfg(text):
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        out["unread"].append("setup.cfg (%s)" % str(error).splitlines()[0])
        return
    if parser.has_section("metadata") or parser.has_section("options"):
        out["installable"] = True
    out["name"] = out["name"] or parser.get("metadata", "name", fallback=None)
    version = parser.get("metadata", "version", fallback=None)
    if version and not version.startswith(("attr:", "file:")):
        out["version"] = out["version"] or version
    requires = parser.get("options", "install_requires", fallback="")
    if requires.strip().startswith("file:"):
        out["dynamic"].append("dependencies")
        out["dynamicFiles"] = [item.strip() for item in requires.strip()[5:].split(",")]
    else:
        out["requires"] += lines(requires)
    out["extras"].setdefault("test", []).extend(lines(parser.get("options", "tests_require", fallback="")))
    if parser.has_section("options.extras_require"):
        for name, value in parser.items("options.extras_require"):
            out["extras"].setdefault(name, []).extend(lines(value))
    if parser.has_section("options.entry_points"):
        for name, value in parser.items("options.entry_points"):
            entry_lines(name, lines(value))
    for line in lines(parser.get("options", "package_dir", fallback="")):
        prefix, _, folder = line.partition("=")
        if prefix.strip() == "" and folder.strip():
            out["packageFolders"].append(folder.strip())
    where = parser.get("options.packages.find", "where", fallback="")
    out["packageFolders"] += [line for line in lines(where) if line != "."]


def read_setup_py(text):
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        out["unread"].append("setup.py (%s)" % error)
        return
    constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            try:
                constants[node.targets[0].id] = ast.literal_eval(node.value)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                pass

    def value_of(node):
        if isinstance(node, ast.Name) and node.id in constants:
            return constants[node.id]
        return ast.literal_eval(node)

    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if called != "setup":
            continue
        out["installable"] = True
        for keyword in node.keywords:
            if keyword.arg not in ("name", "version", "install_requires", "tests_require", "extras_require", "package_dir", "entry_points"):
                continue
            try:
                value = value_of(keyword.value)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                if keyword.arg in ("install_requires", "extras_require"):
                    out["dynamic"].append("dependencies")
                continue
            if keyword.arg in ("name", "version"):
                if isinstance(value, str):
                    out[keyword.arg] = out[keyword.arg] or value
            elif keyword.arg == "install_requires":
                out["requires"] += lines(value) if isinstance(value, str) else strings(value)
            elif keyword.arg == "tests_require":
                out["extras"].setdefault("test", []).extend(lines(value) if isinstance(value, str) else strings(value))
            elif keyword.arg == "extras_require" and isinstance(value, dict):
                for name, items in value.items():
                    out["extras"].setdefault(name, []).extend(lines(items) if isinstance(items, str) else strings(items))
            elif keyword.arg == "entry_points" and isinstance(value, dict):
                for name, items in value.items():
                    entry_lines(name, lines(items) if isinstance(items, str) else strings(items))
            elif keyword.arg == "package_dir" and isinstance(value, dict) and isinstance(value.get(""), str):
                out["packageFolders"].append(value[""])


def read_toml_lock(name, text):
    """Versions of a lock in TOML, for use as pip constraints; a package locked at several versions is left out."""
    if tomllib is None:
        out["unread"].append(name + " (this Python has no TOML reader)")
        return
    try:
        packages = tomllib.loads(text).get("package") or []
    except Exception as error:
        out["unread"].append("%s (%s)" % (name, error))
        return
    versions = {}
    for package in packages:
        source = package.get("source") or {}
        if "registry" not in source and source.get("type") not in (None, "legacy"):
            continue
        if any(key in source for key in ("editable", "virtual", "git", "path", "directory", "url")) and "registry" not in source:
            continue
        if isinstance(package.get("name"), str) and isinstance(package.get("version"), str):
            versions.setdefault(package["name"], set()).add(package["version"])
    out["locked"] = ["%s==%s" % (n, next(iter(v))) for n, v in sorted(versions.items()) if len(v) == 1]
    out["lockName"] = name


def main():
    files = json.load(sys.stdin)
    if files.get("pyproject.toml"):
        read_pyproject(files["pyproject.toml"])
    if files.get("setup.cfg"):
        read_setup_cfg(files["setup.cfg"])
    if files.get("setup.py"):
        read_setup_py(files["setup.py"])
    for lock in ("poetry.lock", "uv.lock", "pdm.lock"):
        if files.get(lock):
            read_toml_lock(lock, files[lock])
            break
    if not isinstance(out["name"], str):
        out["name"] = None
    if not isinstance(out["version"], str):
        out["version"] = None
    json.dump(out, sys.stdout)


main()
