"""What a search evaluates: the training of a network."""

from collections.abc import Callable, Sequence

from dlbook.numpy.training.evaluations import table_evaluation
from dlbook.torch.deep_networks.training import Split, train_mlp

__all__ = ["mlp_evaluation", "table_evaluation"]


def mlp_evaluation(
    train: Split, validation: Split, *, hidden: Sequence[int] = (50,), batch_size: int = 100, **fixed
) -> Callable:
    """Build the evaluation of a configuration of `train_mlp`: the accuracy on the validation set after some epochs."""

    def evaluate(config, budget, rng) -> float:
        options = {**fixed, **config}
        widths = (options.pop("width"),) if "width" in options else hidden
        options = {"batch_size": batch_size, **options}
        run = train_mlp(train, validation, hidden=widths, epochs=int(budget), rng=rng, **options)
        return float(run.measured["validation_accuracy"][-1])

    return evaluate
