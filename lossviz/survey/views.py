"""The planes of a survey, as a catalogue: which two directions of weight space a view draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lossviz.registry import Catalogue, Entry, Param, SettingError, Value
from lossviz.settings import Options, read_call, write_call
from lossviz.survey import planes

#: The contenders that a plane may be laid through, by their letters.
LETTERS = ("A", "B", "C", "D", "E", "F")
#: The parameters of planes that name a contender.
NAMING = ("of", "a", "b", "c")

#: The planes that a view may draw; ``make(ground, **params)`` gives a `lossviz.plane.Plane`.
PLANES: Catalogue[Entry] = Catalogue("plane")


def _of(default: str = "A", title: str = "at the end of", name: str = "of") -> Param:
    return Param(
        name,
        default,
        choices=LETTERS,
        title=title,
        help="The contender whose last weights the plane goes through.",
    )


PLANES.add(
    Entry(
        name="pca",
        title="Paths (PCA)",
        about="The two directions in which the paths on screen vary most.",
        make=planes.of_paths,
        cite="Li et al., Visualizing the Loss Landscape of Neural Nets, NeurIPS 2018, section 7",
    )
)
PLANES.add(
    Entry(
        name="random",
        title="Random directions",
        about="Two Gaussian directions on the scale of the weights: how the loss typically looks.",
        make=planes.at_random,
        cite="Li et al., Visualizing the Loss Landscape of Neural Nets, NeurIPS 2018, section 4",
        params=(
            _of(),
            Param(
                "normalize",
                "filter",
                choices=("filter", "layer", "none"),
                title="normalisation",
                help="How the directions are scaled to the weights: filter by filter, layer by "
                "layer, or not at all.",
            ),
            Param("seed", 0, 0, 9999, help="Which two directions are drawn."),
            Param(
                "reach",
                1.0,
                0.05,
                4.0,
                "log",
                title="reach",
                help="How far the picture goes from its middle; 1 is the size of the weights.",
            ),
        ),
    )
)
PLANES.add(
    Entry(
        name="hessian",
        title="Curvature (eigenvectors)",
        about="Where the loss curves most: the two steepest directions, or the most upward and "
        "the most downward one.",
        make=planes.of_curvature,
        cite="Yao et al., PyHessian, 2020",
        params=(
            _of(),
            Param(
                "pick",
                "top",
                choices=("top", "top and bottom", "bottom"),
                names=("two largest", "largest and smallest", "two smallest"),
                title="eigenvalues",
                help="Of which eigenvalues the eigenvectors are drawn.",
            ),
        ),
    )
)
PLANES.add(
    Entry(
        name="direct",
        title="Start to finish",
        about="The straight way from the first weights to the last ones, and the direction in "
        "which the path leaves it most.",
        make=planes.start_to_finish,
        cite="Goodfellow, Vinyals and Saxe, Qualitatively Characterizing Neural Network "
        "Optimization Problems, ICLR 2015",
        params=(_of(title="the way of"),),
    )
)
PLANES.add(
    Entry(
        name="through",
        title="Through three points",
        about="The plane through the last weights of three contenders, or of two and the start.",
        make=planes.through_ends,
        cite="Garipov et al., Loss Surfaces, Mode Connectivity and Fast Ensembling, NeurIPS 2018",
        params=(
            _of("A", "first", "a"),
            _of("B", "second", "b"),
            Param(
                "c",
                "start",
                choices=("start", *LETTERS),
                title="third",
                help="A third contender, or the weights that all start from.",
            ),
        ),
    )
)
PLANES.add(
    Entry(
        name="adam",
        title="Adam's own axes",
        about="The two steepest directions in the coordinates in which Adam steps: what it scales "
        "away is scaled away here too.",
        make=planes.of_adam,
        cite="Cohen et al., Adaptive Gradient Methods at the Edge of Stability, 2022",
        params=(_of("B", "Adam is"),),
    )
)


@dataclass(frozen=True)
class View:
    """One picture of a survey: a plane of the catalogue `PLANES` with its parameters.

    Raises:
        UnknownNameError: For a plane that the catalogue does not have.
        SettingError: For a parameter that is not allowed.

    >>> View("random", {"seed": 3}).write()
    'random(seed=3)'
    """

    plane: str = "pca"
    params: Mapping[str, Value] = field(default_factory=Options)

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", Options(PLANES[self.plane].complete(self.params)))

    @property
    def entry(self) -> Entry:
        """The plane's entry in the catalogue."""
        return PLANES[self.plane]

    def letters(self) -> tuple[str, ...]:
        """The contenders that it is laid through; none for a plane of all paths.

        >>> View("through").letters()
        ('A', 'B')
        """
        named = (str(self.params[name]) for name in NAMING if name in self.params)
        return tuple(letter for letter in named if letter in LETTERS)

    def check(self, known: tuple[str, ...]) -> None:
        """Raise `SettingError` when it is laid through a contender that is not there."""
        for letter in self.letters():
            if letter not in known:
                raise SettingError(
                    f"The view {self.entry.title!r} goes through {letter}, and the contenders are "
                    f"{', '.join(known)}."
                )

    def write(self) -> str:
        """The view as a link has it; `read_views` reads it back."""
        return write_call(self.entry, self.params)


def read_views(text: str, usual: tuple[View, ...], problems: list[str]) -> tuple[View, ...]:
    """The views of a link's field, or the usual ones where it names none; repairs are reported."""
    parts = [part for part in text.split(";") if part.strip()]
    if not parts:
        problems.append("views: no plane was named. Using the usual ones.")
        return usual
    return tuple(View(*read_call(PLANES, part, "pca", "views", problems)) for part in parts)
