"""Which store the environment asks for, and what its version depends on."""

import sys
from pathlib import Path

import pytest

import lossviz
from lossviz import engine
from lossviz.engine import disk


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSVIZ_CACHE", str(tmp_path))
    return tmp_path


def test_tests_keep_nothing():
    assert disk.current_store() is None
    assert not engine.keep("a", 1)
    assert engine.recall("a") is None
    assert engine.kept("a", pow, 2, 3) == 8


def test_what_was_computed_is_kept(cache):
    asked = []

    def compute(value):
        asked.append(value)
        return value

    assert [engine.kept("three", compute, 3) for _ in range(3)] == [3, 3, 3]
    assert asked == [3]
    assert engine.recall("three") == 3
    assert [engine.kept("nothing", compute, None) for _ in range(2)] == [None, None]
    assert asked == [3, None, None]
    assert len(list(cache.iterdir())) == 1


def test_it_can_be_switched_off(cache, monkeypatch):
    for name, value in (("LOSSVIZ_CACHE", "Off "), ("LOSSVIZ_CACHE_MB", "0")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert disk.current_store() is None
    assert disk.current_store() is not None


@pytest.mark.parametrize(
    ("text", "mebibytes"),
    [("", 512), ("64", 64), (" 0.5", 0.5), ("much", 512), ("-1", 512), ("inf", 512), ("nan", 512)],
)
def test_the_bound(cache, monkeypatch, caplog, text: str, mebibytes: float):
    disk._store.cache_clear()
    monkeypatch.setenv("LOSSVIZ_CACHE_MB", text)
    assert disk.current_store().most_bytes == mebibytes * 2**20
    told = "must be a number of MiB" in caplog.text
    assert told == (text not in ("", "64", " 0.5"))


@pytest.mark.parametrize(
    ("platform", "name", "value", "folder"),
    [
        ("linux", "XDG_CACHE_HOME", "/caches", "/caches/lossviz"),
        ("linux", "XDG_CACHE_HOME", "relative", "/home/me/.cache/lossviz"),
        ("linux", "XDG_CACHE_HOME", "", "/home/me/.cache/lossviz"),
        ("darwin", "XDG_CACHE_HOME", "/caches", "/home/me/Library/Caches/lossviz"),
        ("win32", "LOCALAPPDATA", "/local", "/local/lossviz"),
        ("win32", "LOCALAPPDATA", "", "/home/me/AppData/Local/lossviz"),
    ],
)
def test_the_usual_folder(monkeypatch, platform: str, name: str, value: str, folder: str):
    monkeypatch.setattr(Path, "home", lambda: Path("/home/me"))
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(name, value)
    assert disk.usual_folder() == Path(folder)
    monkeypatch.setenv("LOSSVIZ_CACHE", "")
    disk._store.cache_clear()
    assert disk.current_store().folder == Path(folder)
    disk._store.cache_clear()


def test_without_a_home_nothing_is_kept(monkeypatch, caplog):
    def nowhere():
        raise RuntimeError("no home")

    disk._store.cache_clear()
    monkeypatch.setattr(disk, "usual_folder", nowhere)
    monkeypatch.setenv("LOSSVIZ_CACHE", "")
    assert disk.current_store() is None
    assert "name one with LOSSVIZ_CACHE" in caplog.text
    disk._store.cache_clear()


def test_the_version_is_that_of_sources_packages_and_additions(tmp_path, monkeypatch):
    names = {str(path) for path in disk._sources()}
    assert any(name.endswith("surface/losses.py") for name in names)
    assert any(name.endswith("four_books.txt") for name in names)
    assert not any("/lossviz/ui/" in name or "/lossviz/figures/" in name for name in names)
    assert "torch 2." in disk.VERSION

    package, additions = tmp_path / "lossviz", tmp_path / "additions"
    for folder in (package / "surface", package / "ui", additions):
        folder.mkdir(parents=True)
    monkeypatch.setattr(lossviz, "__file__", str(package / "__init__.py"))
    monkeypatch.setenv("LOSSVIZ_CONTRIB", str(additions))
    seen = [disk._version()]
    for file in (package / "surface" / "a.py", package / "words.txt", additions / "own.py"):
        for text in ("one", "two"):
            file.write_text(text)
            seen.append(disk._version())
            assert disk._version() == seen[-1]
    assert len(set(seen)) == 7
    (package / "ui" / "page.py").write_text("only shows")
    (additions / "notes.md").write_text("is no code")
    assert disk._version() == seen[-1]


def test_sources_that_cannot_be_read_switch_it_off(cache, monkeypatch, caplog):
    def refuse(self):
        raise OSError("an archive")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        assert disk._version_or_none() is None
    assert "an archive" in caplog.text
    disk._store.cache_clear()
    monkeypatch.setattr(disk, "VERSION", None)
    assert disk.current_store() is None
    disk._store.cache_clear()


def test_packages_that_are_not_there_have_no_version():
    assert disk._version_of("no-such-package-at-all") == "none"
