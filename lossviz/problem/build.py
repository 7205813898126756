"""From an `Experiment` to the `Problem` that it describes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from lossviz import registry
from lossviz.problem.data import Data, Table
from lossviz.problem.disturbance import Disturbance, dropout_layers
from lossviz.problem.model import ModuleModel
from lossviz.problem.penalty import Penalty
from lossviz.problem.problem import Problem
from lossviz.problem.scaling import scaled, scaler
from lossviz.registry import SettingError, Value

if TYPE_CHECKING:
    from lossviz.settings import Experiment

#: Modules draw from torch's global generator, which all threads share.
_GLOBAL_GENERATOR = threading.Lock()


#: Numbers of the training and of the test rows of a table.
Rows = tuple[np.ndarray, np.ndarray]


def build(exp: Experiment, rows: Rows | None = None) -> Problem:
    """The problem of an experiment; the same experiment always gives the same numbers.

    The data are drawn and split with ``data_seed``, the parameters with ``seed``. The random state
    of the caller stays as it was. Batch normalisation takes the statistics of the batch, as torch
    does in training (`lossviz.problem.normalise`).

    Args:
        exp: The settings.
        rows: The training and the test rows of the data set, in place of those that ``test_share``
            and ``data_seed`` say.

    Raises:
        SettingError: When the choices do not go together.
    """
    loss = registry.losses[exp.loss]
    dtype: torch.dtype = getattr(torch, exp.dtype)
    data = build_data(exp, rows)
    reason = loss.refuses(data.targets)
    if reason:
        raise SettingError(reason)
    module = build_module(exp).to(dtype)
    model = ModuleModel(module, statistics="batch", known=data.inputs)
    return Problem(
        model=model,
        criterion=loss.make(data.shape.classes, **exp.loss_params),
        data=data,
        params0=model.start(),
        batched=True,
        probabilities=loss.probabilities if data.shape.task == "classification" else None,
        penalty=Penalty(model.space, exp.l1, exp.l2) if exp.l1 or exp.l2 else None,
        disturbance=_disturbance(exp, model),
        values=loss.values if data.shape.task == "regression" else None,
    )


def _disturbance(exp: Experiment, model: ModuleModel) -> Disturbance | None:
    """What training draws anew at each step, or None for nothing."""
    drops = bool(dropout_layers(model.module))
    if not exp.input_noise and not drops:
        return None
    return Disturbance(exp.input_noise, drops, exp.seed)


# --- data --------------------------------------------------------------------------------------


def build_data(exp: Experiment, rows: Rows | None = None) -> Data:
    """The samples of an experiment, split and scaled.

    The scaling is fitted on the training samples alone. In a regression the targets are scaled
    like the inputs, so that one learning rate suits any unit; choose the scaling "none" for raw
    values. Tokens are never scaled, and a sequence has one scaling for all its steps. A
    classification is split so that both parts have the classes in proportion.

    Label noise is for the training samples alone, so that the others still tell the truth: see
    `with_label_noise`.

    Raises:
        SettingError: When a part would be left without a sample (or without one for each class).
    """
    entry = registry.datasets[exp.dataset]
    shape = entry.shape(exp.dataset_params)
    table: Table = entry.make(np.random.default_rng(exp.data_seed), **exp.dataset_params)
    train, test = rows or split(table.targets, exp.test_share, exp.data_seed, shape.classes)
    if exp.label_noise:
        noisy = with_label_noise(
            table.targets, train, exp.label_noise, shape.classes, exp.data_seed
        )
        table = replace(table, targets=noisy)
    dtype = getattr(torch, exp.dtype)
    inputs = scaled(table.inputs, train, exp.scaling, shape)
    if shape.task == "regression":
        values = table.targets[:, None]
        targets = torch.from_numpy(scaler(values[train], exp.scaling)(values)).to(dtype)
    else:
        targets = torch.from_numpy(np.asarray(table.targets, dtype=np.int64))
    points = torch.from_numpy(inputs).to(dtype)
    return Data(
        inputs=points[train],
        targets=targets[train],
        test_inputs=points[test],
        test_targets=targets[test],
        shape=shape,
        feature_names=table.feature_names,
        class_names=table.class_names,
        target_name=table.target_name,
    )


def split(
    targets: np.ndarray, test_share: float, seed: int, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """The rows (training, test); every row is in exactly one of them.

    Args:
        targets: (N,), the classes to keep in proportion where ``classes`` is not 0.
        test_share: The share of the test rows; 0 puts every row into training, in order.
        seed: Of the shuffle.
        classes: The number of classes, 0 in a regression.

    Raises:
        SettingError: When a part would be left without a sample (or without one for each class).
    """
    rows = np.arange(len(targets))
    if test_share == 0:
        return rows, rows[:0]
    # Imported here because it takes as long as all the rest, and not every run needs it.
    from sklearn.model_selection import train_test_split

    try:
        train, test = train_test_split(
            rows, test_size=test_share, random_state=seed, stratify=targets if classes else None
        )
    except ValueError:
        each = f"one for each of {classes} classes" if classes else "one"
        raise SettingError(
            f"test_share is {test_share:g}, but of {len(targets)} samples that does not leave "
            f"{each} on both sides; take more samples, or another share (0 for no test samples)."
        ) from None
    return train, test


def with_label_noise(
    targets: np.ndarray, train: np.ndarray, share: float, classes: int, seed: int
) -> np.ndarray:
    """Targets (N,) of which those of the training rows are partly wrong.

    In a classification that share of the training rows, rounded, gets one of the other classes,
    all alike; in a regression every training row gets normal noise with that share of the training
    targets' standard deviation. The numbers are those of ``np.random.default_rng([seed, 1])``.

    Args:
        targets: Class numbers, or values.
        train: The training rows.
        share: From 0 to 1.
        classes: Their number, 0 in a regression.
        seed: Of the data.

    >>> with_label_noise(np.zeros(6, int), np.arange(4), 0.5, 2, seed=0)
    array([1, 0, 0, 1, 0, 0])
    """
    rng = np.random.default_rng([seed, 1])
    noisy = targets.copy()
    if classes:
        wrong = rng.permutation(train)[: round(share * len(train))]
        noisy[wrong] = (noisy[wrong] + rng.integers(1, max(2, classes), len(wrong))) % classes
    else:
        noisy[train] += share * targets[train].std() * rng.standard_normal(len(train))
    return noisy


# --- module ------------------------------------------------------------------------------------


def build_module(exp: Experiment) -> nn.Module:
    """The module of an experiment with its initial parameters, in float32.

    The numbers are those of ``torch.manual_seed(seed)``, then the module's constructor, then the
    initialisers layer by layer. They are drawn in float32, so that a run in double precision
    starts at the same point.
    """
    shape = registry.datasets[exp.dataset].shape(exp.dataset_params)
    outputs = registry.losses[exp.loss].outputs(shape)
    entry = registry.models[exp.model]
    reason = entry.refuses(shape, outputs)
    if reason:
        raise SettingError(f"The model {exp.model!r} does not fit: {reason}")
    with seeded(exp.seed):
        module: nn.Module = entry.module(shape, outputs, exp.model_params)
        initialise(
            module,
            torch.default_generator,
            (exp.init, exp.init_params),
            (exp.bias_init, exp.bias_init_params),
        )
    return module


Initialiser = tuple[str, Mapping[str, Value]]


def initialise(
    module: nn.Module, generator: torch.Generator, weights: Initialiser, biases: Initialiser
) -> None:
    """Fill a module's weights and biases in place, in the order of its parameters.

    A weight is a parameter of two or more dimensions, a bias one whose own name begins with "bias";
    any other parameter (the scale of a normalisation, say) stays as it is.

    Args:
        module: Any module.
        generator: Where random numbers come from.
        weights: The name of an initialiser, and its parameters.
        biases: The same for the biases.

    Raises:
        SettingError: When the initialiser of the biases is for weights only.
    """
    for_weight, for_bias = registry.initialisers[weights[0]], registry.initialisers[biases[0]]
    if not for_bias.for_bias:
        raise SettingError(f"The initialiser {biases[0]!r} needs a matrix; biases have none.")
    with torch.no_grad():
        for name, tensor in module.named_parameters():
            if tensor.dim() >= 2:
                for_weight.make(tensor, generator, **weights[1])
            elif name.rpartition(".")[2].startswith("bias"):
                for_bias.make(tensor, generator, **biases[1])


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The global generator at this seed in the block, in one thread at a time.

    Afterwards the generator and the default dtype are as they were before.
    """
    with _GLOBAL_GENERATOR:
        state = torch.default_generator.get_state()
        dtype = torch.get_default_dtype()
        torch.default_generator.manual_seed(seed)
        if dtype != torch.float32:
            torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.default_generator.set_state(state)
            if dtype != torch.float32:
                torch.set_default_dtype(dtype)
