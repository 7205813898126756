"""Sequences and characters: their formulas, and honest splits."""

import numpy as np
import pytest

import lossviz as lv
from lossviz import testing
from lossviz.problem import build
from lossviz.problem.build import build_data, scaled
from lossviz.problem.datasets.characters import ALPHABET, TEXT, tokens
from lossviz.problem.datasets.sequences import FREQUENCIES
from lossviz.registry import Shape, datasets


def table(name, seed=0, **params):
    entry = datasets[name]
    return entry.make(np.random.default_rng(seed), **entry.complete(params))


@pytest.mark.parametrize("name", ["waves", "adding", "parity", "characters"])
def test_the_contract(name):
    testing.check(datasets[name])


def test_waves_go_on_as_their_formula_says():
    found = table("waves", samples=20, length=30, noise=0)
    for row, target in zip(found.inputs, found.targets, strict=True):
        # The phases are found by least squares; then the next value must follow.
        angles = FREQUENCIES * np.arange(31)[:, None]
        waves = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
        parts, *_ = np.linalg.lstsq(waves[:30], row, rcond=None)
        np.testing.assert_allclose(waves[30] @ parts, target, atol=1e-8)
        np.testing.assert_allclose(np.hypot(parts[:3], parts[3:]), 1, atol=1e-8)


def test_noise_is_on_what_is_seen_alone():
    plain, noisy = table("waves", samples=500, noise=0), table("waves", samples=500, noise=0.3)
    assert (noisy.inputs - plain.inputs).std() == pytest.approx(0.3, rel=0.05)
    np.testing.assert_array_equal(noisy.targets, plain.targets)


def test_the_marked_numbers_add_up():
    found = table("adding", samples=300, length=7)
    values, marks = found.inputs.reshape(300, 7, 2).transpose(2, 0, 1)
    assert set(np.unique(marks)) == {0, 1}
    assert (marks[:, :3].sum(1) == 1).all()
    assert (marks[:, 3:].sum(1) == 1).all()
    np.testing.assert_allclose((values * marks).sum(1), found.targets)
    assert found.feature_names[:3] == ("value 0", "mark 0", "value 1")


def test_parity_counts_the_ones():
    found = table("parity", samples=301, length=5)
    np.testing.assert_array_equal((found.inputs == 1).sum(1) % 2, found.targets)
    assert set(np.unique(found.inputs)) == {-1, 1}
    assert found.targets.sum() == 150
    assert len(np.unique(found.inputs, axis=0)) == 32


# --- characters ----------------------------------------------------------------------------------


def test_the_text_is_small_english_and_whole():
    text = TEXT.read_text("utf-8")
    assert 60_000 < len(text) < 120_000
    # The verses of Ruth, Esther, Ecclesiastes and Jonah.
    assert text.count("\n") == 85 + 167 + 222 + 48
    assert "Vanity of vanities, saith the Preacher, vanity of vanities; all is vanity." in text
    assert tokens().min() == 0
    assert tokens().max() == len(ALPHABET) - 1 == 26
    assert not ((tokens()[1:] == 0) & (tokens()[:-1] == 0)).any()


@pytest.mark.parametrize("context", [4, 16, 64])
def test_windows_are_of_the_text_and_share_no_place(context):
    found = table("characters", samples=800, context=context)
    assert found.inputs.shape == (800, context)
    text = "".join(ALPHABET[token] for token in tokens())
    place = 0
    for row, target in zip(found.inputs.astype(int), found.targets, strict=True):
        window = "".join(ALPHABET[token] for token in [*row, target])
        # They stand in the order of the text, each after the end of the one before.
        place = text.index(window, place) + context + 1
    assert (np.bincount(found.targets, minlength=27) >= 2).all()


def test_common_characters_are_common():
    counts = np.bincount(table("characters", samples=800, context=4).targets, minlength=27)
    expected = np.bincount(tokens(), minlength=27) / len(tokens()) * 800
    assert abs(counts[0] - expected[0]) < 40
    assert counts[ALPHABET.index("e")] > counts[ALPHABET.index("q")] * 4


@pytest.mark.parametrize("scaling", ["standard", "unit", "robust", "none"])
def test_tokens_are_never_scaled(scaling):
    exp = lv.Experiment(dataset="characters", model="transformer", scaling=scaling)
    data = build_data(exp)
    assert data.inputs.min() == 0
    assert data.inputs.max() == 26
    assert (data.inputs == data.inputs.round()).all()
    assert data.shape.kind == "tokens"
    assert build(exp).loss(build(exp).params0).isfinite()


def test_all_steps_of_a_sequence_have_one_scaling():
    rng = np.random.default_rng(0)
    rows = rng.normal(3, 2, (50, 6)) * [1, 10, 1, 10, 1, 10]
    shape = Shape("regression", 6, 0, "sequence", (3, 2))
    found = scaled(rows, np.arange(30), "standard", shape).reshape(50, 3, 2)
    np.testing.assert_allclose(found[:30].mean((0, 1)), 0, atol=1e-12)
    np.testing.assert_allclose(found[:30].std((0, 1)), 1)
    per_step = found[:30].mean(0)
    assert np.abs(per_step).max() > 1e-3
    plain = scaled(rows, np.arange(30), "standard", Shape("regression", 6, 0))
    np.testing.assert_allclose(plain[:30].mean(0), 0, atol=1e-12)


def test_digits_are_images():
    assert datasets["digits"].shape({}) == Shape("classification", 64, 10, "image", (8, 8))
    assert datasets["iris"].shape({}).kind == "features"
