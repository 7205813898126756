"""Each loss equals torch's own on a single model, and many models at once equal one by one."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from lossviz import testing
from lossviz.problem.losses.cross_entropy import CrossEntropy, cross_entropy
from lossviz.problem.losses.probabilities import nearest_distribution, one_against_rest, softmax
from lossviz.problem.losses.targets import columns, signs
from lossviz.registry import Shape, losses
from tests.surface.elsewhere import Elsewhere

BINARY = Shape("classification", 2, 2)
MANY = Shape("classification", 2, 5)
VALUES = Shape("regression", 2, 0)


def twin_cross_entropy(outputs, targets, label_smoothing):
    return F.cross_entropy(outputs, targets, label_smoothing=label_smoothing)


def twin_bce(outputs, targets, pos_weight):
    wanted = targets[:, None] if outputs.shape[1] == 1 else F.one_hot(targets, outputs.shape[1])
    weight = torch.tensor(pos_weight, dtype=outputs.dtype)
    return F.binary_cross_entropy_with_logits(outputs, wanted.to(outputs), pos_weight=weight)


def twin_hinge(outputs, targets, margin, squared):
    if outputs.shape[1] == 1:
        sign = (2 * targets - 1).to(outputs)
        pair = outputs[:, 0], torch.zeros_like(outputs[:, 0]), sign
        each = F.margin_ranking_loss(*pair, margin=margin, reduction="none")
        return (each.square() if squared else each).mean()
    return F.multi_margin_loss(outputs, targets, p=2 if squared else 1, margin=margin)


def twin_weighted(outputs, targets, strength):
    counts = torch.bincount(targets, minlength=outputs.shape[1]).clamp(min=1).to(outputs)
    return F.cross_entropy(outputs, targets, weight=counts**-strength)


def twin_focal(outputs, targets, gamma, alpha):
    """Sample by sample and class by class, as the paper has it."""
    terms = []
    for row, target in zip(outputs, dense(outputs, targets), strict=True):
        for f, wanted in zip(row, target, strict=True):
            p = torch.sigmoid(f) if wanted else torch.sigmoid(-f)
            weight = (alpha if wanted else 1 - alpha) if alpha else 1
            terms.append(-weight * (1 - p) ** gamma * torch.log(p))
    return torch.stack(terms).mean()


def twin_kl(outputs, targets, smoothing):
    count = outputs.shape[1]
    wanted = (1 - smoothing) * F.one_hot(targets, count).to(outputs) + smoothing / count
    return F.kl_div(outputs.log_softmax(1), wanted, reduction="batchmean")


def twin_soft_f1(outputs, targets, smooth):
    """One less twice the true positives over all that are or are called positive."""
    chances, wanted = torch.sigmoid(outputs), dense(outputs, targets)
    scores = []
    for p, t in zip(chances.T, wanted.T, strict=True):
        hits = sum(a * b for a, b in zip(p, t, strict=True))
        room = smooth * len(p)
        scores.append((2 * hits + room) / (p.sum() + t.sum() + room))
    return 1 - sum(scores) / len(scores)


def twin_quantile(outputs, targets, tau):
    error = targets - outputs
    return torch.where(error >= 0, tau * error, (tau - 1) * error).mean()


def twin_poisson(outputs, targets):
    return F.poisson_nll_loss(F.softplus(outputs), targets, log_input=False, eps=0)


def twin_gaussian(outputs, targets, floor):
    variance = F.softplus(outputs[:, 1:]) + floor
    return F.gaussian_nll_loss(outputs[:, :1], targets, variance, eps=1e-9)


def dense(outputs, targets):
    if targets.is_floating_point():
        return targets
    if outputs.shape[1] == 1:
        return targets[:, None].to(outputs)
    return F.one_hot(targets, outputs.shape[1]).to(outputs)


TWINS = {
    "cross_entropy": twin_cross_entropy,
    "bce_with_logits": twin_bce,
    "hinge": twin_hinge,
    "mse": lambda o, t: F.mse_loss(o, dense(o, t)),
    "mae": lambda o, t: F.l1_loss(o, dense(o, t)),
    "huber": lambda o, t, delta: F.huber_loss(o, dense(o, t), delta=delta),
    "weighted_cross_entropy": twin_weighted,
    "focal": twin_focal,
    "kl_divergence": twin_kl,
    "soft_f1": twin_soft_f1,
    "sigmoid_mse": lambda o, t: F.mse_loss(torch.sigmoid(o), dense(o, t)),
    "quantile": twin_quantile,
    "poisson_nll": twin_poisson,
    "gaussian_nll": twin_gaussian,
    "log_cosh": lambda o, t, scale: scale**2 * ((o - t) / scale).cosh().log().mean(),
    "smooth_l1": lambda o, t, beta: F.smooth_l1_loss(o, dense(o, t), beta=beta),
}


def test_every_loss_has_a_twin():
    assert set(TWINS) == set(losses.names())


def cases():
    for name in TWINS:
        for shape in (BINARY, MANY, VALUES):
            if shape.task in losses[name].tasks:
                for params in testing.corners(losses[name]):
                    yield pytest.param(name, shape, params, id=f"{name}-{shape.classes}-{params}")


def example(name, shape, models=3, samples=11, dtype=torch.float64):
    generator = torch.Generator().manual_seed(3)
    size = (models, samples, losses[name].outputs(shape))
    outputs = 3 * torch.randn(size, generator=generator, dtype=dtype)
    if shape.task == "regression":
        targets = torch.randn(samples, 1, generator=generator, dtype=dtype)
        return outputs, targets.abs() if losses[name].scalings else targets
    return outputs, torch.randint(shape.classes, (samples,), generator=generator)


@pytest.mark.parametrize(("name", "shape", "params"), list(cases()))
def test_equals_torch_in_value_and_gradient(name, shape, params):
    outputs, targets = example(name, shape)
    outputs.requires_grad_()
    criterion = losses[name].make(shape.classes, **params)
    found = criterion(outputs, targets)
    expected = torch.stack([TWINS[name](row, targets, **params) for row in outputs])
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
    (gradient,) = torch.autograd.grad(found.sum(), outputs)
    (expected,) = torch.autograd.grad(expected.sum(), outputs)
    torch.testing.assert_close(gradient, expected, rtol=1e-10, atol=1e-14)


FAR = [(name, shape) for name in TWINS for shape in (BINARY, MANY, VALUES)
       if shape.task in losses[name].tasks]  # fmt: skip


@pytest.mark.parametrize(("name", "shape"), FAR, ids=lambda v: getattr(v, "classes", v))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_outputs_far_out_give_finite_losses_and_slopes(name, shape, dtype):
    """Also where a model is surely wrong: cross-entropy's slope is then largest, not NaN."""
    _, targets = example(name, shape, dtype=dtype)
    for far in (-1e4, -100.0, 100.0, 1e4):
        for params in testing.corners(losses[name]):
            outputs = torch.zeros(11, losses[name].outputs(shape), dtype=dtype)
            outputs[:, 0] = far
            outputs.requires_grad_()
            loss = losses[name].make(shape.classes, **params)(outputs, targets)
            (slope,) = torch.autograd.grad(loss, outputs)
            assert loss.isfinite(), (params, far)
            assert slope.isfinite().all(), (params, far)


