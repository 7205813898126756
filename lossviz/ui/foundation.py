"""The controls of an experiment: data, model, loss and training, that all contenders share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from lossviz import registry
from lossviz.registry import Value
from lossviz.settings import CHOICES, VALUES, Experiment
from lossviz.ui import widgets


@dataclass(frozen=True)
class Foundation:
    """The experiment that is shown, and what a change does.

    Args:
        base: The experiment.
        key: The beginning of the widgets' keys.
        change: Called with the changed fields by name.
        option: Called with the field of the options, the parameter's name and its new value.
    """

    base: Experiment
    key: str
    change: Callable[..., None]
    option: Callable[[str, str, Value], None]

    def data(self) -> None:
        """The data set, and how it is split and scaled."""
        self.choose("dataset", "Data set")
        self.params("dataset")
        self.value("test_share")
        self.value("scaling")
        self.value("data_seed")

    def model(self) -> None:
        """The model and its first weights."""
        self.choose("model", "Model")
        self.params("model")
        with st.expander("Initial weights"):
            self.choose("init", "Weights")
            self.params("init")
            fitting = tuple(e.name for e in registry.initialisers if e.for_bias)
            self.choose("bias_init", "Biases", fitting)
            self.params("bias_init")

    def loss(self) -> None:
        """The loss, its formula, how it pulls, and when to take it."""
        task = self.base.shape.task
        self.choose("loss", "Loss", tuple(e.name for e in registry.losses if task in e.tasks))
        self.params("loss")
        entry = registry.losses[self.base.loss]
        if entry.formula:
            with st.expander("Formula"):
                st.latex(entry.formula)
                if entry.gradient:
                    st.latex(entry.gradient)
                st.caption(entry.when)

    def regularisation(self) -> None:
        """What keeps the weights small, and what training makes harder on purpose."""
        with st.expander("Regularisation"):
            for name in ("l2", "l1", "input_noise", "label_noise"):
                # The number of a character is no size to which noise could be added.
                if name != "input_noise" or self.base.shape.kind != "tokens":
                    self.value(name)

    def choose(self, field: str, label: str, names: tuple[str, ...] | None = None) -> None:
        """The list from which an entry is chosen."""
        catalogue = next(c.catalogue for c in CHOICES if c.field == field)
        widgets.entry_choice(
            catalogue,
            getattr(self.base, field),
            label,
            f"{self.key}.{field}",
            lambda name: self.change(**{field: name}),
            names,
        )

    def params(self, field: str) -> None:
        """The parameters of the chosen entry."""
        choice = next(c for c in CHOICES if c.field == field)
        widgets.entry_params(
            choice.catalogue[getattr(self.base, field)],
            getattr(self.base, choice.options),
            f"{self.key}.{field}",
            lambda name, value: self.option(choice.options, name, value),
        )

    def value(self, name: str) -> None:
        """A plain value."""
        widgets.control(
            VALUES[name],
            getattr(self.base, name),
            f"{self.key}.{name}",
            lambda value: self.change(**{name: value}),
        )
