"""What is said and drawn below the stage: the slices in words, the table, spectrum and layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
import streamlit as st

from lossviz import figures, registry
from lossviz.plane import random_walk_shares
from lossviz.plane.hessian import Pick
from lossviz.problem.architecture import LayerRow
from lossviz.run import Run
from lossviz.surface import RandomSlices
from lossviz.survey import Survey, words
from lossviz.survey.ground import layers_of, normalises, problem_of
from lossviz.survey.lines import Lines
from lossviz.survey.spot import Measures
from lossviz.ui.landscape.look import Found, Spot
from lossviz.ui.landscape.scene import Picture, Sight, details
from lossviz.ui.scene import number, percent
from lossviz.ui.style import mode
from lossviz.ui.words import scoreboard

#: A path whose distance from a slice is below this share of its extent lies near to it.
NEAR = 0.1
#: What random slices say that are apart by less than these shares of their rise, and by more.
ALIKE = ((0.2, "one is like another"), (0.5, "they are alike in size, and not in shape"))
CHANCE = "a single one shows chance as well"
#: What a slice along eigenvectors shows.
PICKED: dict[Pick, str] = {
    "top": "the steepest sides of the valley, and no typical slice",
    "top and bottom": "the steepest side of the valley, and the direction that curves least, which "
    "leads down out of a saddle where it is below 0",
    "bottom": "the directions that curve least; below 0 the loss curves downwards there",
}
#: What surfaces of other things than the training loss show.
HEIGHTS = {
    "test_loss": "The surfaces show the loss on the test samples: where a valley of the training "
    "loss is none here, the network fits what does not repeat.",
    "train_accuracy": "The surfaces show the accuracy on the training samples: level where the "
    "loss may still fall, with a step wherever a single sample changes sides.",
    "test_accuracy": "The surfaces show the accuracy on the test samples: level where the loss "
    "may still fall, with a step wherever a single sample changes sides.",
}
#: What batch normalisation uses on them.
NORMALISED = {
    "batch": "Batch normalisation takes the means and spreads of the samples at every point, as "
    "training does; the table and the curves of the loss are of networks as one would use them.",
    "recomputed": "Batch normalisation takes the means and spreads that all training samples have "
    "at each point: each is a network as one would use it.",
    "frozen": "Batch normalisation takes the means and spreads that A's run left behind: they fit "
    "where A ends, and what rises away from there may do so for them alone. The table and the "
    "curves of the loss are of networks as one would use them.",
}
#: The last point of a path that was measured.
SPOT = "ls.spot"


def say(found: Found) -> None:
    """The slices in words, and the table of the runs."""
    for sentence in sentences(found.sight):
        st.caption(sentence)
    if found.sight.runs:
        rows, score = table(found.sight)
        titles = {name: name for name in ("train loss", "test loss", score)}
        titles["steps to target"] = f"steps to target {found.survey.target:g}"
        scoreboard(rows, titles)


def say_more(found: Found) -> None:
    """1-D slices, random slices compared, one point of a path, and the layers of the networks."""
    if found.lines is not None:
        _say_lines(found.lines, found.survey.log)
    if found.spread is not None:
        st.markdown("#### Random slices compared")
        st.caption(about_spread(found.spread))
        figure = figures.spread(found.spread, found.survey.log, mode())
        st.plotly_chart(figure, key="ls.figure.spread", config={"displayModeBar": False})
    if found.spot is not None:
        _say_spot(found.spot)
    with st.expander("Layers of the network" + ("s" if found.survey.other else "")):
        columns = st.columns(2)
        for second in (False, True)[: found.survey.networks]:
            with columns[second]:
                _say_layers(found.survey, second)


# --- slices ------------------------------------------------------------------------------------


def sentences(sight: Sight) -> Iterator[str]:
    """A sentence for each picture: what it shows, what it leaves out, how to read it."""
    heights = about_heights(sight.survey)
    if heights:
        yield heights
    for picture in sight.pictures:
        if picture.cut is None:
            continue
        title = words.title(sight.survey, picture.view, picture.second)
        yield f"**{title}.** {about(picture)} {left_out(picture)}"
    if sight.sharpness:
        yield about_sharpness(any(one.scaled is not None for one in sight.sharpness.values()))


def about_heights(survey: Survey) -> str:
    """What the surfaces are of, where that is not just the training loss; else "".

    >>> about_heights(Survey(layer="train_accuracy")).partition(":")[0]
    'The surfaces show the accuracy on the training samples'
    """
    networks = (False, True)[: survey.networks]
    said = [HEIGHTS.get(survey.layer, "")]
    if any(normalises(survey.model(second)) for second in networks):
        said.append(NORMALISED[survey.statistics])
    return " ".join(filter(None, said))


def about_sharpness(scaled: bool) -> str:
    """How to read the tabs of sharpness."""
    said = (
        "**Sharpness.** The largest curvature along each path, and thin what its optimizer stands: "
        "below that line steps along the sharpest direction shrink, above it they grow. A path "
        "that climbs to its line and stays there is at the edge of stability."
    )
    if scaled:
        said += (
            " Adam has a line only where curvature is measured as it scales the weights, in the "
            "tab beside."
        )
    return said


def about(picture: Picture) -> str:
    """What a slice shows."""
    assert picture.cut is not None
    plane = picture.cut.plane
    if plane.kind == "pca":
        frames = max(len(track.steps) for track in picture.cut.tracks.values())
        first, second = plane.info["explained"]
        walks = len(picture.cut.tracks)
        chance = random_walk_shares(max(3, frames), plane.space.size, walks)
        who = "a random walk" if walks == 1 else f"{walks} random walks"
        return (
            f"It explains {first:.0%} + {second:.0%} of the paths' variance; {who} of this length "
            f"in {plane.space.size:,} dimensions {chance[0]:.0%} + {chance[1]:.0%}, so that a high "
            "share alone proves little."
        )
    if plane.kind == "random":
        return "What the loss looks like in a typical direction; the path is nearly a point here."
    if plane.kind == "preconditioned":
        high, low = plane.info["eigenvalues"]
        return (
            f"In Adam's own coordinates the loss curves by {high:.4g} and {low:.4g}: what is "
            "narrow here is narrow to Adam."
        )
    if plane.kind == "hessian":
        first, second = plane.info["eigenvalues"]
        return about_curvature(first, second, plane.info["pick"])
    if plane.kind == "start-end":
        return "The straight way from start to end lies at height 0; the path bows out of it."
    return "The loss between these points, which lie in the picture exactly."


def about_curvature(first: float, second: float, pick: Pick) -> str:
    """What a slice along two eigenvectors shows, of which eigenvalues they are."""
    bound = ""
    if pick != "bottom" and first > 0:
        bound = f" Plain descent is stable up to a rate of {2 / first:.3g}."
    return f"Curvatures {first:.3g} and {second:.3g}: {PICKED[pick]}.{bound}"


def left_out(picture: Picture) -> str:
    """How far the paths are from a slice, and how much the loss on it differs from the true one."""
    assert picture.cut is not None
    tracks = picture.cut.tracks.values()
    largest = max((float(np.nanmax(t.residual, initial=0.0)) for t in tracks), default=0.0)
    extent = max((extent_of(t.coords) for t in tracks), default=0.0)
    gaps = [
        float(np.nanmax(np.abs(t.loss - t.slice_loss), initial=0.0)) for t in tracks if len(t.loss)
    ]
    if largest < NEAR * extent:
        reading = "close to what the optimizers saw"
    else:
        reading = "not what the optimizers saw: compare true and slice loss in the tab above"
    return (
        f"The paths span {extent:.3g} and leave the slice by up to {largest:.3g}; under them the "
        f"slice is off by up to {max(gaps, default=0.0):.3g}: {reading}."
    )


def extent_of(coords: np.ndarray) -> float:
    """The longer side of the box around points (T, 2); 0 where none is finite."""
    finite = coords[np.isfinite(coords).all(axis=1)]
    return float(np.ptp(finite, axis=0).max()) if len(finite) else 0.0


def _say_lines(lines: Lines, log: bool) -> None:
    st.markdown("#### 1-D slices")
    st.caption(about_lines(lines))
    pairs = zip(lines.train, lines.test, strict=True) if lines.test else zip(lines.train)
    several = {
        f"{name}: {title}": pair
        for name, title, pair in zip("xy", lines.titles, pairs, strict=True)
    }
    figure = figures.slices(several, log, mode())
    st.plotly_chart(figure, key="ls.figure.lines", config={"displayModeBar": False})


def about_lines(lines: Lines) -> str:
    """What the two lines are, and how to read them."""
    pale = " Pale: over the test samples." if lines.test else ""
    return (
        "The loss on the two lines through A's end that lead along the axes of the first picture. "
        "A valley that is narrow along one and wide along the other is a ravine; a line shows "
        f"nothing of the other directions.{pale}"
    )


def about_spread(found: RandomSlices) -> str:
    """How far random slices agree, in words and numbers."""
    shares = np.asarray(found.spread, dtype=np.float64)
    last = float(shares[-1])
    said = (
        f"{len(found.seeds)} random slices through A's end, the loss over the distance from it: "
        "thin each slice, strong their median. "
    )
    if not np.isfinite(last):
        return f"{said}At the edge some are not finite, so that they cannot be compared there."
    reading = next((words for most, words in ALIKE if last < most), CHANCE)
    return f"{said}At the edge they are apart by {last:.0%} of the median's rise: {reading}."


# --- the table ---------------------------------------------------------------------------------


def table(sight: Sight) -> tuple[list[dict[str, str]], str]:
    """The rows of the table, and the name of the score."""
    survey = sight.survey
    classes = survey.base.shape.task == "classification"
    score, title = ("accuracy", "accuracy") if classes else ("r2", "R²")
    key = f"{'test' if survey.base.test_share > 0 else 'train'}_{score}"
    rows = []
    for entrant in sight.entrants:
        run = sight.runs[entrant.name]
        entry = registry.optimizers[survey.contenders[entrant.contender].optimizer]
        rows.append(
            {
                "contender": f"{entrant.name} {entry.title} {', '.join(details(survey, entrant))}",
                "train loss": number(run.metrics["train_loss"][-1]),
                "test loss": number(run.metrics["test_loss"][-1]),
                title: percent(run.metrics[key][-1]) if classes else number(run.metrics[key][-1]),
                "steps to target": reached(run, survey.target),
                "status": run.status.sentence,
            }
        )
    return rows, title


def reached(run: Run, target: float) -> str:
    """The first recorded step with a training loss below the target, in words."""
    below = np.flatnonzero(np.asarray(run.metrics["train_loss"]) < target)
    return str(run.recorded[below[0]]) if len(below) else "not reached"


# --- one point of a path -----------------------------------------------------------------------


def _say_spot(spot: Spot) -> None:
    st.markdown(f"#### Curvature {where(spot)}")
    if spot.spectrum is None:
        st.caption("The spectrum is being computed; it comes by itself.")
    # Until it comes, the last one of this path stays, so that nothing below it jumps.
    last: Spot = st.session_state.get(SPOT, spot)
    shown = last if spot.spectrum is None and last.entrant == spot.entrant else spot
    st.session_state[SPOT] = shown
    known = shown.spectrum
    if known is not None:
        figure = figures.density(known.density, [*known.highest, *known.lowest], mode=mode())
        st.plotly_chart(figure, key="ls.figure.spectrum", config={"displayModeBar": False})
        said = about_spectrum(known.highest, known.lowest, known.density.size)
        st.caption(said if shown is spot else f"Still {where(shown)}: {said}")
    if shown.measures is not None:
        rows = measure_rows(shown.measures)
        small_table(("measure", "value", "what it says"), rows)


def where(spot: Spot) -> str:
    """Which point of a path it is, in words."""
    name = spot.entrant.name
    if spot.step == spot.last:
        return f"where {name} ends (step {spot.step})"
    return f"where {name} starts" if spot.step == 0 else f"of {name} at step {spot.step}"


def about_spectrum(highest: np.ndarray, lowest: np.ndarray, size: int) -> str:
    """The ends of a spectrum in words."""
    top = ", ".join(f"{value:.3g}" for value in highest)
    bottom = ", ".join(f"{value:.3g}" for value in lowest)
    shape = (
        "some are negative, so that this is no minimum: in their directions the loss curves "
        "downwards"
        if lowest[0] < -1e-3 * max(highest[0], 0.0)
        else "none is clearly negative, as at a minimum"
    )
    return (
        f"The largest of {size:,} eigenvalues are {top}, the smallest {bottom}: {shape}. The peak "
        "at 0 stands for directions that hardly matter; the ticks far on the right limit the "
        "learning rate."
    )


def measure_rows(found: Measures) -> list[tuple[str, str, str]]:
    """The measures of sharpness as rows of a table."""
    value, error = found.trace
    limit = (
        f"plain descent is stable below a rate of {2 / found.largest:.3g}"
        if found.largest > 0
        else "no direction curves upwards, so that no rate is too large for the curvature"
    )
    return [
        ("largest eigenvalue", f"{found.largest:.4g}", limit),
        ("trace", f"{value:.4g} ± {error:.2g}",
         "the sum of all eigenvalues: how the loss curves in random directions"),
        (f"worst case within {found.radius:g}", f"{found.worst:.4g}",
         "the highest rise of the loss in a ball, which SAM lowers"),
        ("largest, filter by filter", f"{found.filtered:.4g}",
         "the same however layers are rescaled"),
    ]  # fmt: skip


# --- layers ------------------------------------------------------------------------------------


def _say_layers(survey: Survey, second: bool) -> None:
    problem = problem_of(survey.model(second))
    entry = registry.models[survey.model(second).model]
    where = words.network(survey, second)
    st.caption(
        f"**{entry.title}**{f', {where}' if where and where != entry.title else ''}: "
        f"{problem.space.size:,} parameters."
    )
    rows = layer_rows(layers_of(survey.model(second)))
    small_table(("layer", "gives", "parameters"), rows, tight=True)


def layer_rows(rows: Sequence[LayerRow]) -> list[tuple[str, str, str]]:
    """The layers as rows of a table."""
    return [
        (
            row.layer,
            " × ".join(map(str, row.output)),
            f"{row.parameters:,}" if row.parameters else "",
        )
        for row in rows
    ]


def small_table(heads: Sequence[str], rows: Sequence[Sequence[str]], tight: bool = False) -> None:
    """A plain table; the words in its last column may break, tight rows stand close together."""
    cell = "padding-top:0.1rem;padding-bottom:0.1rem;font-size:0.9em" if tight else ""
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    lines = []
    for *first, last in rows:
        cells = "".join(f'<td style="{cell}">{escape(words)}</td>' for words in first)
        lines.append(f'<tr>{cells}<td style="{cell};white-space:normal">{escape(last)}</td></tr>')
    st.html(
        '<div class="lv-table-box"><table class="lv-table" style="width:auto">'
        f"<thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )
