"""What is said below the stage: the verdict with its cures, the table, how to read it."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from lossviz.checkup import Checkup, Cure, Exam, scores_of
from lossviz.checkup.scores import CLASSIFICATION
from lossviz.problem.models.recurrent import SequenceNet
from lossviz.problem.problem import Split
from lossviz.ui import widgets
from lossviz.ui.checkup import lessons
from lossviz.ui.checkup.kept import put_base
from lossviz.ui.checkup.shown import Named, Shown, held_by, named, stop_of
from lossviz.ui.scene import percent
from lossviz.ui.table import number
from lossviz.ui.words import scoreboard

ICONS = {
    "diverging": ":material/trending_up:",
    "stuck": ":material/pause_circle:",
    "unsteady": ":material/show_chart:",
    "over-fit": ":material/psychology:",
    "unfinished": ":material/hourglass_bottom:",
    "under-fit": ":material/compress:",
    "good": ":material/check_circle:",
    "unknown": ":material/help:",
}

HOW = {
    "start": "Open **signals** and **gradients**: both should stay within a factor of a few from "
    "the first layer to the last. Gradients that fall towards the first layer vanish, those that "
    "grow explode. **alike** counts units that have become copies of each other.",
    "hold": "A trains without, B with what is chosen at the left, from the same start. Each path "
    "lies over what its optimizer lowers: on the right the penalty is part of the surface, for the "
    "weights and not for the biases. Dropout and noise are drawn anew at each step and are at rest "
    "in surfaces and curves.",
    "fit": "Solid is the loss on the samples that were trained on, pale that on samples that were "
    "kept back. Their gap is what was learnt by heart. The level line is how long early stopping "
    "would have waited for a lower test loss.",
    "weights": "The matrix and the histogram move with the time line; the pale outline is where "
    "the weights started. **one weight** follows a single number, chosen at the left.",
}


def say(shown: Shown) -> None:
    """Everything below the stage but the study."""
    checkup, exams = shown.checkup, shown.exams
    st.caption(HOW[checkup.show])
    if checkup.show == "start" and _reads_steps(exams[0]):
        st.caption(
            "In a recurrent network the layers are its steps: a gradient has to come back through "
            "all of them, and is multiplied by the same matrix each time."
        )
    if checkup.show == "hold" and not held_by(checkup):
        st.info(
            "Nothing holds the model back yet: raise the L2 penalty or the dropout at the left.",
            icon=":material/tune:",
        )
    if checkup.show == "fit":
        _verdict(exams[0])
        _stopping(checkup, exams[0])
    _table(shown)
    lessons.tell(checkup.show)


def _reads_steps(exam: Exam) -> bool:
    return isinstance(getattr(exam.run.its_problem().model, "module", None), SequenceNet)


def _verdict(exam: Exam) -> None:
    found = exam.verdict
    with st.container(border=True, key="tr_verdict"):
        st.markdown(f"{ICONS[found.kind]} **{found.title}.** {widgets.plain(found.sentence)}")
        if found.cures:
            with st.container(horizontal=True):
                for place, cure in enumerate(found.cures):
                    st.button(
                        cure.title,
                        key=f"tr.cure.{place}.{cure.title}",
                        help=cure.why,
                        on_click=partial(_take, cure),
                    )


def _take(cure: Cure) -> None:
    put_base(**cure.changes)


def _stopping(checkup: Checkup, exam: Exam) -> None:
    found = stop_of(checkup, exam)
    if found is None:
        st.caption("Without samples for testing there is nothing by which to stop early.")
        return
    if found.stop is None:
        words = (
            f"With a patience of {found.patience} steps the run would not have been stopped. Its "
            f"lowest test loss is {found.loss:.3g}, at step {found.best}."
        )
    else:
        words = (
            f"With a patience of {found.patience} steps the run would have ended at step "
            f"{found.stop}, and the weights of step {found.best} would have been kept, with a test "
            f"loss of {found.loss:.3g}."
        )
    st.caption(words)


def _table(shown: Shown) -> None:
    rows = [_row(one, shown.checkup) for one in named(shown)]
    titles = {name: name for name in rows[0] if name not in ("contender", "status")}
    scoreboard(rows, titles)


def _row(one: Named, checkup: Checkup) -> dict[str, str]:
    run, spread = one.exam.run, one.exam.spreads
    name = f"{one.letter} {one.title}"
    row = {
        "contender": f"{name}, {one.detail}" if one.detail else name,
        "train loss": number(run.metrics["train_loss"][-1], 3),
        "test loss": number(run.metrics["test_loss"][-1], 3),
        **_scores(one.exam, checkup),
        "near zero": percent(one.exam.vanished[-1]),
        "status": run.status.sentence,
    }
    if checkup.show == "start" and spread is not None and len(spread.layers) > 1:
        # Before the output where layers are told apart; the steps of a sequence have no output.
        last = spread.gradients[0][-2 if spread.units.any() else -1]
        row["first/last gradient"] = number(spread.gradients[0][0] / last if last else np.nan, 3)
    return row


def _scores(exam: Exam, checkup: Checkup) -> dict[str, str]:
    """The score that every run comes with; for the fit all that scikit-learn has to say."""
    # On the training samples where no others were kept back.
    split: Split = "test" if checkup.base.test_share else "train"
    if checkup.show == "fit":
        found = scores_of(exam.run.its_problem(), exam.run.weights[-1], split)
    else:
        metrics = exam.run.metrics
        words = {f"{split}_accuracy": "accuracy", f"{split}_r2": "R²"}
        found = {words[key]: float(metrics[key][-1]) for key in words if key in metrics}
    return {
        f"{split} {name}": percent(score) if name in CLASSIFICATION else number(score, 3)
        for name, score in found.items()
    }