@pytest.mark.parametrize(("name", "shape", "params"), list(cases()))
def test_a_loss_is_the_same_where_its_outputs_lie_on_another_device(name, shape, params):
    outputs, targets = example(name, shape)
    entry = losses[name]
    criterion = entry.make(shape.classes, **params)
    with Elsewhere():
        found = criterion(outputs.to("meta"), targets.to("meta")).cpu()
        torch.testing.assert_close(found, criterion(outputs, targets))
        if shape.classes:
            chances = entry.probabilities(outputs.to("meta")).cpu()
            torch.testing.assert_close(chances, entry.probabilities(outputs))


def test_the_squared_error_hardly_learns_where_it_is_surely_wrong():
    outputs = torch.tensor([[10.0]], dtype=torch.float64, requires_grad=True)
    slopes = {}
    for name in ("sigmoid_mse", "bce_with_logits"):
        loss = losses[name].make(2, **losses[name].defaults())(outputs, torch.tensor([0]))
        (slopes[name],) = torch.autograd.grad(loss, outputs)
    assert slopes["sigmoid_mse"].item() == pytest.approx(2 * math.exp(-10), rel=1e-3)
    assert slopes["bce_with_logits"].item() == pytest.approx(1, rel=1e-3)


def test_the_best_constants_are_mean_median_and_quantile():
    y = torch.tensor([0.0, 1.0, 2.0, 3.0, 44.0], dtype=torch.float64)[:, None]
    guesses = torch.linspace(0, 44, 4401, dtype=torch.float64)
    outputs = guesses[:, None, None].expand(-1, 5, 1)

    def best(name, **params):
        criterion = losses[name].make(0, **losses[name].complete(params))
        return guesses[criterion(outputs, y).argmin()].item()

    assert best("mse") == pytest.approx(10)
    assert best("mae") == pytest.approx(2)
    assert best("quantile", tau=0.7) == pytest.approx(3)
    assert best("poisson_nll") == pytest.approx(10, abs=0.01)  # the rate is the output there
    assert losses["poisson_nll"].values(torch.zeros(1)).item() == pytest.approx(math.log(2))


