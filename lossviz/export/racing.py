"""The script of contenders on a function of two variables."""

from __future__ import annotations

from dataclasses import dataclass

from lossviz.course import Course
from lossviz.export import layout
from lossviz.export.draft import Contenders, Draft, stop
from lossviz.problem.code import literal
from lossviz.run.status import EXPLODED

REMARK = (
    "Everything is in double precision; the numbers are those of the picture up to the last digits."
)


@dataclass(frozen=True)
class Racing:
    """Writes the script of a course."""

    course: Course

    def script(self) -> tuple[str, tuple[str, ...]]:
        """The script, and what it lacks."""
        course, draft = self.course, Draft()
        draft.imports.append("import torch")
        contenders = Contenders(course.methods(), [(2,)], course.steps, tuned=course.fair)
        body = [
            layout.section("function"),
            self.function(draft),
            *self.push(draft),
            layout.section("contenders"),
            *contenders.parts(draft),
            layout.section("race"),
            *self.race(draft, contenders),
            layout.section("results"),
            *self.results(),
        ]
        parts = [
            draft.header(f"Optimizers on the function {course.entry.title}.", course.to_url(),
                         REMARK),
            draft.imported(),
            self.settings(),
            *draft.copied(),
            *body,
        ]  # fmt: skip
        return layout.joined(parts), tuple(draft.missing)

    @property
    def noisy(self) -> bool:
        """Whether numbers are drawn."""
        return self.course.sigma > 0

    @property
    def pushed(self) -> bool:
        """Whether anything is added to the gradient."""
        return self.noisy or self.course.entry.deviation(self.course.params) is not None

    def settings(self) -> str:
        """The constants at the top."""
        course = self.course
        starts = [course.begin(), *course.others()]
        points = [f"({float(x)!r}, {float(y)!r})" for x, y in starts]
        lines = [f"STEPS = {course.steps!r}"]
        if len(points) == 1:
            lines.append(f"STARTS = [{points[0]}]")
        else:
            lines.append("STARTS = [\n" + "".join(f"    {point},\n" for point in points) + "]")
        if self.noisy:
            lines += [
                f"SIGMA, BATCH = {course.sigma!r}, {course.batch!r}  # the noise of the gradient",
                f"SEED = {course.seed!r}",
            ]
        if course.fair:
            lines.append(
                f"RATES = np.logspace({course.lowest!r}, {course.highest!r}, {course.rates!r})"
            )
        box = course.entry.box(course.params)
        if box is not None:
            x0, x1, y0, y1 = box
            low, high = (f"torch.tensor([{a!r}, {b!r}], dtype=torch.float64)"
                         for a, b in ((x0, y0), (x1, y1)))  # fmt: skip
            lines += [f"LOW = {low}  # where points may be", f"HIGH = {high}"]
        return "\n".join([*lines, "torch.set_num_threads(1)"])

    def function(self, draft: Draft) -> str:
        """The function."""
        entry = self.course.entry
        code = draft.code("function", entry, self.course.params)
        return stop("function", entry) if code is None else layout.block(code.text)

    def push(self, draft: Draft) -> list[str]:
        """What is added to the gradient, if anything."""
        if not self.pushed:
            return []
        terms = []
        deviation = self.course.entry.deviation(self.course.params)
        if deviation is not None:
            try:
                draft.copy(deviation)
                terms.append(f"torch.tensor({deviation.__name__}(step), dtype=torch.float64)")
            except TypeError:
                draft.lack("changing gradient of the function", self.course.entry)
                terms.append("missing")
        if self.noisy:
            draft.imports.append("import math")
            terms.append("torch.randn(2, generator=generator, dtype=torch.float64) * scale")
        lines = [
            '"""What is added to the gradient of each step, the same for all contenders."""',
            *(["generator = torch.Generator().manual_seed(seed)"] * self.noisy),
            *(["scale = SIGMA / math.sqrt(BATCH)"] * self.noisy),
            "for step in range(STEPS + 1):",
            *(f"    push = {term}" for term in terms[:-1]),
            f"    yield {'push + ' * (len(terms) > 1)}{terms[-1]}",
        ]
        if "missing" in terms:
            lines[1:] = [stop("changing gradient of the function", self.course.entry)]
        head = f"def draw_pushes({'seed' * self.noisy}):\n"
        return [head + layout.block("\n".join(lines), 1)]

    def race(self, draft: Draft, contenders: Contenders) -> list[str]:
        """The loop, and in fair mode the search for the best learning rates."""
        course = self.course
        call = "evaluate(point, push)" if self.pushed else "evaluate(point)"
        evaluate = _EVALUATE.format(
            given=", push" if self.pushed else "",
            added="    point.grad += push\n" if self.pushed else "",
        )
        given = ["lr"] * course.fair + (["seed=SEED"] if self.noisy else [])
        steps = contenders.steps_of(call)
        if course.entry.box(course.params) is not None:
            steps += "\nwith torch.no_grad():\n    point.clamp_(LOW, HIGH)"
        loop = "for step in range(STEPS + 1):"
        if self.pushed:
            loop = f"for step, push in enumerate(draw_pushes({'seed' * self.noisy})):"
        race = _RACE.format(
            given="".join(f", {name}" for name in given),
            made=contenders.made,
            lr=", lr" * course.fair,
            loop=loop,
            call=call,
            exploded=f"{EXPLODED:g}".replace("+", ""),
            steps=layout.block(steps, 2),
        )
        if not course.fair:
            return [evaluate, race]
        draft.imports.append("import numpy as np")
        seeds = f"range(SEED, SEED + {course.seeds})" if self.noisy else ""
        search = _SEARCH_SEEDS.format(seeds=seeds) if self.noisy else _SEARCH
        return [evaluate, race, search]

    def results(self) -> list[str]:
        """The table."""
        fair = self.course.fair
        columns = ["contender", *["lr"] * fair, "f", "x", "y", "ended"]
        lines = [
            "results = {}",
            "for name, contender in CONTENDERS.items():",
            *(["    lr = best_rate(contender)"] * fair),
            "    for start in STARTS:",
            f"        x, y, value, ended = race(contender, start{', lr' * fair})",
            f"        results[name, start] = ({'lr, ' * fair}value, x, y, ended)",
        ]
        heads = ", ".join(literal(column) for column in columns)
        return [layout.block("\n".join(lines)), f"columns = ({heads})\n{_TABLE}"]


