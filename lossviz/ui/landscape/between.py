"""What lies between two networks: the straight way as a figure, the curve on a stage of its own."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lossviz import figures
from lossviz.connect import Curve
from lossviz.figures import color_range
from lossviz.figures.theme import Mode, as_plain
from lossviz.survey import Survey
from lossviz.survey.section import Straight
from lossviz.ui.landscape import controls
from lossviz.ui.landscape.look import Found, Way
from lossviz.ui.landscape.scene import revision
from lossviz.ui.stage import message as stage
from lossviz.ui.stage.component import stage as show_stage
from lossviz.ui.stage.message import scene_message
from lossviz.ui.style import mode

STAGE, MESSAGE = "ls.curve", "ls.curve.message"
#: The curve as a contender of its stage: its name, and its mark, that of no other contender.
NAME, MARK = "curve", 2
#: The mark of its test loss.
TEST_MARK = 3
#: A barrier below this share of the loss's fall in training is none to speak of.
LOW = 0.05


def show(found: Found) -> None:
    """The section below the table; nothing where it is not asked for."""
    if found.way is None:
        return
    st.markdown("#### Between two minima")
    if found.way.straight is None:
        st.caption("The straight way is being computed.")
        return
    st.caption(about_line(found.way.straight))
    if found.survey.section == "line":
        _show_line(found.survey, found.way.straight)
    else:
        _show_curve(found.survey, found.way)


def _show_line(survey: Survey, straight: Straight) -> None:
    lines = {"straight line": straight.plain}
    if straight.aligned is not None:
        lines["after alignment"] = straight.aligned
    figure = figures.way(lines, survey.log, mode())
    st.plotly_chart(figure, key="ls.figure.way", config={"displayModeBar": False})


def about_line(straight: Straight) -> str:
    """The barrier between two networks, in words and numbers."""
    first, second = straight.names
    line = straight.plain
    low, high = line.ends
    apart = f"From {first} to {second}, {line.distance:.3g} apart"
    if not np.isfinite([low, high]).all():
        return f"{apart}: the loss at an end is no finite number, so there is no barrier to tell."
    said = (
        f"{apart}: the loss is {low:.3g} and {high:.3g} at the ends, and on the straight line it "
        f"rises by {line.barrier:.3g}"
    )
    said += f" (at t = {line.where:.2f})." if line.barrier > 0 else ": no hill between them."
    if straight.aligned is not None:
        moved = straight.aligned
        said += (
            f" With the hidden units of {second} put in the order nearest to {first}'s, which "
            f"changes nothing that it computes, they are {moved.distance:.3g} apart and the rise "
            f"is {moved.barrier:.3g}."
        )
    return said


# --- the curve ---------------------------------------------------------------------------------


def _show_curve(survey: Survey, way: Way) -> None:
    if way.curve is not None:
        st.caption(about_curve(way.curve, way.surface is not None))
        st.session_state[MESSAGE] = scene_message(scene_of(survey, way, mode()))
    message = st.session_state.get(MESSAGE)
    if message is not None:
        with st.container(key="lv_curve"):
            show_stage(
                message,
                key=STAGE,
                on_view=lambda view: controls.put(three_d=view == "3d"),
            )


def about_curve(curve: Curve, whole: bool) -> str:
    """What training has made of the straight line, in words and numbers."""
    before, now = float(curve.barrier[0]), float(curve.barrier[-1])
    change = f"fell from {before:.3g} to" if now < before else f"was {before:.3g} and is"
    said = (
        f"A bent way with one free point, trained for {int(curve.steps[-1])} steps to be low all "
        f"along: its barrier {change} {now:.3g}, its mean loss is {float(curve.mean[-1]):.3g}."
    )
    if now < LOW * before:
        said += " The two networks lie in one valley, which is bent."
    return said if whole else f"{said} The surface under it comes by itself."


def scene_of(survey: Survey, way: Way, mode: Mode) -> stage.Scene:
    """The curve's own stage, on the time line of its training."""
    curve = way.curve
    assert curve is not None
    steps = np.asarray(curve.steps)
    return stage.Scene(
        revision=revision(survey, "curve"),
        planned=survey.bend_steps,
        theme=as_plain(mode),
        contenders=(
            stage.Contender(NAME, "Low-loss curve", mark=MARK, last=int(steps[-1]),
                            status=str(curve.status) if way.bend is not None else ""),
        ),
        surface=_surface(survey, way),
        strands=_strands(way),
        losses=(
            stage.Losses(
                (
                    stage.Curve(NAME, "highest loss on the curve", steps, curve.highest),
                    stage.Curve(NAME, "mean loss on the curve", steps, curve.mean, "faint"),
                ),
                log=survey.log,
                title="loss on the curve (thin: its mean)",
                id="loss", tab="loss",
            ),
            stage.Losses(
                (stage.Curve(NAME, "barrier", steps, curve.barrier),),
                log=False, title="barrier of the curve", id="barrier", tab="barrier",
            ),
        ),
        side=(stage.Tab("along the curve", _profile(survey, way), id="profile"),),
        # At the end once when it begins, and once more when all of it is there.
        cue=stage.Cue("begun" if way.bend is None else "whole", "end"),
        live=way.bend is None,
    )  # fmt: skip


