"""Blocks painted in pixels."""

from PIL import Image, ImageDraw

from .block import GROUND, Block, Box, Line, Mark, Picture, Placed, Polygon, Text
from .font import font


def painted(block: Block) -> Image.Image:
    """A block as a picture in RGB, of its size."""
    image = Image.new("RGB", block.size, GROUND)
    pencil = ImageDraw.Draw(image)
    for mark in block.marks:
        _paint(mark, image, pencil)
    return image


def scaled(picture: Picture) -> Image.Image:
    """An array of colours as it is drawn."""
    image = Image.fromarray(picture.colors)
    size = image.width * picture.scale, image.height * picture.scale
    return image.resize(size, Image.Resampling.NEAREST)


def _paint(mark: Mark, image: Image.Image, pencil: ImageDraw.ImageDraw) -> None:
    match mark:
        case Text(x, y, text, size, color, anchor):
            pencil.text((x, y), text, color, font(size), anchor)
        case Box(left, top, right, bottom, fill, outline, width):
            pencil.rectangle((left, top, right, bottom), fill, outline, width)
        case Line(start, end, color, width):
            pencil.line((start, end), color, width)
        case Polygon(corners, color):
            pencil.polygon(corners, color)
        case Picture():
            image.paste(scaled(mark))
        case Placed(x, y, block):
            image.paste(painted(block), (x, y))
