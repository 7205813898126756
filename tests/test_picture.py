"""From settings to all that a picture shows: every fitting choice, and what each record holds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
import torch

from lossviz import picture, registry
from lossviz.comparison import Comparison, Contender
from lossviz.figures import color_range
from lossviz.registry import SettingError
from lossviz.settings import Experiment
from lossviz.surface import evaluate
from lossviz.ui import scene
from lossviz.ui.predictions import panel
from lossviz.ui.stage.message import scene_message
from lossviz.ui.stage.pack import unpack


def bases() -> Iterator[Experiment]:
    """Every data set with the losses that are first for it, and each other loss with one of them.

    On models that differ.
    """
    first = {"cross_entropy", "bce_with_logits", "mse"}
    seen: set[tuple[str, int, str]] = set()
    for dataset in registry.datasets.names():
        shape = registry.datasets[dataset].shape(registry.datasets[dataset].defaults())
        for entry in registry.losses:
            for model in ("linear", "mlp", "transformer"):
                kind = (entry.name, min(shape.classes, 3), model)
                if entry.name not in first and kind in seen:
                    continue
                scaling = (entry.scalings or ("standard",))[0]
                with suppress(SettingError):
                    yield Experiment(
                        dataset=dataset, loss=entry.name, model=model, steps=3, scaling=scaling
                    )
                    seen.add(kind)


def drawn(comparison: Comparison, points: int = 5) -> tuple[bytes, picture.Slice]:
    """The whole way, as the page takes it."""
    runs = picture.race_of(comparison)
    cut = picture.slice_of(comparison, runs)
    surface = picture.surface_on(comparison, cut, points)
    seen = panel(
        "A", picture.predictions_of(comparison, runs[0]), picture.shared_problem(comparison).data
    )
    colors = color_range(np.asarray(surface.loss), [t.loss for t in cut.tracks], comparison.log)
    return scene_message(scene.scene_of(comparison, runs, cut, surface, seen, colors, "light")), cut


def test_bases_are_many() -> None:
    found = list(bases())
    assert {b.dataset for b in found} == set(registry.datasets.names())
    assert {b.loss for b in found} == set(registry.losses.names())


@pytest.mark.parametrize("base", list(bases()), ids=lambda b: f"{b.dataset}-{b.loss}-{b.model}")
def test_every_data_set_and_every_loss_has_a_picture(base: Experiment) -> None:
    header, arrays = unpack(drawn(Comparison(base=base))[0])
    assert np.isfinite(arrays[".surface.z"]).all()
    assert arrays[".surface.z"].shape == (5, 5)
    assert header["planned"] == 3
    assert header["predictions"] or header["predictionsNote"]


def first_fit(model: str) -> Experiment:
    """A short experiment with the first data set, and the first loss, that go with a model."""
    for dataset, loss in itertools.product(registry.datasets.names(), registry.losses.names()):
        with suppress(SettingError):
            return Experiment(dataset=dataset, model=model, loss=loss, steps=3)
    raise AssertionError(f"Nothing goes with the model {model!r}.")


@pytest.mark.parametrize("model", registry.models.names())
def test_every_model_has_a_picture(model: str) -> None:
    base = first_fit(model)
    header, _ = unpack(drawn(Comparison(base=base).fitting())[0])
    assert len(header["paths"]) == 2


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("plane", ["pca", "random", "hessian"])
def test_a_head_that_lies_in_the_plane_is_as_high_as_the_surface(plane: str, split: str) -> None:
    comparison = Comparison(base=Experiment(steps=20), plane=plane, split=split)
    runs = picture.race_of(comparison)
    cut = picture.slice_of(comparison, runs)
    problem = picture.shared_problem(comparison)
    for track in cut.tracks:
        x, y = track.coords[-1]
        here = evaluate(problem, cut.plane, [x], [y], split)  # type: ignore[arg-type]
        assert track.slice_loss[-1] == pytest.approx(float(here.loss[0, 0]), rel=1e-4)


CONVOLUTIONS = {"model": "cnn", "model_params": {"depth": 1, "width": 4, "batch_norm": True}}


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("settings", [CONVOLUTIONS, {"l2": 0.1, "l1": 0.01}, {}], ids=str)
def test_what_lies_in_the_plane_has_no_other_loss_than_the_slice(settings, split: str) -> None:
    # Two steps lie in one plane, so nothing is left out; all else would be another function.
    data = {"dataset": "digits", "dtype": "float64"}
    contenders = (Contender("sgd", {"lr": 0.1}),)
    base = Experiment(steps=2, **data, **settings)
    comparison = Comparison(base=base, contenders=contenders, split=split)
    (track,) = picture.slice_of(comparison, picture.race_of(comparison)).tracks
    assert track.residual.max() < 1e-9
    np.testing.assert_allclose(track.loss, track.slice_loss, rtol=1e-9)


def test_the_surface_has_its_first_axis_along_x() -> None:
    comparison = Comparison(base=Experiment(steps=5))
    cut = picture.slice_of(comparison, picture.race_of(comparison))
    surface = picture.surface_on(comparison, cut, 3)
    (x0, x1), (y0, y1) = cut.window
    assert (surface.x[0], surface.x[-1]) == (pytest.approx(x0), pytest.approx(x1))
    assert (surface.y[0], surface.y[-1]) == (pytest.approx(y0), pytest.approx(y1))
    corner = evaluate(picture.shared_problem(comparison), cut.plane, [x1], [y0])
    assert float(surface.loss[0, -1]) == pytest.approx(float(corner.loss[0, 0]), rel=1e-5)


def test_a_track_goes_on_where_another_ended() -> None:
    comparison = Comparison(base=Experiment(steps=30))
    runs = picture.race_of(comparison)
    cut = picture.slice_of(comparison, runs)
    rest = picture.track_of(comparison, cut.plane, runs[0], after=20)
    assert rest.steps.tolist() == list(range(21, 31))
    assert np.allclose(rest.coords, cut.tracks[0].coords[21:])


def test_from_a_start_on_the_plane_everybody_begins_there() -> None:
    comparison = Comparison(base=Experiment(steps=10))
    cut = picture.slice_of(comparison, picture.race_of(comparison))
    start = cut.plane.space.flatten(cut.plane.at(0.5, -0.25))
    runs = picture.race_of(replace(comparison, start=(0.5, -0.25)), start)
    again = picture.slice_of(comparison, runs, cut.plane)
    for track in again.tracks:
        assert track.coords[0] == pytest.approx((0.5, -0.25), abs=1e-5)
        assert track.residual[0] == pytest.approx(0, abs=1e-5)


def test_a_diverged_run_has_a_picture_of_finite_numbers() -> None:
    comparison = Comparison(
        base=Experiment(dataset="diabetes", loss="mse", model="deep_linear", steps=100),
        contenders=(Contender("sgd", {"lr": 10.0}), Contender("adam", {"lr": 0.01})),
    )
    message, cut = drawn(comparison)
    header, arrays = unpack(message)
    assert header["contenders"][0]["diverged"]
    assert not header["contenders"][1]["diverged"]
    assert np.isfinite(arrays[".surface.x"]).all()
    assert np.isfinite(cut.tracks[1].coords).all()


def test_where_all_diverge_at_once_there_is_a_picture_too() -> None:
    comparison = Comparison(
        base=Experiment(dataset="diabetes", loss="mse", model="deep_linear", steps=50),
        contenders=(Contender("sgd", {"lr": 10.0}),) * 2,
    )
    header, _ = unpack(drawn(comparison)[0])
    assert all(c["diverged"] for c in header["contenders"])


def test_one_step_is_enough_for_a_picture() -> None:
    header, _ = unpack(drawn(Comparison(base=Experiment(steps=1)))[0])
    assert header["planned"] == 1


def test_the_same_settings_give_the_same_bytes() -> None:
    comparison = Comparison(base=Experiment(dataset="wine", batch_size=16, steps=10))
    picture.problem_of.cache_clear()
    first = drawn(comparison)[0]
    picture.problem_of.cache_clear()
    assert drawn(comparison)[0] == first


def test_the_sharpness_along_a_path_is_that_of_dense_hessians() -> None:
    base = Experiment(model_params={"width": 4}, dtype="float64", steps=80)
    comparison = Comparison(base=base, contenders=(Contender("sgd", {"lr": 0.25}),))
    (run,) = picture.race_of(comparison)
    along = picture.sharpness_of(comparison, run)
    assert along.steps[0] == 0
    assert along.steps[-1] == 80
    assert len(along.steps) <= picture.SHARPNESS_FRAMES
    problem = picture.shared_problem(comparison)
    for step, sharpness in list(zip(along.steps, along.sharpness, strict=True))[::10]:
        dense = torch.autograd.functional.hessian(
            lambda theta: problem.stacked_loss(theta[None])[0], run.weights[step]
        )
        assert sharpness == pytest.approx(float(torch.linalg.eigvalsh(dense)[-1]), rel=1e-4)
    assert along.limit == pytest.approx(8.0)
