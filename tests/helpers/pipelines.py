"""Images and some 500 pipelines on which engines are compared."""

import itertools

import numpy as np

RANDOM = np.random.default_rng(7)
GREY = RANDOM.integers(0, 256, (7, 9, 1)).astype(np.uint8)
COLORS = RANDOM.integers(0, 256, (6, 8, 3)).astype(np.uint8)
FLOATS = RANDOM.normal(0, 40, (8, 6, 2))

KERNELS = ("'1 0; 0 1'", "edge", "sobel_x", "gaussian:5,1.1", "'1 2 3 4'", "'0.1; -2.5; 7'", "log5")
STRIDES = ("1", "2", "3x2")
PADDINGS = ("same", "same_lower", "valid", "full", "1", "2,0,1,3")
DILATIONS = ("1", "2x1")
BORDERS = ("edge", "reflect", "mirror", "wrap", "constant", "constant --fill 9")
MODES = ("max", "min", "mean", "sum", "median", "lp", "lp --p 3", "mean --count-include-pad")
CHAINS = (
    "gray", "gray | conv -k edge | abs", "conv -k emboss | relu | pool", "pool | pool -m mean",
    "conv -k sobel_x | leaky_relu --slope 0.2 | pool -s global -m mean", "pool | gray | tanh",
    "conv -k gaussian3 | sigmoid", "conv -k sharpen --stride 2 | conv -k '1 1' --padding full",
    "abs | gray", "pool -m median -s 3 --stride 1 --padding same | gray", "pool -m mean | gray",
    "pool -m median | gray", "conv -k edge --bias 12.5 --flip | tanh", "pool -s global",
    "conv -k '1 2 3; 4 5 6; 7 8 9' --anchor 0,2", "conv -k '1 2' --anchor 0,1 --padding same_lower",
    "conv -k '1 2 3; 4 5 6' --anchor 1,2 --dilation 2",
    "pool --size 1 --stride 4 --padding 0,2,0,1 --ceil",
    "pool --size 2 --stride 3 --padding 1 --ceil", "conv -k identity | gray", "relu | gray",
    "conv -k box5 | pool -s 3 --stride 1 --padding 1", "pool --footprint plus:5 --padding 2",
    "pool -m mean --footprint '1 0; 1 1' --count-include-pad --padding 1 --ceil",
    "pool -m median --footprint plus:3 --stride 1 --padding same | gray",
    "conv -k sobel_x -k sobel_y --combine magnitude | pool", "conv -k kirsch --combine abs-max",
    "conv -k '1 2' -k '3 4' --combine mean --anchor 0,1 --bias 2 --divisor 3 --padding full",
    "conv -k sobel_x -k edge -k sharpen --combine sum --border wrap --stride 2 | relu",
    "conv -k prewitt_x -k prewitt_y --combine abs-sum --dilation 2 --border constant --fill 3",
    "conv -k emboss -k '0.5 0 1; 2 0 -1; 0 1 0' --combine max --padding valid",
)  # fmt: skip


def _convolutions():
    every = list(itertools.product(KERNELS, STRIDES, PADDINGS, DILATIONS, BORDERS))
    picked = RANDOM.choice(len(every), 350, replace=False)
    for kernel, stride, padding, dilation, border in (every[i] for i in picked):
        yield (
            f"conv -k {kernel} --stride {stride} --padding {padding} --dilation {dilation} "
            f"--border {border}"
        )


def _pools():
    every = itertools.product(
        MODES, ("2", "3", "2x3"), ("", "--stride 1", "--stride 2x1"), ("", "--padding 1", "--ceil")
    )
    for mode, size, stride, more in every:
        yield f"pool -m {mode} --size {size} {stride} {more}"


PIPELINES = [*_convolutions(), *_pools(), *CHAINS]


def imaged(pipelines):
    """Each pipeline with one of the images in turn, the next one where it has no grey."""
    images = [GREY, COLORS, FLOATS]
    return [
        (words, next(i for i in images[n % 3 :] + images if "gray" not in words or i.shape[2] != 2))
        for n, words in enumerate(pipelines)
    ]