def _surface(survey: Survey, way: Way) -> stage.Surface:
    x = y = np.array([0.0, 1.0])
    z = marks = span = None
    titles = ("", "")
    if way.bend is not None:
        x, y = (np.asarray(side) for side in way.bend.window)
        marks = np.asarray(way.bend.plane.info["points"])
        titles = (f"distance from {' towards '.join(_ends(way))}", way.bend.plane.titles[1])
    if way.surface is not None:
        x, y, z = (np.asarray(v) for v in (way.surface.x, way.surface.y, way.surface.loss))
        span = color_range(z, None, survey.log)
    return stage.Surface(
        x=x, y=y, z=z, log=survey.log, range=span, view="3d" if survey.three_d else "2d",
        x_title=titles[0], y_title=titles[1], uirevision="curve", clickable=False, marks=marks,
        mark_labels=(*_ends(way), "bend") if marks is not None else (),
        title="The plane of the curve",
    )  # fmt: skip


def _ends(way: Way) -> tuple[str, str]:
    assert way.straight is not None
    return way.straight.names


def _strands(way: Way) -> tuple[stage.Strand, ...]:
    if way.bend is None:
        return ()
    coords, steps = way.bend.coords, np.asarray(way.bend.curve.steps)
    straight = np.asarray(way.bend.plane.info["points"][:2])
    return (
        stage.Strand("low-loss curve", steps, coords[:, :, 0], coords[:, :, 1], mark=MARK),
        stage.Strand("straight line", np.array([0]), straight[None, :, 0], straight[None, :, 1],
                     dashed=True),
    )  # fmt: skip


def _profile(survey: Survey, way: Way) -> stage.Profile:
    """The loss along the curve at each step, over that along the straight line."""
    curve = way.curve
    assert curve is not None
    t, profile = np.asarray(curve.t), np.asarray(curve.profile.double())
    found = curve.barriers
    height = np.array([one.height for one in found])
    # Where there is no hill there is nothing to point out.
    where = np.where(height > 0, [one.where for one in found], np.nan)
    chord = (1 - where) * profile[:, 0] + where * profile[:, -1]
    return stage.Profile(
        x=t,
        steps=np.asarray(curve.steps),
        lines=(
            stage.ProfileLine("curve", profile, mark=MARK),
            stage.ProfileLine("straight line", profile[0], dashed=True),
            *_test_line(curve),
        ),
        brackets=(stage.Bracket("barrier", where, chord, chord + height),),
        x_title="t, from the first network to the second",
        y_title="loss",
        log=survey.log,
    )


def _test_line(curve: Curve) -> tuple[stage.ProfileLine, ...]:
    """The test loss along the last curve, where it is known: the curve was trained to be low on the
    training samples alone.
    """
    if curve.test_profile is None:
        return ()
    test = np.asarray(curve.test_profile.double())
    return (stage.ProfileLine("last curve, test samples", test, mark=TEST_MARK, dashed=True),)
