"""What a search evaluates: the training of a network."""

from collections.abc import Callable, Sequence

from dlbook.numpy.training.evaluations import table_evaluation
from dlbook.torch.deep_networks.network import mlp
from dlbook.torch.deep_networks.training import Split, train_mlp
from dlbook.torch.linear_classifiers.metrics import accuracy

__all__ = ["mlp_evaluation", "table_evaluation"]


def mlp_evaluation(
    train: Split, validation: Split, *, hidden: Sequence[int] = (50,), batch_size: int = 100, **fixed
) -> Callable:
    """Build the evaluation of a configuration of `train_mlp`: the accuracy on the validation set after some epochs."""

    def evaluate(config, budget, rng) -> float:
        options = {"batch_size": batch_size, **fixed, **config}
        widths = (options.pop("width"),) if "width" in options else hidden
        # Measured once, at the end: nobody looks at the curve of a trial.
        run = train_mlp(train, hidden=widths, epochs=int(budget), rng=rng, watch=False, **options)
        x, target = validation
        return float(accuracy(mlp(x, run.params, activation=options.get("activation", "relu")), target))

    return evaluate
