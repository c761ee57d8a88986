"""Time training steps of whole networks, in images a second and in floating point operations a second.

Run it with `python -m benchmarks.architectures [device] [batch size]`; on a GPU with the precisions and memory
formats that `dlbook train convnet` chooses there, compiled and not.
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from dlbook.torch import architectures as zoo

FULL = ("alexnet", "vgg16", "googlenet", "resnet18", "resnet50", "densenet121", "convnext_tiny")
SLIM = ("alexnet", "vgg_bn", "googlenet", "plain", "resnet", "preact", "se", "densenet", "convnext")


def training_step(model: torch.nn.Module, x: torch.Tensor, dtype: torch.dtype, *, compiled: bool) -> Callable[[], None]:
    """Return a function that takes one step of SGD on a batch."""
    target = torch.arange(len(x), device=x.device) % 10
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    network = torch.compile(model) if compiled else model

    def step() -> None:
        with torch.autocast(x.device.type, dtype=dtype, enabled=dtype != torch.float32):
            scores = network(x)
            scores = scores[0] if isinstance(scores, tuple) else scores
            loss = F.cross_entropy(scores.float(), target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


def seconds(step: Callable[[], None], device: str, *, rounds: int = 10) -> float:
    """Return the median time of a step; on a processor that of one thread, on a GPU that on the clock."""
    on_gpu = device.startswith("cuda")
    clock = time.perf_counter if on_gpu else time.process_time
    times = []
    for i in range(rounds + 2):  # two to warm up, in which a compiler works
        start = clock()
        step()
        if on_gpu:
            torch.cuda.synchronize()
        if i >= 2:
            times.append(clock() - start)
    return statistics.median(times)


def main(device: str = "cpu", batch: int = 32) -> None:
    """Print one line for each network and way of computing."""
    on_gpu = device.startswith("cuda")
    size = 224 if on_gpu else 32
    ways = [("float32", torch.float32, torch.contiguous_format, False)]
    if on_gpu:
        ways += [("bfloat16", torch.bfloat16, torch.contiguous_format, False),
                 ("bfloat16, channels last", torch.bfloat16, torch.channels_last, False),
                 ("bfloat16, channels last, compiled", torch.bfloat16, torch.channels_last, True)]  # fmt: skip
    else:
        ways += [("float32, channels last", torch.float32, torch.channels_last, False)]
        torch.set_num_threads(1)
    named = torch.cuda.get_device_name(device) if on_gpu else "one thread"
    print(f"{f'training, batches of {batch}, {size} pixels, {named}':<64}{'images/s':>12}{'GFLOP/s':>12}")
    for name in FULL if on_gpu else SLIM:
        for told, dtype, layout, compiled in ways:
            torch.manual_seed(0)
            model = getattr(zoo, name)() if on_gpu else zoo.slim(name)
            flops = 3 * zoo.count(model, (3, size, size)).flops  # forward, and the gradients of both factors
            model = model.to(device, memory_format=layout)
            x = torch.randn(batch, 3, size, size, device=device).contiguous(memory_format=layout)
            spent = seconds(training_step(model, x, dtype, compiled=compiled), device)
            print(f"{f'{name}, {told}':<64}{batch / spent:>12.0f}{batch * flops / spent / 1e9:>12.1f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:3]))
