"""The data sets that lessons rest on, point by point, and the real ones against their source."""

import numpy as np
import pytest
from sklearn import datasets as bundled

from lossviz import testing
from lossviz.problem.datasets.common import labels
from lossviz.registry import Shape, datasets


def table(name, seed=0, **params):
    entry = datasets[name]
    return entry.make(np.random.default_rng(seed), **entry.complete(params))


def test_moons_without_noise_are_scikit_learns():
    points, y = bundled.make_moons(31, shuffle=False)
    found = table("moons", samples=31, noise=0)
    # scikit-learn gives the odd sample to the lower moon, we give it to the upper one.
    assert found.targets.sum() == y.sum() - 1
    points, y = bundled.make_moons(30, shuffle=False)
    found = table("moons", samples=30, noise=0)
    np.testing.assert_allclose(found.inputs, points, atol=1e-15)
    np.testing.assert_array_equal(found.targets, y)


def test_circles_without_noise_are_scikit_learns():
    points, y = bundled.make_circles(30, shuffle=False, factor=0.4)
    found = table("circles", samples=30, noise=0, factor=0.4)
    np.testing.assert_allclose(found.inputs, points, atol=1e-15)
    np.testing.assert_array_equal(found.targets, y)


def test_the_arms_of_the_spirals_are_half_a_turn_apart():
    found = table("spirals", samples=40, noise=0)
    first, second = (found.inputs[found.targets == c] for c in (0, 1))
    np.testing.assert_allclose(first, -second, atol=1e-15)
    assert np.hypot(*first[-1]) == pytest.approx(1)


def test_xor_of_four_samples_is_the_truth_table():
    found = table("xor", samples=4, noise=0)
    assert found.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert found.targets.tolist() == [0, 1, 1, 0]


def test_blobs_lie_around_the_circle():
    found = table("blobs", samples=12, classes=4, noise=0)
    np.testing.assert_allclose(np.hypot(*found.inputs.T), 1)
    np.testing.assert_allclose(found.inputs[found.targets == 1], [[0, 1]] * 3, atol=1e-15)


def test_the_rare_class_has_its_share_and_its_place():
    found = table("rare", samples=2000, share=0.05)
    assert found.targets.sum() == 100
    for c, mean in ((0, -1), (1, 1)):
        values = found.inputs[found.targets == c]
        assert values.mean() == pytest.approx(mean, abs=0.3)
    assert table("rare", samples=10, share=0.01).targets.sum() == 2


def test_outliers_give_the_line_of_the_lesson():
    found = table("outliers")
    np.testing.assert_allclose(found.inputs[:, 0], np.arange(11) / 10)
    np.testing.assert_allclose(found.targets[:10], 2 * np.arange(10) / 10 + 1)
    assert found.targets[10] == 20


def test_the_number_of_outliers():
    assert (table("outliers", outliers=0).targets < 4).all()
    assert (table("outliers", outliers=3).targets == 20).sum() == 3
    assert (table("outliers", samples=3, outliers=10).targets == 20).all()


def test_line_and_sine_are_their_formulas():
    x = np.linspace(0, 1, 9)
    line = table("line", samples=9, noise=0, slope=-1.5, intercept=0.5)
    np.testing.assert_allclose(line.targets, -1.5 * x + 0.5)
    sine = table("sine", samples=9, noise=0, periods=2.0)
    np.testing.assert_allclose(sine.targets, np.sin(4 * np.pi * x))


@pytest.mark.parametrize("name", ["moons", "circles", "spirals", "blobs", "line", "sine"])
def test_noise_has_the_stated_spread_and_the_seed_decides_it(name):
    plain, noisy = table(name, samples=2000, noise=0), table(name, samples=2000, noise=0.3)
    strayed = np.concatenate([(noisy.inputs - plain.inputs).ravel(), noisy.targets - plain.targets])
    assert strayed[strayed != 0].std() == pytest.approx(0.3, rel=0.05)
    other = table(name, seed=1, samples=2000, noise=0.3)
    assert not (
        np.array_equal(noisy.inputs, other.inputs) and np.array_equal(noisy.targets, other.targets)
    )


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_real_data_are_scikit_learns(name):
    options = {"scaled": False} if name == "diabetes" else {}
    source = getattr(bundled, f"load_{name}")(**options)
    entry = datasets[name]
    assert not entry.synthetic
    assert entry.cite
    total = int(entry.param("samples").high)
    found = table(name, samples=total)
    np.testing.assert_array_equal(found.inputs, source.data)
    np.testing.assert_array_equal(found.targets, source.target)
    assert len(source.data) == total


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits"])
def test_a_subset_keeps_the_classes_in_proportion(name):
    whole = table(name, samples=int(datasets[name].param("samples").high))
    part = table(name, samples=100)
    assert len(part.targets) == 100
    expected = np.bincount(whole.targets) / len(whole.targets) * 100
    assert (np.abs(np.bincount(part.targets) - expected) <= 1.01).all()
    rows = {tuple(row) for row in whole.inputs}
    assert all(tuple(row) in rows for row in part.inputs)
    other = table(name, seed=1, samples=100)
    assert not np.array_equal(part.inputs, other.inputs)


def test_a_subset_of_a_regression_is_drawn():
    part = table("diabetes", samples=50)
    assert part.inputs.shape == (50, 10)
    assert not np.array_equal(part.inputs, table("diabetes", seed=1, samples=50).inputs)


@pytest.mark.parametrize(
    ("name", "few", "names"),
    [
        ("iris", "two", ("petal length (cm)", "petal width (cm)")),
        ("wine", "two", ("alcohol", "flavanoids")),
        ("breast_cancer", "two", ("mean radius", "mean texture")),
        ("diabetes", "one", ("bmi",)),
    ],
)
def test_few_features_for_a_picture(name, few, names):
    found = table(name, features=few)
    assert found.feature_names == names
    assert datasets[name].shape({"features": few}).inputs == len(names)


def test_labels_are_as_even_as_can_be():
    assert labels(7, 3).tolist() == [0, 0, 0, 1, 1, 2, 2]


def test_the_moons_come_first_and_every_shape_is_known_without_drawing():
    assert datasets.names()[0] == "moons"
    assert datasets["blobs"].shape({"classes": 5}) == Shape("classification", 2, 5)
    for entry in datasets:
        for params in testing.corners(entry):
            assert isinstance(entry.shape(params), Shape)