def test_balanced_weights_give_the_mean_of_the_classes_mean_losses():
    outputs, targets = example("weighted_cross_entropy", MANY, models=1, samples=40)
    criterion = losses["weighted_cross_entropy"].make(5, strength=1.0)
    each = F.cross_entropy(outputs[0], targets, reduction="none")
    means = torch.stack([each[targets == c].mean() for c in range(5)])
    torch.testing.assert_close(criterion(outputs[0], targets), means.mean())


def test_the_divergence_from_its_own_target_is_nothing():
    target = torch.tensor([[0.9, 0.1]], dtype=torch.float64)
    criterion = losses["kl_divergence"].make(2, smoothing=0.2)
    assert criterion(target.log(), torch.tensor([0])).item() == pytest.approx(0, abs=1e-15)


def test_the_soft_score_of_decisions_is_the_score():
    from sklearn.metrics import f1_score

    outputs, targets = example("soft_f1", BINARY, models=1, samples=60)
    decided = 1e3 * outputs[0].sign()
    found = losses["soft_f1"].make(2, smooth=1e-6)(decided, targets)
    score = f1_score(targets.numpy(), (decided[:, 0] > 0).numpy())
    assert 1 - found.item() == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_cross_entropy_keeps_its_digits_when_the_model_is_sure(classes):
    outputs = torch.zeros(1, classes)
    outputs[0, 0] = 10_000.0
    outputs[0, 1] = 9_990.0
    found = cross_entropy(outputs, torch.tensor([0]))
    assert found.item() == pytest.approx(math.exp(-10), rel=2e-3)


def test_cross_entropy_of_guessing_is_the_log_of_the_number_of_classes():
    for classes in (2, 3, 10):
        found = cross_entropy(torch.zeros(4, classes), torch.arange(4) % classes)
        assert found.item() == pytest.approx(math.log(classes))


def test_cross_entropy_of_two_distributions():
    """An example in print: targets (.9, .1), prediction (.8, .2), in nats."""
    f = torch.log(torch.tensor([[0.8, 0.2]], dtype=torch.float64))
    # Label smoothing .2 turns the target into (.9, .1).
    assert cross_entropy(f, torch.tensor([0]), 0.2).item() == pytest.approx(0.3618, abs=5e-5)


def test_targets_in_their_forms():
    assert signs(torch.tensor([0, 1]), torch.zeros(1)).tolist() == [-1, 1]
    values = torch.tensor([[0.5], [2.0]])
    assert columns(values, torch.zeros(2, 1)) is values
    assert columns(torch.tensor([1, 0]), torch.zeros(2, 1)).tolist() == [[1], [0]]
    assert columns(torch.tensor([1, 0]), torch.zeros(2, 3)).tolist() == [[0, 1, 0], [1, 0, 0]]


