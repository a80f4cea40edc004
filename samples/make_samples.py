"""Draw the sample pictures: flat areas, gradients, edges, texture and text-like detail.

    python samples/make_samples.py

writes scene.png (RGB), scene-gray.png, scene-alpha.png (RGBA), scene-16bit.png (16-bit grey),
sticker.png (RGBA, red where nothing is to be seen), sign.png (a mask), sunrise.gif (12 frames) and
matrix4x4.csv into this folder. The same pixels every time.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

HERE = Path(__file__).parent
HEIGHT, WIDTH = 320, 480
SCALE = 4  # drawn larger, then reduced, so that slanted edges are smooth

SUN = (372, 78, 34)  # column, row, radius


def draw() -> Image.Image:
    """The scene in colour."""
    rng = np.random.default_rng(7)
    rows = np.linspace(0, 1, HEIGHT)[:, None, None]
    sky = np.array([96, 150, 214]) * (1 - rows) + np.array([236, 222, 196]) * rows
    pixels = np.broadcast_to(sky, (HEIGHT, WIDTH, 3)).copy()

    meadow = HEIGHT - 84
    grass = np.array([84, 132, 62]) + rng.normal(0, 22, (84, WIDTH, 1)) * np.array([0.8, 1, 0.6])
    pixels[meadow:] = grass
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    picture = picture.resize((WIDTH * SCALE, HEIGHT * SCALE), Image.Resampling.NEAREST)

    pen = ImageDraw.Draw(picture)
    _sun(pen)
    _house(pen)
    _tree(pen, rng)
    _fence(pen)
    picture = picture.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    _sign(picture, rng)
    return picture


def _scaled(*values: float) -> list[float]:
    return [value * SCALE for value in values]


def _sun(pen: ImageDraw.ImageDraw) -> None:
    col, row, radius = SUN
    pen.ellipse(_scaled(col - radius, row - radius, col + radius, row + radius), (250, 226, 120))


def _house(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle(_scaled(60, 150, 214, 258), (206, 186, 160))
    for row in range(156, 258, 9):  # courses of bricks
        pen.line(_scaled(60, row, 214, row), (176, 150, 124), SCALE)
        shift = 9 if (row // 9) % 2 else 0
        for col in range(60 + shift, 214, 18):
            pen.line(_scaled(col, row, col, min(row + 9, 258)), (176, 150, 124), SCALE)
    pen.polygon(_scaled(46, 152, 137, 84, 228, 152), (146, 62, 52))
    pen.rectangle(_scaled(180, 92, 198, 130), (120, 54, 46))
    for left in (80, 164):
        pen.rectangle(_scaled(left, 176, left + 30, 208), (246, 244, 236))
        pen.rectangle(_scaled(left + 3, 179, left + 27, 205), (58, 74, 98))
        pen.line(_scaled(left + 15, 176, left + 15, 208), (246, 244, 236), 2 * SCALE)
        pen.line(_scaled(left, 192, left + 30, 192), (246, 244, 236), 2 * SCALE)
    pen.rectangle(_scaled(122, 200, 152, 258), (88, 56, 40))
    pen.ellipse(_scaled(144, 228, 149, 233), (222, 190, 92))


def _tree(pen: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    pen.rectangle(_scaled(296, 186, 310, 268), (92, 66, 46))
    for _ in range(420):  # leaves
        angle, reach = rng.uniform(0, 2 * np.pi), 52 * np.sqrt(rng.uniform())
        col, row = 303 + reach * np.cos(angle), 158 + 0.9 * reach * np.sin(angle)
        size = rng.uniform(2, 5)
        green = int(rng.uniform(70, 150))
        pen.ellipse(_scaled(col - size, row - size, col + size, row + size), (38, green, 42))


def _fence(pen: ImageDraw.ImageDraw) -> None:
    for col in range(352, 476, 12):
        pen.polygon(
            _scaled(col, 262, col, 226, col + 4, 218, col + 8, 226, col + 8, 262), (238, 238, 232)
        )
    pen.line(_scaled(348, 246, 478, 246), (214, 214, 206), 4 * SCALE)


def _sign(picture: Image.Image, rng: np.random.Generator) -> None:
    """A board with lines of strokes, as fine as print: some of them one pixel wide."""
    pen = ImageDraw.Draw(picture)
    pen.rectangle((240, 262, 340, 312), (250, 250, 250), (30, 30, 30))
    for top in range(267, 308, 8):
        col = 245
        while col < 334:
            for _ in range(int(rng.integers(2, 6))):  # the strokes of a word
                kind = rng.integers(3)
                if kind == 0:
                    pen.line((col, top, col, top + 5), (20, 20, 20))
                elif kind == 1:
                    pen.line((col, top + 5, col + 2, top), (20, 20, 20))
                else:
                    pen.rectangle((col, top + 2, col + 2, top + 5), None, (20, 20, 20))
                col += 4
                if col >= 334:
                    break
            col += 4


def with_alpha(picture: Image.Image) -> Image.Image:
    """The scene behind an oval with a soft rim."""
    row, col = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    distance = np.hypot(row, col)
    alpha = np.clip((1.05 - distance) / 0.25, 0, 1) * 255
    picture = picture.copy()
    picture.putalpha(Image.fromarray(np.rint(alpha).astype(np.uint8)))
    return picture


def sticker() -> Image.Image:
    """A blue star on nothing; the colour of that nothing is red."""
    side = 160
    turns = np.arange(10) * np.pi / 5
    reach = np.where(np.arange(10) % 2, 28, 68) * SCALE
    middle = side * SCALE / 2
    points = zip(middle + reach * np.sin(turns), middle - reach * np.cos(turns), strict=True)
    alpha = Image.new("L", (side * SCALE, side * SCALE))
    ImageDraw.Draw(alpha).polygon(list(points), 255)
    shown = np.asarray(alpha.resize((side, side), Image.Resampling.BOX)) > 127
    pixels = np.where(shown[..., None], (30, 80, 200, 255), (230, 30, 30, 0))
    return Image.fromarray(pixels.astype(np.uint8))


def sign() -> Image.Image:
    """Where the scene's board is: white, with a soft rim."""
    row, col = np.mgrid[:HEIGHT, :WIDTH]
    outside = np.hypot(np.maximum(abs(row - 287) - 25, 0), np.maximum(abs(col - 290) - 50, 0))
    return Image.fromarray(np.rint(np.clip(1 - outside / 8, 0, 1) * 255).astype(np.uint8))


