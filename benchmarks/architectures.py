"""Time training steps of whole networks, in images a second and in floating point operations a second.

Run it with `python -m benchmarks.architectures [--device cuda]`; on a GPU with the precisions and memory formats that
`dlbook train convnet` chooses there, compiled and not, beside the rate of a large product of matrices. `--record`
keeps what came out for the chapter, in `book/results/architectures_speed.json`.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Iterator

import torch
import torch.nn.functional as F

from dlbook.experiments.results import write
from dlbook.experiments.training import machine, versions
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
    for i in range(rounds + 3):  # three to warm up, in which kernels are chosen and a compiler works
        start = clock()
        step()
        if on_gpu:
            torch.cuda.synchronize()
        if i >= 3:
            times.append(clock() - start)
    return statistics.median(times)


Way = tuple[str, torch.dtype, torch.memory_format, bool]  # its name, precision, memory format, compiled or not


def ways(network: str, device: str, compiled: Iterable[str]) -> Iterator[Way]:
    """Name the ways of computing that a device has."""
    whole, last = torch.contiguous_format, torch.channels_last
    yield "float32", torch.float32, whole, False
    if not device.startswith("cuda"):
        yield "float32, channels last", torch.float32, last, False
        return
    yield "tf32", torch.float32, whole, False  # float32 whose products keep ten bits of each factor
    yield "bfloat16", torch.bfloat16, whole, False
    yield "bfloat16, channels last", torch.bfloat16, last, False
    if network in compiled:
        yield "bfloat16, channels last, compiled", torch.bfloat16, last, True


def allow_tf32(allowed: bool) -> None:
    """Let float32 products run on the matrix units, or not: PyTorch does for convolutions unless told."""
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = allowed


def product(device: str, dtype: torch.dtype, size: int) -> dict:
    """Time the product of two square matrices of random numbers, the most that a device does with any network."""
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    return {"images": None, "flops": 2 * size**3, "seconds": seconds(lambda: a @ b, device)}


def main() -> None:
    """Print one line for each network and way of computing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--batch", type=int, default=32, help="images of a step")
    parser.add_argument("--compiled", nargs="*", default=FULL, metavar="NETWORK",
                        help="which are compiled on a GPU too")
    parser.add_argument("--record", action="store_true", help="keep what came out for the book")
    options = parser.parse_args()
    device, batch, on_gpu = options.device, options.batch, options.device.startswith("cuda")
    pixels = 224 if on_gpu else 32
    if not on_gpu:
        torch.set_num_threads(1)
    print(f"{f'training, batches of {batch}, {pixels} pixels, {machine(device)}':<64}{'images/s':>12}{'GFLOP/s':>12}")
    records = []

    def note(network: str, way: str, found: dict) -> None:
        rates = [("" if found["images"] is None else f"{found['images'] / found['seconds']:.0f}"),
                 f"{found['flops'] / found['seconds'] / 1e9:.1f}"]  # fmt: skip
        print(f"{f'{network}, {way}':<64}{rates[0]:>12}{rates[1]:>12}", flush=True)
        records.append({"network": network, "way": way, **found, "pixels": pixels, "device": device,
                        "machine": machine(device), "versions": versions()})

    for name in ("float32", "tf32", "bfloat16") if on_gpu else ("float32",):
        allow_tf32(name == "tf32")
        dtype = torch.bfloat16 if name == "bfloat16" else torch.float32
        note("product of matrices", name, product(device, dtype, 8192 if on_gpu else 1024))
    for name in FULL if on_gpu else SLIM:
        for way, dtype, layout, compiled in ways(name, device, options.compiled):
            allow_tf32(way != "float32")
            torch.manual_seed(0)
            model = getattr(zoo, name)() if on_gpu else zoo.slim(name)
            flops = 3 * zoo.count(model, (3, pixels, pixels)).flops  # forward, and the gradients of both factors
            model = model.to(device, memory_format=layout)
            x = torch.randn(batch, 3, pixels, pixels, device=device).contiguous(memory_format=layout)
            spent = seconds(training_step(model, x, dtype, compiled=compiled), device)
            note(name, way, {"images": batch, "flops": batch * flops, "seconds": spent})
    if options.record:
        write("architectures_speed", records)


if __name__ == "__main__":
    main()
