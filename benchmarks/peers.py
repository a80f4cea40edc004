"""What convtool is compared with: the same sums by each of the peers that are installed."""

import importlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from .timing import Run

LARGE = 49
"""Weights from which on peers that go over every one are timed on a part of the image."""

PART = 12
"""The part: one twelfth of the rows. The time is multiplied by as much."""


def installed(name: str) -> ModuleType | None:
    """A module, or None if it is not there."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def set_threads(threads: int) -> None:
    """As many for each peer that can have more than one."""
    if cv2 := installed("cv2"):
        cv2.setNumThreads(threads)
    if torch := installed("torch"):
        torch.set_num_threads(threads)


def versions() -> dict[str, str]:
    """The peers that are here."""
    names = {"cv2": "OpenCV", "scipy": "SciPy", "PIL": "Pillow", "torch": "PyTorch"}
    names["skimage"] = "scikit-image"
    found = {names[name]: installed(name) for name in names}
    return {name: module.__version__ for name, module in found.items() if module}


def convolutions(
    image: Any, weights: Any, result: Any, separable: tuple[Any, Any] | None, box: bool
) -> Iterator[tuple[str, Run, int]]:
    """(name, run, how many times less than asked for it does) for one kernel on one image."""
    channels = 1 if image.ndim == 2 else image.shape[2]
    part = image[: len(image) // PART] if weights.size >= LARGE else image
    less = PART if weights.size >= LARGE else 1
    narrow = weights.astype(np.float32)
    if cv2 := installed("cv2"):
        depth = cv2.CV_8U if result == np.uint8 else cv2.CV_32F
        if not (image.dtype == np.float32 and result == np.uint8):  # filter2D has no such pair
            yield "OpenCV filter2D", lambda: cv2.filter2D(image, depth, narrow), 1
            if box:
                yield "OpenCV blur", lambda: cv2.blur(image, weights.shape[::-1]), 1
            if separable:
                column, row = (line.astype(np.float32) for line in separable)
                yield "OpenCV sepFilter2D", lambda: cv2.sepFilter2D(image, depth, row, column), 1
    if ndimage := installed("scipy.ndimage"):
        window = weights if channels == 1 else weights[..., np.newaxis]
        yield (
            "scipy.ndimage",
            lambda: ndimage.correlate(part, window, output=np.dtype(result), mode="nearest"),
            less,
        )
    if (signal := installed("scipy.signal")) and weights.size >= LARGE and result != np.uint8:
        planes = image.astype(np.float32).reshape(*image.shape[:2], channels)
        turned = narrow[::-1, ::-1, np.newaxis]
        yield "scipy oaconvolve", lambda: signal.oaconvolve(planes, turned, "same", axes=(0, 1)), 1
    if weights.shape in ((3, 3), (5, 5)) and image.dtype == result == np.uint8:
        filters, pillow = installed("PIL.ImageFilter"), installed("PIL.Image")
        if filters and pillow:
            picture = pillow.fromarray(image)
            kernel = filters.Kernel(weights.shape, weights.ravel().tolist(), scale=1)
            yield "Pillow", lambda: picture.filter(kernel), 1
    if (torch := installed("torch")) and image.dtype == result == np.float32:
        tensor = _tensor(torch, part)
        filters_ = torch.from_numpy(narrow).expand(channels, 1, *weights.shape).contiguous()
        padding = weights.shape[0] // 2
        conv = torch.nn.functional.conv2d
        yield (
            "torch conv2d",
            lambda: conv(tensor, filters_, padding=padding, groups=channels),
            less,
        )


def layer(image: Any, weights: Any) -> Iterator[tuple[str, Run, int]]:
    """A layer of several outputs."""
    if torch := installed("torch"):
        tensor = _tensor(torch, image).float()
        filters = torch.from_numpy(weights.astype(np.float32))
        conv = torch.nn.functional.conv2d
        yield "torch conv2d", lambda: conv(tensor, filters, padding=1), 1


def pools(image: Any, mode: str, size: int, stride: int) -> Iterator[tuple[str, Run, int]]:
    """Pooling of one image."""
    if torch := installed("torch"):
        tensor = _tensor(torch, image)
        functional = torch.nn.functional
        if mode == "mean":
            wide = tensor.float()
            yield "torch", lambda: functional.avg_pool2d(wide, size, stride), 1
        elif mode == "max":
            yield "torch", lambda: functional.max_pool2d(tensor, size, stride), 1
        else:  # torch pools no minimum: the largest of what is turned round
            yield "torch", lambda: -functional.max_pool2d(-tensor, size, stride), 1
    if (measure := installed("skimage.measure")) and size == stride:
        block = (size, size) if image.ndim == 2 else (size, size, 1)
        merge: Callable[..., Any] = getattr(np, mode)
        yield "scikit-image", lambda: measure.block_reduce(image, block, merge), 1


def _tensor(torch: ModuleType, image: Any) -> Any:
    """An image as (1, C, H, W), contiguous as torch likes it."""
    planes = image.reshape(*image.shape[:2], -1).transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(planes))[None]
