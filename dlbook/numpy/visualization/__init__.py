"""What a network has learnt: maps of what matters in an image, images that a unit likes, and maps of codes."""

from dlbook.numpy.visualization.class_maps import class_activation, grad_cam
from dlbook.numpy.visualization.codes import Principal, pca
from dlbook.numpy.visualization.gradients import integrated_gradients, saliency, smooth_grad
from dlbook.numpy.visualization.maps import Patches, maximal_patches
from dlbook.numpy.visualization.occlusion import occlusion_map
from dlbook.numpy.visualization.preferred import activation_maximization
from dlbook.numpy.visualization.rules import guided_saliency, relu_backward
from dlbook.numpy.visualization.sanity import inside_share, randomize, rank_correlation
from dlbook.numpy.visualization.tsne import affinities, tsne, tsne_loss

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