finite = st.floats(-50, 50)


@pytest.mark.parametrize("form", [softmax, one_against_rest, nearest_distribution])
@given(rows=st.lists(st.lists(finite, min_size=3, max_size=3), min_size=1, max_size=4))
def test_probabilities_are_a_distribution_and_keep_the_favourite(form, rows):
    outputs = torch.tensor(rows, dtype=torch.float64)
    found = form(outputs)
    assert (found >= 0).all()
    torch.testing.assert_close(found.sum(-1), torch.ones(len(rows), dtype=torch.float64))
    favourite = found.gather(-1, outputs.argmax(-1, keepdim=True)).squeeze(-1)
    torch.testing.assert_close(favourite, found.amax(-1))


@pytest.mark.parametrize("form", [softmax, one_against_rest])
@given(f=finite)
def test_one_output_is_the_logit_of_class_1(form, f):
    found = form(torch.tensor([[f]], dtype=torch.float64))
    assert found[0, 1].item() == pytest.approx(1 / (1 + math.exp(-f)))
    assert found.sum().item() == pytest.approx(1)


def test_very_negative_logits_still_give_probabilities():
    found = one_against_rest(torch.full((1, 3), -500.0))
    torch.testing.assert_close(found, torch.full((1, 3), 1 / 3))


def test_the_nearest_distribution_leaves_a_distribution_alone():
    p = torch.tensor([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0]])
    torch.testing.assert_close(nearest_distribution(p), p)


def test_the_nearest_distribution_is_nearest():
    outputs = torch.tensor([0.9, 0.4, -0.3], dtype=torch.float64)
    found = nearest_distribution(outputs[None])[0]
    steps = torch.linspace(0, 1, 101, dtype=torch.float64)
    a, b = torch.meshgrid(steps, steps, indexing="ij")
    grid = torch.stack([a, b, 1 - a - b], -1)[a + b <= 1]
    assert (found - outputs).square().sum() <= (grid - outputs).square().sum(-1).min() + 1e-12


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
def test_the_slope_of_two_classes_is_autograds_to_the_bit(dtype, label_smoothing):
    criterion = CrossEntropy(label_smoothing)
    targets = torch.randint(0, 2, (11,))
    outputs = (5 * torch.randn(3, 11, 2, dtype=dtype)).requires_grad_()
    expected = criterion(outputs, targets)
    (slope,) = torch.autograd.grad(expected.sum(), outputs)
    found = criterion.with_slope(outputs.detach(), targets)
    assert torch.equal(found[0], expected)
    assert torch.equal(found[1], slope)


def test_what_is_kept_for_the_slope_is_that_of_the_targets():
    criterion = CrossEntropy(0.1)
    targets, others = torch.tensor([0, 1, 1, 0]), torch.tensor([1, 0, 1, 1])
    calls = [(3, targets), (3, targets), (2, targets), (3, others), (2, targets[:3])]
    for dtype in (torch.float32, torch.float64):
        for count, wanted in calls:
            outputs = torch.randn(count, len(wanted), 2, dtype=dtype)
            fresh = CrossEntropy(0.1).with_slope(outputs, wanted)
            for found, expected in zip(criterion.with_slope(outputs, wanted), fresh, strict=True):
                assert torch.equal(found, expected)
    outputs = torch.randn(3, 4, 2)
    before = criterion.with_slope(outputs, targets)
    targets.copy_(others)
    after = criterion.with_slope(outputs, targets)
    assert torch.equal(after[0], CrossEntropy(0.1).with_slope(outputs, others)[0])
    assert not torch.equal(before[0], after[0])


def test_more_classes_are_left_to_autograd():
    assert CrossEntropy().with_slope(torch.zeros(4, 3), torch.zeros(4, dtype=torch.long)) is None
