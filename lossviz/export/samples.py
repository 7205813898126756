"""The part of a script that has the samples: drawn or read, split, and scaled."""

from __future__ import annotations

from dataclasses import dataclass

from lossviz import registry
from lossviz.export import layout
from lossviz.export.draft import Draft, stop
from lossviz.problem.code import literal
from lossviz.settings import Experiment


@dataclass(frozen=True)
class Samples:
    """Writes the data of an experiment."""

    base: Experiment

    def parts(self, draft: Draft) -> list[str]:
        """The function that scales, if any, and the lines that set ``x_train`` and ``y_train``."""
        base, entry = self.base, registry.datasets[self.base.dataset]
        code = draft.code("data set", entry, base.dataset_params, base.data_seed)
        text = stop("data set", entry) if code is None else code.text
        lines = [f"rng = np.random.default_rng({base.data_seed!r})"] if "rng" in text else []
        lines += [text, *self._split(draft), *self._wrong_labels()]
        regression = base.shape.task == "regression"
        if regression:
            lines.append("targets = targets[:, None]")
        # Tokens are numbers of entries of a list: scaled, they would be none.
        tokens = base.shape.kind == "tokens"
        scaled = [] if tokens else ["inputs"]
        scaled += ["targets"] if regression else []
        if base.scaling != "none" and scaled:
            lines.append("# By the training samples alone.")
            lines += [self._scaled(name) for name in scaled]
        lines += self._tensors(regression)
        scaling = [_SCALING[base.scaling]] if base.scaling != "none" and scaled else []
        return [*scaling, layout.block("\n".join(lines))]

    def _scaled(self, name: str) -> str:
        shape = self.base.shape
        if name == "inputs" and shape.kind == "sequence":
            # One scaling for all steps.
            rows = f"reshape(-1, {shape.sides[-1]!r})"
            return (
                f"inputs = scaled(inputs.{rows}, inputs[train].{rows})"
                f".reshape(-1, {shape.inputs!r})"
            )
        return f"{name} = scaled({name}, {name}[train])"

    def _split(self, draft: Draft) -> list[str]:
        share = self.base.test_share
        if not share:
            return ["train = np.arange(len(targets))"]
        draft.imports.append("from sklearn.model_selection import train_test_split")
        stratify = "targets" if self.base.shape.classes else "None"
        return [
            "train, test = train_test_split("
            f"np.arange(len(targets)), test_size={share!r}, random_state={self.base.data_seed!r}, "
            f"stratify={stratify})"
        ]

    def _wrong_labels(self) -> list[str]:
        base = self.base
        if not base.label_noise:
            return []
        share, classes = literal(base.label_noise), base.shape.classes
        lines = [
            "# Wrong labels, among the training samples alone.",
            f"lot = np.random.default_rng([{base.data_seed!r}, 1])",
        ]
        if classes:
            return [
                *lines,
                f"wrong = lot.permutation(train)[: round({share} * len(train))]",
                f"turn = lot.integers(1, {max(2, classes)!r}, len(wrong))",
                f"targets[wrong] = (targets[wrong] + turn) % {classes!r}",
            ]
        drawn = "lot.standard_normal(len(train))"
        return [*lines, f"targets[train] += {share} * targets[train].std() * {drawn}"]

    def _tensors(self, regression: bool) -> list[str]:
        lines = []
        for part in ("train", "test") if self.base.test_share else ("train",):
            kind = ", dtype=DTYPE" if regression else ""
            lines.append(f"x_{part} = torch.tensor(inputs[{part}], dtype=DTYPE)")
            lines.append(f"y_{part} = torch.tensor(targets[{part}]{kind})")
        return lines


_SCALING = {
    "standard": '''\
def scaled(values, known):
    """Values moved and stretched so that the known ones have mean 0 and spread 1."""
    shift, width = known.mean(0), known.std(0)
    constant = width <= 10 * np.finfo(float).eps * np.abs(known).max(0)
    return (values - shift) / np.where(constant, 1.0, width)''',
    "unit": '''\
def scaled(values, known):
    """Values moved and stretched so that the known ones go from 0 to 1."""
    shift, width = known.min(0), np.ptp(known, axis=0)
    constant = width <= 10 * np.finfo(float).eps * np.abs(known).max(0)
    return (values - shift) / np.where(constant, 1.0, width)''',
    "robust": '''\
def scaled(values, known):
    """Values moved and stretched so that the known ones have median 0 and quartiles 1 apart."""
    first, shift, third = np.quantile(known, (0.25, 0.5, 0.75), axis=0)
    width = third - first
    constant = width <= 10 * np.finfo(float).eps * np.abs(known).max(0)
    return (values - shift) / np.where(constant, 1.0, width)''',
}
