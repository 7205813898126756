"""Trainings worth seeing: each with the claim that it shows, which a test checks."""

from __future__ import annotations

from dataclasses import replace

from lossviz.checkup.checkup import Checkup, Scheme
from lossviz.settings import Experiment, Preset

_XOR = Experiment(
    dataset="xor", dataset_params={"samples": 4, "noise": 0.0}, scaling="none", test_share=0.0,
    model_params={"depth": 1, "width": 8}, loss="bce_with_logits", params={"lr": 0.5}, steps=2000,
    dtype="float64",
)  # fmt: skip

_DEEP = Experiment(model_params={"depth": 10, "width": 64}, steps=150)

_ADDING = Experiment(dataset="adding", loss="mse", model="rnn", optimizer="adam", steps=60)

_OVER = Experiment(
    dataset_params={"samples": 100, "noise": 0.3}, test_share=0.5,
    model_params={"depth": 2, "width": 32}, optimizer="adam", params={"lr": 0.02}, steps=400,
)  # fmt: skip


def _article(rule: str, lr: float) -> Experiment:
    """1-10-1 with a rectifier, Adam, a hundred full-batch epochs on a hundred numbers."""
    return Experiment(
        dataset="halves", dataset_params={"rule": rule}, scaling="none", test_share=0.0,
        model_params={"depth": 1, "width": 10, "activation": "relu"}, loss="bce_with_logits",
        optimizer="adam", params={"lr": lr}, steps=100,
    )  # fmt: skip


PRESETS: tuple[Preset[Checkup], ...] = (
    Preset(
        "xor",
        "Units that start alike stay alike",
        "XOR with eight hidden units. From zero the loss stays at ln 2 = 0.693 for ever. From 0.5 "
        "everywhere it comes down to 0.485, and all eight units still say the same: it is a "
        "network of one unit. Xavier's random weights learn it, down to about 0.001.",
        Checkup(
            _XOR,
            (Scheme("zero"), Scheme("constant", {"value": 0.5}), Scheme("xavier_uniform")),
        ),
    ),
    Preset(
        "deep",
        "Ten layers: too large, too small, just right",
        "N(0, 1) drives every tanh to its ends (spread 0.95 in layer 10) and gradients explode on "
        "their way back. With sigma 0.01 nothing of the input arrives, gradients vanish by a "
        "factor of ten a layer, and the loss never moves. Xavier keeps both even, and with gain "
        "5/3 the signal does not shrink on its way.",
        Checkup(
            _DEEP,
            (
                Scheme("gaussian", {"sigma": 1.0}),
                Scheme("gaussian", {"sigma": 0.01}),
                Scheme("xavier_normal"),
                Scheme("xavier_normal", {"gain": 5 / 3}),
            ),
        ),
    ),
    Preset(
        "forgetting",
        "A recurrent network forgets its first steps",
        "The layers here are the steps of a sequence. With torch's default weights the gradient at "
        "the first step begins at less than a thousandth of that at the last one: at first nothing "
        "is learnt from what happened there. Orthogonal weights keep a tenth of it, and a GRU's "
        "gates carry more than ten times as much back. Play: what training finds mends it.",
        Checkup(_ADDING, (Scheme("default"), Scheme("xavier_normal"), Scheme("orthogonal"))),
    ),
    Preset(
        "over-fit",
        "Learnt by heart",
        "Fifty noisy samples and a network with 1,200 weights: the training loss goes to zero, "
        "while the test loss turns within the first steps and more than doubles. Early stopping "
        "would have kept the weights of its lowest point.",
        Checkup(_OVER, show="fit"),
    ),
    Preset(
        "held",
        "The same, held by an L2 penalty",
        "An L2 penalty of 0.1 bends the surface into a bowl. The training loss stays higher, the "
        "test loss comes down to a third of what it was, and more samples are classed right.",
        Checkup(replace(_OVER, l2=0.1), show="hold"),
    ),
    Preset(
        "wrong-labels",
        "A fifth of the labels wrong",
        "The network learns the wrong labels too: everything is right on the training samples, and "
        "less on new ones than with honest labels. A penalty does not let it: then it gets about a "
        "fifth of the training labels wrong, which they are.",
        Checkup(replace(_OVER, label_noise=0.2, l2=0.03), show="hold"),
    ),
    Preset(
        "switched-off",
        "L1 switches weights off",
        "An L1 penalty pulls at every weight with the same force, however small it is. Nearly "
        "all of them end below 0.001, and about ten do the work. An L2 penalty leaves most: its "
        "pull gets weaker as they shrink.",
        Checkup(replace(_OVER, l1=0.01, schedule="cosine"), show="weights", layer=1),
    ),
    Preset(
        "polynomials",
        "Polynomials through 15 points",
        "A sine with noise. Degree 1 is too stiff (error against the truth 0.202), degree 3 about "
        "right (0.021), degree 9 begins to wriggle (0.035), and degree 14 goes through every point "
        "and is off by 1.06. The training error only ever falls: 0.300, 0.031, 0.0047, 0.",
        Checkup(show="degree"),
    ),
    Preset(
        "nothing-to-learn",
        "A code example with nothing to learn",
        "A widely copied example: a hundred random numbers, the first fifty labelled 1, the rest "
        "0. The labels have nothing to do with the numbers, so there is nothing to learn: over "
        "fifty seeds 46 to 63 % are right, 54 % on average, not the 90 % that it promises. Copied "
        "letter by letter it stops with an error, because its loss wants labels with a decimal "
        "point; that is mended here. The text beside it speaks of SGD, but the code takes Adam.",
        Checkup(_article("place", 0.001), show="fit"),
    ),
    Preset(
        "something-to-learn",
        "The same example, repaired",
        "Now the label is the sign of the number with some noise, and the learning rate is 0.01: "
        "about 90 % are right after the same hundred steps, and the rest is the noise.",
        Checkup(_article("sign", 0.01), show="fit"),
    ),
)