_TABLE = """\
print(*(f"{column:<24}" for column in columns))
for (name, _), (*numbers, ended) in results.items():
    print(f"{name:<24}", *(f"{number:<24.15g}" for number in numbers), ended)"""

_EVALUATE = '''\
def evaluate(point{given}):
    """The value; its gradient goes into the point."""
    point.grad = None
    value = f(point[0], point[1])
    value.backward()
{added}    return value'''

_RACE = '''\
def race(contender, start{given}):
    """Where a contender ends: x, y, the value there, and how it came to an end."""
    point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    {made} = contender([point]{lr})
    {loop}
        value = {call}.item()
        if step == 0:
            limit = {exploded} * max(1.0, abs(value))
            before = (*start, value)
        if not (abs(value) <= limit and point.isfinite().all()):
            return *before, f"diverged at step {{step}}"
        before = (*point.tolist(), value)
        if step == STEPS:
            break
{steps}
    return *before, "finished"'''

_SEARCH = '''\
def best_rate(contender):
    """The learning rate with the lowest value in the end."""
    finals = []
    for lr in RATES:
        *_, value, ended = race(contender, STARTS[0], float(lr))
        finals.append(value if ended == "finished" else np.inf)
    return float(RATES[np.argmin(finals)])'''

_SEARCH_SEEDS = '''\
def best_rate(contender):
    """The learning rate with the lowest value in the end, by the median over seeds of the noise."""
    medians = []
    for lr in RATES:
        races = [race(contender, STARTS[0], float(lr), seed) for seed in {seeds}]
        finals = [value if ended == "finished" else np.inf for *_, value, ended in races]
        medians.append(np.median(finals))
    return float(RATES[np.argmin(medians)])'''
