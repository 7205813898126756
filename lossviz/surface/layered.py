"""Plain stacks of layers, evaluated for many mixtures of a few parameter vectors at once.

Three observations make it fast. Points of a plane are mixtures ``1 origin + x u + y v``, and a
layer is linear in its parameters: the first layer's outputs are the same mixture of three that are
computed once. With the bias as one more column of the weight, and a row of ones below the
activations, a layer is one batched product and one elementwise function, written into memory that
is used again. And in float32, tanh is a sigmoid, which is never slow, whose factors, in
``tanh(z) = 2 sigmoid(2z) - 1``, are taken into the layers before and after: ``(2W) s + (b - W 1)``
is linear in W and b, so this too is done once.
"""

from __future__ import annotations

import threading

import torch
from torch import Tensor, nn

from lossviz.problem.space import ParamSpace
from lossviz.problem.stack import DenseStack

#: Activations of one chunk, in entries: two buffers of this size stay in a core's cache.
CACHE = 3 * 2**16
#: More points than this in one chunk gain nothing.
MOST = 256


class LayeredMixtures:
    """Outputs of a stack for mixtures of R parameter vectors, on fixed inputs.

    Memory, in entries: ``R (H N + P)`` for the part computed once, with a first layer of H units;
    and for a chunk of K points ``K (2 (W + 1) N + M)`` for each different width W of the hidden
    layers, with M parameters in the largest layer, for each thread that calls `outputs`. K is the
    most for which K W N and K M stay within 3 2^16 (1 where there is none, and never above 256).

    Args:
        stack: The layers.
        space: The order of the parameters.
        vectors: (R, P), what is mixed.
        inputs: (N, D).
    """

    def __init__(
        self,
        stack: DenseStack,
        space: ParamSpace,
        vectors: Tensor,
        inputs: Tensor,
    ) -> None:
        self.activations = [layer.activation for layer in stack.layers]
        self.as_sigmoid = vectors.dtype == torch.float32
        self.samples = inputs.shape[0]
        matrices = _matrices(stack, space, vectors, self.as_sigmoid)
        self.units = [m.shape[1] for m in matrices]
        bordered = torch.cat([inputs.T, torch.ones_like(inputs.T[:1])])
        self.first = (matrices[0] @ bordered).flatten(1)
        self.rest = [m.flatten(1).contiguous() for m in matrices[1:]]
        widest = max(max(self.units) * self.samples, *(m.shape[1] for m in self.rest), 1)
        self.chunk = max(1, min(MOST, CACHE // widest))
        self._own = threading.local()

    def outputs(self, mix: Tensor) -> Tensor:
        """Outputs (K, C, N) for mixtures (K, R): units before samples."""
        result = mix.new_empty(mix.shape[0], self.units[-1], self.samples)
        for start in range(0, mix.shape[0], self.chunk):
            part = slice(start, start + self.chunk)
            self._chunk(mix[part], result[part])
        return result

    def _chunk(self, mix: Tensor, result: Tensor) -> None:
        hidden = mix
        for i, units in enumerate(self.units[:-1]):
            linear, bordered = self._buffers(units, mix)
            self._linear(i, mix, hidden, linear)
            self._activate(self.activations[i], linear, bordered[:, :-1])
            hidden = bordered
        self._linear(len(self.units) - 1, mix, hidden, result)
        self._activate(self.activations[-1], result, result)

    def _linear(self, i: int, mix: Tensor, hidden: Tensor, out: Tensor) -> None:
        if i == 0:
            torch.mm(mix, self.first, out=out.view(mix.shape[0], -1))
        else:
            weight = (mix @ self.rest[i - 1]).view(mix.shape[0], self.units[i], -1)
            torch.bmm(weight, hidden, out=out)

    def _buffers(self, units: int, mix: Tensor) -> tuple[Tensor, Tensor]:
        """A place for a layer's linear outputs, and one for its activations and a row of ones."""
        count = mix.shape[0]
        memory = self._own.__dict__  # of this thread
        key = str(units)
        if key not in memory or len(memory[key][0]) < count:
            # All layers of one width share both: a layer reads the second, writes the first, and
            # only then overwrites the second.
            linear = mix.new_empty(count, units, self.samples)
            bordered = mix.new_ones(count, units + 1, self.samples)
            memory[key] = linear, bordered
        linear, bordered = memory[key]
        return linear[:count], bordered[:count]

    def _activate(self, activation: nn.Module | None, linear: Tensor, target: Tensor) -> None:
        if isinstance(activation, nn.Tanh):
            (torch.sigmoid if self.as_sigmoid else torch.tanh)(linear, out=target)
            if self.as_sigmoid and target is linear:
                target.mul_(2).sub_(1)
        elif isinstance(activation, nn.Sigmoid):
            torch.sigmoid(linear, out=target)
        elif isinstance(activation, nn.ReLU):
            torch.clamp_min(linear, 0, out=target)
        else:
            value = linear if activation is None else activation(linear)
            if value is not target:
                target.copy_(value)


def _matrices(
    stack: DenseStack, space: ParamSpace, vectors: Tensor, as_sigmoid: bool
) -> list[Tensor]:
    """Each layer's weights (R, H, D + 1), the bias last, the sigmoid's factors taken in."""
    params = space.unflatten(vectors)
    matrices = []
    after_tanh = False
    for layer in stack.layers:
        weight = params[layer.weight]
        bias = torch.zeros_like(weight[..., 0]) if layer.bias is None else params[layer.bias]
        if after_tanh:
            weight, bias = 2 * weight, bias - weight.sum(dim=-1)
        matrix = torch.cat([weight, bias.unsqueeze(-1)], dim=-1)
        after_tanh = as_sigmoid and isinstance(layer.activation, nn.Tanh)
        matrices.append(2 * matrix if after_tanh else matrix)
    return matrices
