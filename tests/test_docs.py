"""The documents tell the truth: examples run, links lead somewhere, numbers come out."""

import re
from pathlib import Path

import pytest

import lossviz as lv
from lossviz import registry

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
NAMES = ("first-five-minutes", "how-to-choose")
#: Those whose examples are read one after the other; add-your-own.md has a test of its own.
READ = [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in NAMES)]


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


@pytest.mark.parametrize("document", READ, ids=lambda d: d.name)
def test_examples_run_and_print_what_is_said(document: Path, capsys):
    blocks = re.findall(r"```python\n(.*?)```", text_of(document), re.DOTALL)
    assert blocks, f"{document.name} has no example"
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(document), "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    said = [
        line
        for sentence in re.findall(r"\bprints (`.*?`)\.", text_of(document), re.DOTALL)
        for line in re.findall(r"`([^`]+)`", sentence)
    ]
    if document.name != "README.md":
        assert said
        assert printed == said


def test_every_document_with_examples_is_read():
    with_examples = {document for document in DOCUMENTS if "```python" in text_of(document)}
    assert with_examples == {*READ, ROOT / "docs" / "add-your-own.md"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_links_lead_somewhere(document: Path):
    for target in re.findall(r"\]\(([^)#\s]+)", text_of(document)):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_readme_leads_to_every_document():
    targets = set(re.findall(r"\]\(([^)#\s]+)", text_of(ROOT / "README.md")))
    assert {f"docs/{document.name}" for document in ROOT.glob("docs/*.md")} <= targets


def test_the_readme_has_exactly_two_commands_that_set_up_everything():
    blocks = re.findall(r"```\n(.*?)```", text_of(ROOT / "README.md"), re.DOTALL)
    commands = [line.split("#")[0].strip() for line in blocks[0].splitlines() if line.strip()]
    assert commands == ["make run", "make test"]


def test_what_is_recommended_is_in_the_lists_under_that_name():
    catalogues = (registry.losses, registry.optimizers, registry.schedules, registry.initialisers)
    titles = {entry.name: entry.title for catalogue in catalogues for entry in catalogue}
    named = re.findall(r"\*\*([^*]+)\*\* \(`(\w+)`\)", text_of(ROOT / "docs" / "how-to-choose.md"))
    assert len(named) > 10
    for title, name in named:
        assert titles[name] == title


def test_a_larger_learning_rate_does_what_the_documents_say():
    """With cross-entropy it never diverges; with the squared error 1 is too much."""

    def ended(lr: float, **settings: str) -> lv.Run:
        return lv.train(lv.Experiment(params={"lr": lr}, **settings))

    finals = [float(ended(lr).loss[-1]) for lr in (0.5, 1.0, 2.0)]
    assert finals == sorted(finals, reverse=True)
    start = float(ended(0.5).loss[0])
    assert ended(5.0).loss.max() > 5 * start
    wild = ended(10.0)
    assert wild.status.kind == "finished"
    assert wild.loss[-1] > start
    assert ended(0.5, loss="mse").status.kind == "finished"
    assert ended(1.0, loss="mse").status.kind == "diverged"
