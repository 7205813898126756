"""A short text below the curves: which loss goes with which task."""

from __future__ import annotations

import streamlit as st

TITLE = "Which loss for which task?"
#: What is wanted, an example of it, and the usual loss.
TASKS = (
    (
        "A value",
        "a price, a temperature",
        "Mean squared error; Huber or the mean absolute error where some values are wild.",
    ),
    ("A count", "visits, accidents", "Poisson."),
    (
        "One of a few classes",
        "what is in a picture, what a text is about, whether a review is kind",
        "Cross-entropy.",
    ),
    (
        "One of very many classes",
        "the next word, in language models and translation",
        "Cross-entropy too, and here it is dear: every word to come needs one logit for each entry "
        "of a vocabulary of many thousands.",
    ),
    (
        "What is where",
        "objects in a picture",
        "Two losses, added: Focal for what it is, because nearly all of a picture is background, "
        "and Smooth L1 for the corners of its box.",
    ),
    ("Every pixel", "an organ in a scan", "Cross-entropy, Soft F1 (Dice), or both, added."),
    (
        "Letters whose times nobody knows",
        "speech",
        "Cross-entropy letter by letter, or over all ways to lay the letters upon the sound (CTC).",
    ),
    (
        "Rare positives",
        "fraud, an illness",
        "Class-weighted cross-entropy or Soft F1; see *Imbalance*. The F1 score itself counts "
        "decisions, so it has no slope to follow.",
    ),
)
FURTHER = (
    "**Further on.** *Pictures with words*: cross-entropy once more, over which caption belongs to "
    "which picture. *Learning from reward*: the reward has no slope in the weights, so each action "
    "that was taken counts as a label, with the reward as its weight. *Small models from large "
    "ones*: KL divergence from the large model's answers."
)


def tell() -> None:
    """The text, folded up."""
    with st.expander(TITLE, icon=":material/menu_book:"):
        lines = (f"- **{what}** ({example}). {usual}" for what, example, usual in TASKS)
        st.markdown("\n".join(lines))
        st.markdown(FURTHER)
