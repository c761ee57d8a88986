"""What a network has learnt: the twins of `dlbook.numpy.visualization`."""

from dlbook.torch.visualization.class_maps import class_activation, grad_cam
from dlbook.torch.visualization.codes import Principal, pca
from dlbook.torch.visualization.gradients import integrated_gradients, saliency, smooth_grad
from dlbook.torch.visualization.maps import Patches, maximal_patches
from dlbook.torch.visualization.occlusion import occlusion_map
from dlbook.torch.visualization.preferred import activation_maximization
from dlbook.torch.visualization.rules import guided_saliency, relu_backward
from dlbook.torch.visualization.sanity import inside_share, randomize, rank_correlation
from dlbook.torch.visualization.tsne import affinities, tsne, tsne_loss

__all__ = [
    "Patches",
    "Principal",
    "activation_maximization",
    "affinities",
    "class_activation",
    "grad_cam",
    "guided_saliency",
    "inside_share",
    "integrated_gradients",
    "maximal_patches",
    "occlusion_map",
    "pca",
    "randomize",
    "rank_correlation",
    "relu_backward",
    "saliency",
    "smooth_grad",
    "tsne",
    "tsne_loss",
]
