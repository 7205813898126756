"""The rooms import each other in one direction only, and each may use only certain packages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lossviz"

#: Which rooms a room may import from. `registry` is at the bottom, the pages at the top.
MAY_IMPORT: dict[str, set[str]] = {
    "registry": set(),
    "settings": {"registry"},
    "comparison": {"registry", "settings"},
    "problem": {"registry", "settings"},
    "run": {"registry", "settings", "problem"},
    "plane": {"registry", "problem", "run", "curvature"},
    "surface": {"problem", "run", "plane"},
    "curvature": {"registry", "problem", "run"},
    "connect": {"registry", "problem", "run", "plane", "surface"},
    "course": {
        "registry", "settings", "comparison", "problem", "run", "plane", "surface", "curvature",
    },
    "datalab": {"registry", "settings", "problem", "run", "plane", "surface", "curvature"},
    "export": {"registry", "settings", "comparison", "course", "problem", "run"},
    "engine": {
        "registry", "settings", "problem", "run", "plane", "surface", "curvature", "connect",
    },
    "figures": {
        "registry", "problem", "run", "plane", "surface", "curvature", "connect", "checkup",
    },
    "picture": {
        "registry", "comparison", "settings", "problem", "run", "plane", "surface", "curvature",
    },
    "losslab": {"registry", "settings", "problem"},
    "checkup": {"registry", "settings", "problem", "run", "plane", "surface"},
    "contrib": {"registry", "problem", "run"},
    "survey": {
        "registry", "settings", "comparison", "picture", "problem", "run", "plane", "surface",
        "curvature", "connect",
    },
    "testing": {"registry", "problem", "run"},
    "ui": {
        "registry", "settings", "comparison", "problem", "run", "plane", "surface", "engine",
        "figures", "picture", "course", "curvature", "connect", "survey", "export",
        "checkup", "datalab", "losslab",
    },
}  # fmt: skip

#: Packages that only some rooms may import.
ONLY_IN: dict[str, set[str]] = {
    "streamlit": {"ui"},
    "starlette": {"ui"},
    "plotly": {"figures"},
    "safetensors": {"run", "engine"},
}


def room_of(file: Path) -> str:
    part = file.relative_to(PACKAGE).parts[0]
    return part.removesuffix(".py")


def nodes_of(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker sees."""
    for child in ast.iter_child_nodes(tree):
        if not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield child
            yield from nodes_of(child)


def imports_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


FILES = sorted(f for f in PACKAGE.rglob("*.py") if f != PACKAGE / "__init__.py")


def target_of(name: str) -> str:
    """The room that an import leads to; "" for the package itself and for any other package."""
    package, _, rest = name.partition(".")
    target = rest.partition(".")[0]
    there = (PACKAGE / target).exists() | (PACKAGE / f"{target}.py").exists()
    return target if package == "lossviz" and there else ""


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_imports_follow_the_arrows(file: Path):
    room = room_of(file)
    assert room in MAY_IMPORT, f"{room} is a new room: say here what it may import"
    for name in imports_of(file):
        package = name.partition(".")[0]
        assert room in ONLY_IN.get(package, {room}), f"{file} imports {package}"
        allowed = MAY_IMPORT[room] | {room, ""}
        target = target_of(name)
        assert target in allowed, f"{file} imports {name}: {room} may use {sorted(allowed)}"


def test_no_arrow_is_there_for_nothing():
    used: dict[str, set[str]] = {room: {""} for room in MAY_IMPORT}
    for file in FILES:
        used[room_of(file)] |= {target_of(name) for name in imports_of(file)}
    for room, allowed in MAY_IMPORT.items():
        assert not allowed - used[room], f"{room} imports none of these"


def test_the_library_imports_without_streamlit():
    import subprocess
    import sys

    code = (
        "import sys; sys.modules['streamlit'] = None\n"
        "import lossviz as lv\n"
        "assert lv.train(lv.Experiment(steps=2)).loss.shape == (3,)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_no_room_depends_on_itself_through_another():
    done: set[str] = set()

    def visit(room: str, path: tuple[str, ...]) -> None:
        assert room not in path, " -> ".join((*path, room))
        if room not in done:
            for target in MAY_IMPORT[room]:
                visit(target, (*path, room))
            done.add(room)

    for room in MAY_IMPORT:
        visit(room, ())


def test_no_file_depends_on_itself_through_others():
    """Imports within functions count too: a circle that is put off is one all the same."""
    files = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in FILES}
    files = {name.removesuffix(".__init__"): file for name, file in files.items()}
    done: set[str] = set()

    def needs(name: str) -> Iterator[str]:
        tree = ast.parse(files[name].read_text(encoding="utf-8"))
        for node in nodes_of(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names if alias.name in files)
            elif isinstance(node, ast.ImportFrom):
                # What is imported from a package is one of its files, or stands in its __init__.
                found = (f"{node.module}.{alias.name}" for alias in node.names)
                yield from {one if one in files else str(node.module) for one in found} & set(files)

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path, name))
        if name not in done:
            for target in needs(name):
                visit(target, (*path, name))
            done.add(name)

    for name in files:
        visit(name, ())
