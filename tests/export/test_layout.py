"""The layout of scripts: what ruff would leave as it is, and no room for hostile text."""

import ast
import subprocess
import sys
from dataclasses import replace

import pytest

import lossviz as lv
from lossviz import registry
from lossviz.comparison import Contender
from lossviz.course.presets import PRESETS
from lossviz.export import missing_in, script_of
from lossviz.export.layout import block, imports, split
from tests.export.scripts import at_random


def contenders():
    return tuple(
        Contender(e.name, _allowed(e), schedule="one_cycle", schedule_params={"warmup": 7})
        for e in registry.optimizers
        if e.code is not None
    )


def _allowed(entry):
    params = at_random(entry.params, seed=5)
    return {
        name: {"dampening": 0.0, "step_max": 50.0}.get(name, value)
        for name, value in params.items()
    }


def long_ones():
    """Settings whose scripts have the longest lines."""
    racing = contenders()
    eights = [racing[first : first + 8] for first in range(0, len(racing), 8)]
    for chosen in (*eights, racing[:1], racing[-1:]):
        yield lv.Comparison(contenders=chosen)
        yield lv.Comparison(
            contenders=tuple(replace(c, schedule="constant", schedule_params={}) for c in chosen)
        )
    for entry in registry.datasets:
        params = at_random(entry.params, seed=1)
        loss = (
            "cross_entropy" if entry.shape(entry.complete(params)).task != "regression" else "mse"
        )
        model = "transformer" if entry.shape(entry.complete(params)).kind == "tokens" else "mlp"
        yield lv.Experiment(
            dataset=entry.name, dataset_params=params, loss=loss, model=model, batch_size=7,
            init="kaiming_normal", bias_init="constant",
        )  # fmt: skip
    for entry in registry.functions:
        yield lv.Course(entry.name, at_random(entry.params, 2), sigma=0.1)
        yield lv.Course(entry.name, fan="grid", fair=True, sigma=0.1)
    yield lv.Course(
        "formula", {"text": " + ".join(f"|x - {k}|^0.5*max(x, {k}y)" for k in range(6))}
    )
    yield from (preset.settings for preset in PRESETS)


def test_scripts_are_formatted_and_without_a_fault(tmp_path):
    # F841: what a copied function says of its columns is left out with the table.
    # What is not complete uses names that nothing sets.
    complete = [one for one in long_ones() if not missing_in(one)]
    assert len(complete) > 60
    for number, one in enumerate(complete):
        (tmp_path / f"script{number}.py").write_text(script_of(one), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    common = ["--isolated", "--no-cache", "--line-length", "100", str(tmp_path)]
    for command in (
        ["format", "--diff"],
        ["check", "--select", "E,F,I,W", "--ignore", "E501,F841"],
    ):
        done = subprocess.run([*ruff, *command, *common], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_docstring_has_the_settings_of_the_link():
    course = lv.Course("ravine", {"condition": 30.0}, steps=77)
    told = ast.get_docstring(ast.parse(script_of(course)))
    assert told is not None
    assert "function=ravine(condition=30.0)" in told
    for name, value in course.to_url().items():
        assert f"{name}={value}" in told


def test_imports_in_order():
    lines = [
        "import torch",
        "from torch import nn",
        "import math",
        "from a import b, C",
        "import math",
    ]
    assert imports([*lines[:-2], "from torch import Tensor"]).splitlines() == [
        "import math", "", "import torch", "from torch import Tensor, nn",
    ]  # fmt: skip


def test_long_lines_are_broken_at_their_last_bracket():
    wide = "value = first(1)(" + ", ".join(f"argument{k}" for k in range(8)) + ")"
    assert block(wide).splitlines() == [
        "value = first(1)(",
        "    " + ", ".join(f"argument{k}" for k in range(8)),
        ")",
    ]
    wider = "value = first(" + ", ".join(f"argument{k}" for k in range(12)) + ")"
    assert block(wider, 1).splitlines()[1] == "        argument0,"


def test_commas_in_brackets_and_in_strings_do_not_split():
    assert split('a, (b, c), "d, e", f[g, h]') == ["a", "(b, c)", '"d, e"', "f[g, h]"]


# --- hostile settings --------------------------------------------------------------------------

HOSTILE = (
    '"""\nimport os; os.abort()\n"""',
    "__import__('os').abort()",
    "x); import os; os.abort() #",
    'x\\"""; raise SystemExit',
    "x\u2028import os",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_formula_never_reaches_a_script(text):
    with pytest.raises(lv.SettingError):
        lv.Course("formula", {"text": text})
    # And through a link, where it is repaired.
    course, problems = lv.Course.nearest_from_url({"function": f"formula(text={text})"})
    assert problems
    assert "import os" not in script_of(course)
    assert "abort" not in script_of(course)


@pytest.mark.parametrize("text", ["x^2 # y", "x + 1e999", "x;y", "lambda: x", "x if y else x"])
def test_what_is_code_in_python_alone_is_no_formula(text):
    with pytest.raises(lv.SettingError):
        script_of(lv.Course("formula", {"text": text}))


def test_texts_in_the_docstring_cannot_end_it(monkeypatch):
    class Told(lv.Course):
        def to_url(self):
            return {"v": '1"""\nraise SystemExit\n"""\\'}

    tree = ast.parse(script_of(Told()))
    assert not any(isinstance(node, ast.Raise) for node in ast.walk(tree))
    assert "v=1%22%22%22%0Araise SystemExit%0A%22%22%22%5C" in (ast.get_docstring(tree) or "")


def test_a_title_is_no_code_either(monkeypatch):
    bad = '"""\nraise SystemExit(1)\n#'
    entry = replace(registry.optimizers["sgd"], name="bad", title=bad)
    monkeypatch.setitem(registry.optimizers._entries, "bad", entry)
    script = script_of(lv.Course(contenders=(Contender("bad"),)))
    raised = [n for n in ast.walk(ast.parse(script)) if isinstance(n, ast.Raise)]
    assert not raised


def test_numbers_are_written_to_the_last_digit():
    course = lv.Course(
        "ravine", start=(0.1 + 0.2, -1e-300), contenders=(Contender("sgd", {"lr": 1 / 3}),)
    )
    script = script_of(course)
    assert "STARTS = [(0.30000000000000004, -1e-300)]" in script
    assert "lr=0.3333333333333333)" in script