def sunrise() -> list[Image.Image]:
    """A sun that comes up behind a hill, in few colours."""
    row, col = np.mgrid[:96, :160]
    hill = row > 78 - 20 * np.exp(-(((col - 45) / 40) ** 2))
    frames = []
    for step in range(12):
        sky = np.array([40, 60, 120]) + (row // 16)[..., None] * np.array([14, 8, 2]) + 4 * step
        up = np.hypot(row - (88 - 6 * step), col - 100) < 14
        pixels = np.where(up[..., None], (250, 226, 120), sky)
        pixels = np.where(hill[..., None], (40, 90, 50), pixels)
        frames.append(Image.fromarray(pixels.astype(np.uint8)))
    return frames


def deep(picture: Image.Image) -> Image.Image:
    """The scene in 16-bit grey: its luma in steps finer than 8 bits have."""
    red, green, blue = np.moveaxis(np.asarray(picture, dtype=np.float64), -1, 0)
    luma = (299 * red + 587 * green + 114 * blue) / 1000
    return Image.fromarray(np.rint(luma * 257).astype(np.uint16))


def layer() -> tuple[np.ndarray, np.ndarray]:
    """Weights (8, 3, 5, 5) and biases of a layer like the first of many networks: stripes of six
    directions in grey, and two contrasts of colours."""
    row, col = np.mgrid[-2:3, -2:3]
    fade = np.exp(-(row**2 + col**2) / 4)
    weights = []
    for angle in np.arange(6) * np.pi / 6:
        stripes = fade * np.sin(1.8 * (row * np.cos(angle) + col * np.sin(angle)))
        weights.append(np.stack([stripes / 3] * 3))
    for colors in ([1, -1, 0], [-0.5, -0.5, 1]):
        weights.append(np.multiply.outer(colors, fade / 4))
    biases = [*[0.0] * 6, -8.0, -8.0]
    return np.round(weights, 4).astype(np.float32), np.array(biases, np.float32)


def main() -> None:
    """Write every sample."""
    scene = draw()
    scene.save(HERE / "scene.png", optimize=True)
    scene.convert("L").save(HERE / "scene-gray.png", optimize=True)
    with_alpha(scene).save(HERE / "scene-alpha.png", optimize=True)
    sticker().save(HERE / "sticker.png", optimize=True)
    sign().save(HERE / "sign.png", optimize=True)
    first, *others = (frame.quantize(64) for frame in sunrise())
    first.save(HERE / "sunrise.gif", save_all=True, append_images=others, duration=120, loop=0)
    deep(scene).save(HERE / "scene-16bit.png", optimize=True)
    for name, array in zip(("conv1", "bias1"), layer(), strict=True):
        np.save(HERE / f"{name}.npy", array)
    (HERE / "matrix4x4.csv").write_text("1,3,2,1\n2,9,1,1\n1,3,2,3\n5,6,1,2\n")


if __name__ == "__main__":
    main()
