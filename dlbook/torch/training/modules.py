"""Any `nn.Module` as a function of its parameters: the form that every check takes."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

__all__ = ["hidden_values", "module_objective"]

ACTIVATIONS = (nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.Softplus)


def module_objective(
    model: nn.Module, loss: Callable = nn.functional.cross_entropy, *, autocast: str | None = None
) -> tuple[Callable, dict[str, Tensor]]:
    r"""Turn a module and a loss into a function of the parameters that returns value and gradient.

    $$(\theta, x, t) \mapsto \big(\ell(f_\theta(x), t),\ \nabla_\theta\, \ell\big)$$

    Parameters
    ----------
    model : any module; it is not changed, and its buffers keep their values.
    loss : a function of `(output, target)` with a scalar value.
    autocast : "bfloat16", or on a GPU "float16": matrix products run in sixteen bits, sums such as the softmax's in
        thirty-two, and the parameters and their gradients stay as they are. None computes all in their own dtype.

    Returns
    -------
    value_and_grad, params : as every check takes them; params maps the names of the parameters to copies.

    **Source** `torch.func.functional_call`, `torch.autocast`.
    **Book** eq-initial-loss
    """
    params = {name: p.detach().clone() for name, p in model.named_parameters()}
    buffers = {name: b.detach().clone() for name, b in model.named_buffers()}

    def cost(params, x, target):
        placed = {name: b.to(x.dtype) if b.is_floating_point() else b for name, b in buffers.items()}
        if autocast is None:
            return loss(torch.func.functional_call(model, (params, placed), (x,)), target)
        with torch.autocast(x.device.type, dtype=getattr(torch, autocast)):
            return loss(torch.func.functional_call(model, (params, placed), (x,)), target)

    def value_and_grad(params, x, target):
        free = {name: p.detach().requires_grad_() for name, p in params.items()}
        value = cost(free, x, target)
        grads = torch.autograd.grad(value, list(free.values()), materialize_grads=True)
        return value.detach(), dict(zip(free, grads, strict=True))

    return value_and_grad, params


def hidden_values(model: nn.Module) -> Callable[[dict[str, Tensor], Tensor], list[Tensor]]:
    """Turn a module into a function that returns what its activation modules say.

    Parameters
    ----------
    model : a module whose activations are modules of their own, `nn.ReLU` say.

    Returns
    -------
    A function of `(params, x)` that returns a list of tensors, in the order in which they were computed.

    **Source** `torch.nn.Module.register_forward_hook`.
    **Book** eq-dead-units
    """

    @torch.no_grad()
    def hidden(params, x):
        seen: list[Tensor] = []
        hooks = [
            module.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
            for module in model.modules() if isinstance(module, ACTIVATIONS)
        ]  # fmt: skip
        try:
            torch.func.functional_call(model, params, (x,))
        finally:
            for hook in hooks:
                hook.remove()
        return seen

    return hidden
