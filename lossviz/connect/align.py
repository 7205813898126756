"""`align`: the same network with its hidden units in another order, as near as possible to another.

A plain network computes the same when its hidden units are reordered, together with the weights
that lead into and out of them; and, where the activation is odd (tanh), when a unit's sign is
turned on both sides. Two training runs end in arbitrary ones of these copies, and the straight line
between two such copies crosses a hill that neither network has to do with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from lossviz.connect.ends import end_of
from lossviz.problem.model import ModuleModel
from lossviz.problem.problem import Problem
from lossviz.problem.space import Params, ParamSpace
from lossviz.problem.stack import DenseStack
from lossviz.problem.vector import Point
from lossviz.registry import SettingError

#: Activations with f(-z) = -f(z).
ODD: tuple[type[nn.Module], ...] = (nn.Tanh, nn.Identity)
#: More rounds over all layers than this are never needed in practice.
MOST_ROUNDS = 100

Order = tuple[NDArray[np.int64], Tensor]


@dataclass(frozen=True, eq=False)
class Alignment:
    """A network whose hidden units were reordered to match another one.

    Args:
        theta: (P,), the reordered network b, in the problem's precision.
        orders: For each hidden layer (H,): unit i of the aligned network is unit ``orders[l][i]``
            of b.
        signs: For each hidden layer (H,), 1 or -1: whether that unit was turned around.
        distance_before: The euclidean distance of b from a.
        distance: That of the aligned network from a; never larger.
        space: Names and shapes of the parameters.
    """

    theta: Tensor
    orders: tuple[NDArray[np.int64], ...]
    signs: tuple[Tensor, ...]
    distance_before: float
    distance: float
    space: ParamSpace

    @property
    def params(self) -> Params:
        """The aligned network as named tensors."""
        return self.space.unflatten(self.theta)

    @property
    def moved(self) -> int:
        """How many hidden units have another place or sign than in b."""
        return sum(
            int(((order != np.arange(len(order))) | (sign.numpy() < 0)).sum())
            for order, sign in zip(self.orders, self.signs, strict=True)
        )


def align(
    prob: Problem, a: Point, b: Point, seed: int = 0, *, signs: bool = True, tries: int = 3
) -> Alignment:
    r"""The copy of network b, with its hidden units reordered, that lies nearest to a.

    It computes what b computes, to rounding. The order is found by weight matching: layer by layer,
    with the others held, the order $P_l$ that is nearest to a,

    $$\max_{P_l} \; \langle W^a_l, P_l W^b_l P_{l-1}^\top \rangle
    + \langle W^a_{l+1}, P_{l+1} W^b_{l+1} P_l^\top \rangle + \langle b^a_l, P_l b^b_l \rangle$$

    is a linear assignment, which is solved exactly; the layers take turns in random order until
    none changes. Where a layer's activation is odd, each unit may be turned around as well. For one
    hidden layer the result is the nearest copy of all; for more it is one that no change of a
    single layer improves, the best of a few: from the order of b, from one found layer by layer
    from the inputs on (which undoes a mere reordering of a), and from random ones.

    Source: Entezari, Sedghi, Saukh and Neyshabur 2022; Ainsworth, Hayase and Srinivasa 2023 ("Git
    Re-Basin", algorithm 1); turning units around: Chen, Lu and Hecht-Nielsen 1993.

    How to read it: draw `line` from a to b and from a to the aligned network. What the second
    barrier lacks was only the names of the units; what remains is a real hill on the straight way,
    or an order that was not found.

    Args:
        prob: The problem, whose model is a plain stack of linear layers and activations.
        a: The network to match, as named tensors or one vector (P,).
        b: The network to reorder.
        seed: Of the order in which layers take turns.
        signs: Whether units of odd activations (tanh) may be turned around.
        tries: So many random orders to start from, beside the two others.

    Raises:
        SettingError: For any other model, ends that do not fit, or a negative number of tries.

    >>> net = nn.Sequential(nn.Linear(1, 2), nn.Tanh(), nn.Linear(2, 1))
    >>> prob = Problem.from_module(net, nn.MSELoss(), (torch.ones(2, 1), torch.ones(2, 1)))
    >>> a = torch.tensor([1.0, 2.0, 0.0, 0.5, 3.0, 4.0, 0.0])
    >>> b = torch.tensor([-2.0, 1.0, -0.5, 0.0, -4.0, 3.0, 0.0])
    >>> found = align(prob, a, b)
    >>> found.theta.tolist() == a.tolist(), found.orders[0].tolist(), found.distance
    (True, [1, 0], 0.0)
    """
    stack = _stack_of(prob)
    if tries < 0:
        raise SettingError(f"tries is {tries}, but must be 0 or more.")
    first, last = end_of(prob, a, "a"), end_of(prob, b, "b")
    net_a, net_b = (_matrices(stack, prob.space, theta) for theta in (first, last))
    odd = [signs and isinstance(layer.activation, ODD) for layer in stack.layers[:-1]]
    generator = np.random.default_rng(seed)
    starts = [_as_it_is(net_b), _from_the_inputs(net_a, net_b, odd)]
    starts += [_at_random(net_b, generator) for _ in range(tries)]
    found = [_match(net_a, net_b, odd, start, generator) for start in starts]
    orders = min(found, key=lambda found: _apart(net_a, _reordered(net_b, found)))
    theta = _reordered_vector(stack, prob.space, last, orders)
    return Alignment(
        theta,
        tuple(order for order, _ in orders),
        tuple(sign for _, sign in orders),
        float((last.double() - first.double()).norm()),
        float((theta.double() - first.double()).norm()),
        prob.space,
    )


def _stack_of(prob: Problem) -> DenseStack:
    stack = prob.model.stack if isinstance(prob.model, ModuleModel) else None
    if stack is None:
        raise SettingError(
            "Hidden units can be aligned only in a plain stack of linear layers and activations; "
            "this model is something else. Join its ends by a low-loss curve instead."
        )
    return stack


def _matrices(stack: DenseStack, space: ParamSpace, theta: Tensor) -> list[Tensor]:
    """Each layer's weights and bias (H, D + 1) in float64 on the CPU; no bias counts as zero."""
    params = space.unflatten(theta.to("cpu", torch.float64))
    found = []
    for layer in stack.layers:
        weight = params[layer.weight]
        bias = torch.zeros_like(weight[:, 0]) if layer.bias is None else params[layer.bias]
        found.append(torch.cat([weight, bias[:, None]], dim=1))
    return found


def _as_it_is(net: Sequence[Tensor]) -> list[Order]:
    return [(np.arange(len(matrix)), matrix.new_ones(len(matrix))) for matrix in net[:-1]]


def _at_random(net: Sequence[Tensor], generator: np.random.Generator) -> list[Order]:
    sizes = [len(matrix) for matrix in net[:-1]]
    return [(generator.permutation(size), torch.ones(size).double()) for size in sizes]


def _from_the_inputs(
    net_a: Sequence[Tensor], net_b: Sequence[Tensor], odd: Sequence[bool]
) -> list[Order]:
    """Each layer by the weights that lead into it alone: the inputs have no order to be found."""
    orders: list[Order] = []
    for number, own_odd in enumerate(odd):
        into = _columns(net_b[number], orders[-1] if orders else None)
        orders.append(_assigned(net_a[number] @ into.T, own_odd))
    return orders


def _match(
    net_a: Sequence[Tensor],
    net_b: Sequence[Tensor],
    odd: Sequence[bool],
    start: Sequence[Order],
    generator: np.random.Generator,
) -> list[Order]:
    """An order of each hidden layer of b that no change of a single one brings nearer to a."""
    orders = list(start)
    for _ in range(MOST_ROUNDS):
        changed = False
        for layer in generator.permutation(len(orders)):
            alike = _alike(net_a, net_b, orders, int(layer))
            best = _assigned(alike, odd[layer])
            # Rounding alone must not keep it going.
            gain = _worth(alike, best) - _worth(alike, orders[layer])
            if gain > 1e-12 * (1 + float(alike.abs().max())):
                orders[layer], changed = best, True
        if not changed:
            break
    return orders


def _alike(
    net_a: Sequence[Tensor], net_b: Sequence[Tensor], orders: Sequence[Order], layer: int
) -> Tensor:
    """How alike each unit of a (rows) and of b (columns) is, (H, H): products of their weights."""
    into = _columns(net_b[layer], orders[layer - 1] if layer else None)
    out = net_b[layer + 1]
    if layer + 1 < len(orders):
        out = _rows(out, orders[layer + 1])
    return net_a[layer] @ into.T + net_a[layer + 1][:, :-1].T @ out[:, :-1]


def _assigned(alike: Tensor, odd: bool) -> Order:
    worth = alike.abs() if odd else alike
    _, order = linear_sum_assignment(worth.numpy(), maximize=True)
    sign = torch.ones(len(order), dtype=torch.float64)
    if odd:
        sign[alike[torch.arange(len(order)), torch.from_numpy(order)] < 0] = -1.0
    return np.asarray(order, dtype=np.int64), sign


def _worth(alike: Tensor, order: Order) -> float:
    places, sign = order
    return float((alike[torch.arange(len(places)), torch.from_numpy(places)] * sign).sum())


def _rows(matrix: Tensor, order: Order) -> Tensor:
    """A layer's units in another order."""
    places, sign = order
    return matrix[torch.from_numpy(places)] * sign[:, None].to(matrix)


def _columns(matrix: Tensor, order: Order | None) -> Tensor:
    """The weights that lead from reordered units, the bias column staying where it is."""
    if order is None:
        return matrix
    places, sign = order
    return torch.cat([matrix[:, torch.from_numpy(places)] * sign, matrix[:, -1:]], dim=1)


def _reordered(net: Sequence[Tensor], orders: Sequence[Order]) -> list[Tensor]:
    """Every layer with its units, and those before it, in their order."""
    found = []
    for number, matrix in enumerate(net):
        turned = _columns(matrix, orders[number - 1] if number else None)
        found.append(_rows(turned, orders[number]) if number < len(orders) else turned)
    return found


def _apart(net_a: Sequence[Tensor], net_b: Sequence[Tensor]) -> float:
    return sum(float((x - y).square().sum()) for x, y in zip(net_a, net_b, strict=True))


def _reordered_vector(
    stack: DenseStack, space: ParamSpace, theta: Tensor, orders: Sequence[Order]
) -> Tensor:
    """The network (P,) with its units in their order; entries are only moved and negated."""
    matrices = _reordered(_matrices(stack, space, theta), orders)
    params = dict(space.unflatten(theta.to("cpu", torch.float64)))
    for layer, matrix in zip(stack.layers, matrices, strict=True):
        params[layer.weight] = matrix[:, :-1]
        if layer.bias is not None:
            params[layer.bias] = matrix[:, -1]
    return space.flatten(params).to(theta)
