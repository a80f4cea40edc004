"""What is run: cases of one or several commands, grouped by what they are about."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

STDIN_OF_BEFORE = object()
"""In place of bytes on stdin: what the command before printed."""

BOTH = ("stdin", "stdout", "stderr")
"""The streams of somebody who sits at a terminal."""


class Step(NamedTuple):
    """One command."""

    words: tuple[str, ...]
    """What follows `convtool` on the command line."""
    stdin: bytes | str | object = b""
    """Bytes; the name of a file, as `< FILE`; or `STDIN_OF_BEFORE`."""
    env: dict[str, str] = {}  # noqa: RUF012
    terminal: tuple[str, ...] = ()
    """Those of its streams that are a terminal."""
    folder: str = "."
    """The current folder, among the inputs."""


class Case(NamedTuple):
    """Commands that run one after another in a folder of inputs, and what they are called."""

    name: str
    steps: tuple[Step, ...]
    unordered: bool = False
    """Whether lines come in any order, as those of images that are worked on at once."""


def case(name: str, *words: str, unordered: bool = False, **extra: object) -> Case:
    """A case of one command."""
    return Case(name, (Step(words, **extra),), unordered)  # type: ignore[arg-type]


def piped(name: str, *commands: str | tuple[str, ...], start: bytes | str = b"") -> Case:
    """A case of commands joined by pipes; of one given as text the words stand apart by blanks."""
    lists = [tuple(one.split()) if isinstance(one, str) else one for one in commands]
    steps = [Step(words, STDIN_OF_BEFORE if i else start) for i, words in enumerate(lists)]
    return Case(name, tuple(steps))


KERNELS = (
    *("identity", "edge", "laplacian", "sobel_x", "sobel_y", "prewitt_x", "prewitt_y", "scharr_x"),
    *("scharr_y", "roberts_x", "roberts_y", "sharpen", "unsharp", "emboss", "box3", "box5"),
    *("gaussian3", "gaussian5", "gaussian7", "log5", "motion9", "highpass", "ridge", "kirsch"),
    "robinson",
)
MADE = (
    *("gaussian", "gaussian:7,1.5", "gaussian:5x3", "gaussian:sigma=2", "box", "box:4x2", "disk"),
    *("disk:9", "disk:radius=2.5", "triangle", "triangle:5", "binomial", "binomial:5x4", "motion"),
    *("motion:15,30", "motion:angle=45", "laplacian:5", "log:sigma=1", "log:13,1.5", "dog"),
    *("dog:sigma=1,sigma2=2", "sobel:5,y", "sobel:7", "gabor", "gabor:21,8,45"),
    *("gabor:size=9,aspect=2,phase=90", "unsharp:5,0.5", "unsharp:7,,1.5", "comet"),
    *("comet:7,200,2", "gaussian:sigma=2,sigma2=1", "gaussian:9x6,2,0.5,30", "circle:2.3", "ring"),
    *("ring:outer=3", "diamond", "octagon:3", "plus", "cross:1", "freichen", "freichen:3"),
    *("freichen:7", "laplacian:number=0", "laplacian:number=19"),
)
FILES = (
    *("k-grid.json", "k-whole.json", "k-bank.json", "k-float.json", "k-mark.json", "k-same.json"),
    *("k-rows.txt", "k-set.txt", "k-ninth.txt", "k-bank.txt", "k-plain.npy", "k-float.npy"),
    *("k-bool.npy", "layer.npy", "layer-one.npy", "layer-gray.npy", "k-vips.mat", "k-even.mat"),
    *("k-fine.mat", "k-magick.kernel", "k-bank.kernel", "k-turns.kernel", "k-quarter.kernel"),
    *("k-mirror.kernel", "k-spot.png", "k-alpha.png", "k-color.png", "k-deep.png", "k-spot.bmp"),
    *("k-large.txt", "k-grid"),
)
IN_PLACE = (
    *("1", "-1", "1 2 1", "0 -1 0; -1 5 -1; 0 -1 0", "1/9 1/9; 1/9 1/9", "0.1,0.2;0.3,0.4"),
    *("1e-3 2E2", "3x3: 0,1,0 1,-4,1 0,1,0", "2x2+0+0: 1 2 3 4", "3x3@: 1,2,1 0,0,0 -1,-2,-1"),
    *("1 0\n0 1", "9" * 15, "0", "1;2;3"),
)
BAD_KERNELS = (
    *(f"bad/{name}.json" for name in (
        "cut", "ragged", "empty", "none", "text", "null", "number", "key", "zero", "anchor",
        "anchor3", "bias", "bank", "both", "nan", "deep", "digits")),
    *(f"bad/{name}.txt" for name in (
        "ragged", "word", "key", "late", "twice", "only", "empty", "comment", "divides", "two",
        "binary")),
    *(f"bad/{name}.npy" for name in ("line", "cube", "nan", "complex", "none", "cut")),
    *(f"bad/{name}.mat" for name in ("matlab", "short", "long", "row", "head", "zero", "size")),
    *(f"bad/{name}.kernel" for name in (
        "few", "size", "origin", "outside", "turn", "slant", "none")),
    *("bad/black.png", "bad/cut.png", "photos", "nowhere.json", "nowhere", "edg", "gausian", ""),
    *("1 2; 3", "1 two", "1/0", "nan", "1e999", "; ;", "gaussian:x", "gaussian:0",
      "gaussian:4,4,4,4,4", "gaussian:size=3,size=5", "gaussian:sigma=1,5", "gaussian:depth=3",
      "sobel:4", "sobel:3,z",
      "laplacian:29", "gabor:3,100", "dog:sigma=1,sigma2=1", "box:9999x9999", "disk:radius=-1",
      "motion:-3", "a/b:3", "4x4", "3x3: 1", "unknown:3", "ring:3,2", "laplacian:3,5",
      "freichen:10", "gaussian:5,,2", "Octagon:3"),
)  # fmt: skip
PICTURES = (
    *("photo.jpg", "gray.jpg", "turned.jpg", "cmyk.jpg", "profile.jpg", "photo.webp", "alpha.webp"),
    *("photo.avif", "photo.jp2", "still.gif", "frames.gif", "photo.bmp", "photo.tga", "photo.pcx"),
    *("photo.sgi", "photo.ico", "photo.ppm", "gray.pgm", "bit.pbm", "photo.xbm", "photo.dds"),
    *("photo.tif", "lzw.tif", "gray16.tif", "int32.tif", "float.tif", "pages.tif", "lab.tif"),
)
PNGS = (
    *("gray", "rgb", "rgba", "la", "bit", "two", "four", "palette", "palette4", "palette-alpha"),
    *("gray-hole", "rgb-hole", "gray16", "rgb16", "rgba16", "la16", "lace", "lace-gray", "lace16"),
    *("lace-bit", "lace-palette", "gamma", "srgb", "dpi", "profile", "turned", "turned-late"),
    *("pixel", "row", "column", "white", "black"),
)
ARRAYS = (
    *("u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f16", "f32", "f64", "bool", "rgb"),
    *("rgb-f32", "two", "four", "five", "one", "fortran", "big", "odd", "tie"),
)
TABLES = ("plain", "signed", "odd", "channels", "windows", "wide")
BAD_IMAGES = (
    *("cut.png", "cut-head.png", "cut-end.png", "sum.png", "damaged.png", "few.png", "filter.png"),
    *("no-data.png", "no-palette.png", "bomb.png", "comment.png", "flat.png", "text.png"),
    *("empty.png", "really-jpeg.png", "cut.jpg", "cut.tif", "cut.gif", "cut.webp", "cut.npy"),
    *("cut-head.npy", "long.npy", "header.npy", "line.npy", "cube.npy", "none.npy", "complex.npy"),
    *("object.npy", "struct.npy", "binary.csv", "ragged.csv", "words.csv", "blanks.csv"),
    *("empty.csv", "gap.csv", "uneven.csv", "hole.csv", "huge.csv", "unknown.bin", "drawn.eps"),
    *("drawn.pdf", "nowhere.png", "nothing", "", "rgb.png/x"),
)
FORMATS = ("png", "csv", "npy", "tiff", "jpeg", "webp", "bmp", "gif", "ppm")
BORDERS = ("edge", "constant", "reflect", "mirror", "wrap")
PADDINGS = ("same", "same_lower", "valid", "full", "1", "1x2", "0,1,2,3")
MODES = ("max", "min", "mean", "sum", "median", "lp")
RANGES = ("clip", "abs", "normalize", "center")
COMMANDS = ("conv", "pool", "run", "explain", "shape", "kernel", "fit")
MAKERS = ("gaussian", "box", "disk", "triangle", "binomial", "motion", "laplacian", "log", "dog",
          "sobel", "gabor", "unsharp", "comet", "circle", "ring", "diamond", "octagon", "plus",
          "cross", "freichen")  # fmt: skip
KERNEL_FORMATS = ("json", "txt", "npy", "vips", "imagemagick")


def cases() -> list[Case]:
    """All of them."""
    groups = (
        *(help_, kernels_of_conv, images_of_conv, options_of_conv, pool, run, tones, formats),
        *(streams, batches, explain, shape, kernel, kernel_make, fit, terminals, usage),
    )
    found = [one._replace(name=f"{group.__name__.strip('_')}: {one.name}")
             for group in groups for one in group()]  # fmt: skip
    names = [one.name for one in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"names of several cases: {', '.join(sorted(twice))}")
    return found


def help_() -> Iterator[Case]:
    """Help, version and completion."""
    yield case("none")
    yield case("--help", "--help")
    yield case("-h", "-h")
    yield case("--version", "--version")
    yield case("narrow", "conv", "--help", env={"COLUMNS": "50"})
    yield case("wide", "conv", "--help", env={"COLUMNS": "200"})
    for command in COMMANDS:
        yield case(f"{command} --help", command, "--help")
        yield case(f"{command} -h", command, "-h")
        yield case(command, command)
    for command in ("list", "show", "make", "rotate", "compass", "convert"):
        yield case(f"kernel {command} --help", "kernel", command, "--help")
        yield case(f"kernel {command} -h", "kernel", command, "-h")
    for name in MAKERS:
        yield case(f"kernel make {name} --help", "kernel", "make", name, "--help")
        yield case(f"kernel make {name} -h", "kernel", "make", name, "-h")
    for shell in ("bash", "zsh", "fish"):
        yield case(f"{shell} source", env={"_CONVTOOL_COMPLETE": f"{shell}_source"})
    lines = ("convtool ", "convtool co", "convtool conv --", "convtool conv rgb.png -k ga",
             "convtool conv --border ", "convtool kernel ", "convtool kernel make ",
             "convtool pool -m m", "convtool conv -k gabor:", "convtool conv -k k-",
             "convtool conv --format ", "convtool run ", "convtool explain --pool ",
             "convtool kernel convert --format ", "convtool kernel rotate --by ",
             "convtool conv ", "convtool nowhere ", "convtool run 'conv --")  # fmt: skip
    for line in lines:
        words = len(line.split(" ")) - 1
        env = {"_CONVTOOL_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(words)}
        yield case(f"complete {line!r}", env=env)
    for shell in ("zsh", "fish"):
        env = {"COMP_WORDS": "convtool conv --range ", "COMP_CWORD": "3"}
        yield case(f"complete in {shell}", env={"_CONVTOOL_COMPLETE": f"{shell}_complete", **env})


def kernels_of_conv() -> Iterator[Case]:
    """Kernels of every origin on one image."""
    for name in KERNELS:
        yield case(name, "conv", "rgb.png", "--kernel", name, "-o", "out-{kernel}.npy")
    for name in (*MADE, *FILES, *IN_PLACE):
        words = ("-o", "out-{kernel}.npy", "--gray", *(["-q"] if "gaussian" in name else []))
        yield case(f"on grey: {name[:40]!r}", "conv", "rgb.png", "-k", name, *words)
    for name in BAD_KERNELS:
        yield case(f"bad: {name[:40]!r}", "conv", "rgb.png", "-k", name, "-o", "out.png")
    yield case("own", "conv", "rgb.png", "-k", "mine", "-k", "edge", "-k", "here",
               "-o", "{kernel}.csv", folder="own")  # fmt: skip
    yield case("own broken", "conv", "rgb.png", "-k", "broken", "-o", "x.csv", folder="own")
    more = {"CONVTOOL_KERNELS": "more:nowhere"}
    yield case("of CONVTOOL_KERNELS", "conv", "gray.png", "-k", "far", "-k", "sobel_x",
               "-k", "spot.png", "-o", "{kernel}.csv", env=more)  # fmt: skip
    yield case("from stdin", "conv", "rgb.png", "-k", "-", "-o", "o.npy", stdin=b"1 2; 3 4\n")
    yield case("json from stdin", "conv", "rgb.png", "-k", "-", "-o", "o.npy", stdin="k-whole.json")
    yield case("npy from stdin", "conv", "rgb.png", "-k", "-", "-o", "o.npy", stdin="layer.npy")
    yield case("picture from stdin", "conv", "rgb.png", "-k-", "-o", "o.npy", stdin="k-spot.png")
    yield case("nothing from stdin", "conv", "rgb.png", "-k", "-", "-o", "o.npy")
    yield case("garbage from stdin", "conv", "rgb.png", "-k", "-", "-o", "o.npy", stdin=b"\xff\0")


def images_of_conv() -> Iterator[Case]:
    """Images of every kind under one kernel, and those that are broken."""
    for name in PICTURES:
        yield case(name, "conv", name, "-k", "gaussian3", "-o", "out.png")
    for name in PNGS:
        yield case(f"{name}.png", "conv", f"{name}.png", "-k", "sharpen", "-o", "out.png")
    for name in ARRAYS:
        words = ("-k", "1 2 1; 0 0 1", "-o", "out.npy")
        yield case(f"{name}.npy", "conv", f"{name}.npy", *words)
    for name in (*("f32", "u16", "bool", "rgb-f32", "two", "five", "odd", "tie", "i64"),):
        yield case(f"{name}.npy to png", "conv", f"{name}.npy", "-k", "1", "-o", "out.png")
    for name in TABLES:
        yield case(f"{name}.csv", "conv", f"{name}.csv", "-k", "1 1", "--format", "csv")
        yield case(f"{name}.csv to png", "conv", f"{name}.csv", "-k", "1", "-o", "out.png")
    for name in BAD_IMAGES:
        yield case(f"bad: {name!r}", "conv", name, "-k", "edge", "-o", "out.png")
    for name in ("cut.png", "cut.jpg", "bomb.png", "words.csv", "cut.npy", "unknown.bin",
                 "turned-late.png", "sum.png"):  # fmt: skip
        yield case(f"bad stdin: {name}", "conv", "-k", "edge", "-o", "out.png", stdin=name)
    yield case("no UTF-8", "conv", "names/caf\udce9.png", "-k", "edge", "-o", "caf\udce9-out.png")
    yield case("no such, no UTF-8", "conv", "caf\udce9.png", "-k", "edge", "-o", "out.png")
    for name in ("-dash", "with space", "{kernel}", "\u00fc\u4e2d", "e\x1b[31m\nx", ""):
        yield case(f"named {name!r}", "conv", f"names/{name}.png", "-k", "edge", "-o", "o.npy")


def options_of_conv() -> Iterator[Case]:
    """Each option of conv, alone and together."""

    def conv(name: str, *words: str, image: str = "rgb.png") -> Case:
        return case(name, "conv", image, *words, "-o", "out.npy")

    for border, padding in product(BORDERS, PADDINGS):
        words = ("-k", "1 2 3; 4 5 6; 7 8 -9", "--border", border, "--padding", padding)
        yield conv(f"{border} {padding}", *words, image="gray.png")
    for border in BORDERS:
        words = ("-k", "gaussian:9x13", "--border", border)
        for image in ("pixel.png", "tall.png"):
            yield conv(f"{border} of {image}", *words, image=image)
    for stride, dilation in product(("1", "2", "3x5"), ("1", "1x3")):
        words = ("-k", "sobel_x", "--stride", stride, "--dilation", dilation)
        yield conv(f"stride {stride}, dilation {dilation}", *words)
    yield conv("fill", "-k", "box3", "--border", "constant", "--fill", "-7.5")
    for kernel in ("1 2 3; 4 5 6", "k-whole.json", "layer.npy"):
        yield conv(f"flip {kernel}", "-k", kernel, "--flip")
        yield conv(f"divisor {kernel}", "-k", kernel, "--divisor", "3")
        yield conv(f"bias {kernel}", "-k", kernel, "--bias", "-10.5")
        yield conv(f"normalize {kernel}", "-k", kernel, "--normalize")
        yield conv(f"anchor {kernel}", "-k", kernel, "--anchor", "0,1")
        yield conv(f"gray relu {kernel}", "-k", kernel, "--gray", "--relu")
    yield conv("relu", "-k", "laplacian", "--relu")
    yield conv("many", "-k", "1 2 3 4; 4 5 6 7", "--flip", "--bias", "1", "--divisor", "7",
               "--anchor", "1,3", "--stride", "2x3", "--dilation", "2", "--padding", "full",
               "--border", "mirror", "--relu")  # fmt: skip
    yield conv("bias-file", "-k", "layer.npy", "--bias-file", "bias4.npy")
    yield conv("groups", "-k", "layer-group.npy", "--groups", "3", "--bias-file", "bias6.npy")
    yield conv("groups of one", "-k", "layer-gray.npy", "--groups", "1", image="gray.png")
    yield conv("layer for three", "-k", "layer-three.npy")
    yield conv("alpha of a layer", "-k", "layer-three.npy", image="rgba.png")
    for how in ("sum", "mean", "max", "magnitude", "abs-sum", "abs-max"):
        words = ("-k", "sobel_x", "-k", "sobel_y", "--combine", how)
        yield case(f"combine {how}", "conv", "rgb.png", *words, "-o", "out.npy")
        words = ("-k", "kirsch", "--combine", how, "--gray", "--relu", "--range", "abs")
        yield case(f"combine {how} of a bank", "conv", "rgba.png", *words, "-o", "out.png")
    sheets = {
        "names": ("profile.png", "-k", "k-same.json", "-k", "edge"),
        "a bank": ("rgba.png", "-k", "kirsch", "--gray", "--relu", "--range", "abs"),
        "a layer": ("rgb.png", "-k", "layer.npy", "--range", "center", "-o", "out.png"),
        "one": ("gray16.png", "-k", "edge", "-o", "out.webp"),
        "a combination": ("rgb.png", "-k", "kirsch", "--combine", "sum", "-o", "out.png"),
    }
    for name, words in sheets.items():
        yield case(f"sheet of {name}", "conv", *words, "--sheet")
    for name in ("gaussian:41,7", "box:31", "k-large.txt", "gabor:31", "disk:25", "1e6", "0.3 0.7"):
        yield case(f"method of {name}", "conv", "tall.png", "-k", name, "-o", "out.png")
        yield conv(f"floats of {name}", "-k", name, image="rgb-f32.npy")
    for image, threads in product(("tall.png", "tall-lace.png", "many.png"), ("1", "3")):
        words = ("-k", "edge", "--threads", threads, "-o", "out.png", "--range", "center")
        yield case(f"{image}, {threads} threads", "conv", image, *words)
    yield case("max-pixels enough", "conv", "rgb.png", "-k", "1", "--max-pixels", "391")
    yield case("max-pixels too few", "conv", "rgb.png", "-k", "1", "--max-pixels", "390")
    yield case("max-pixels of the map", "conv", "rgb.png", "-k", "1 1", "--padding", "full",
               "--max-pixels", "400", "-o", "out.png")  # fmt: skip
    yield case("samples", "conv", "samples/scene.png", "--kernel", "edge.json", "-o", "edges.png")
    yield case("samples, 16 bits", "conv", "samples/scene-16bit.png", "-k", "emboss", "-o", "e.png")
    yield case("samples, layer", "conv", "samples/scene.png", "-k", "samples/conv1.npy",
               "--bias-file", "samples/bias1.npy", "--stride", "4", "-o", "maps.npy")  # fmt: skip
    wrong = {
        "no kernel": (),
        "fill": ("-k", "1", "--fill", "3"),
        "divisor 0": ("-k", "1", "--divisor", "0"),
        "divisor word": ("-k", "1", "--divisor", "x"),
        "divisor nan": ("-k", "1", "--divisor", "nan"),
        "normalize and divisor": ("-k", "1", "--divisor", "2", "--normalize"),
        "normalize 0": ("-k", "edge", "--normalize"),
        "normalize layer": ("-k", "layer.npy", "--normalize"),
        "two biases": ("-k", "layer.npy", "--bias", "1", "--bias-file", "bias4.npy"),
        "bias of another length": ("-k", "layer.npy", "--bias-file", "bias6.npy"),
        "bias NaN": ("-k", "layer.npy", "--bias-file", "bias-nan.npy"),
        "bias square": ("-k", "layer.npy", "--bias-file", "bias-flat.npy"),
        "bias missing": ("-k", "layer.npy", "--bias-file", "nowhere.npy"),
        "bias text": ("-k", "layer.npy", "--bias-file", "k-rows.txt"),
        "bias of a kernel": ("-k", "edge", "--bias-file", "bias4.npy"),
        "groups of a kernel": ("-k", "edge", "--groups", "3"),
        "groups that do not fit": ("-k", "layer.npy", "--groups", "2"),
        "groups 0": ("-k", "layer.npy", "--groups", "0"),
        "combine layers": ("-k", "layer.npy", "-k", "edge", "--combine", "sum"),
        "combine sizes": ("-k", "1 1", "-k", "1", "--combine", "sum", "--padding", "valid"),
        "combine word": ("-k", "edge", "--combine", "product"),
        "combine grid": ("-k", "edge", "--combine", "grid"),
        "sheet of numbers": ("-k", "edge", "--sheet"),
        "sheet of 16 bits": ("-k", "edge", "--sheet", "--depth", "16", "--format", "png"),
        "sheet in grey": ("-k", "edge", "--sheet", "--format", "pgm"),
        "stride 0": ("-k", "edge", "--stride", "0"),
        "stride word": ("-k", "edge", "--stride", "2y3"),
        "stride huge": ("-k", "edge", "--stride", "9" * 30),
        "dilation": ("-k", "edge", "--dilation", "-1"),
        "dilation wide": ("-k", "edge", "--dilation", "100", "--padding", "valid"),
        "padding word": ("-k", "edge", "--padding", "sam"),
        "padding three": ("-k", "edge", "--padding", "1,2,3"),
        "padding wide": ("-k", "edge", "--padding", "9999999999"),
        "valid too small": ("-k", "gaussian:31", "--padding", "valid"),
        "border word": ("-k", "edge", "--border", "black"),
        "fill word": ("-k", "edge", "--border", "constant", "--fill", "x"),
        "anchor outside": ("-k", "edge", "--anchor", "3,0"),
        "anchor word": ("-k", "edge", "--anchor", "middle"),
        "bias word": ("-k", "edge", "--bias", "1,5"),
        "no value": ("-k", "edge", "--bias"),
        "unknown option": ("-k", "edge", "--sigma", "3"),
        "near option": ("-k", "edge", "--strid", "2"),
        "threads 0": ("-k", "edge", "--threads", "0"),
        "threads word": ("-k", "edge", "--threads", "all"),
        "max-pixels 0": ("-k", "edge", "--max-pixels", "0"),
        "flag with a value": ("-k", "edge", "--flip=yes"),
        "range word": ("-k", "edge", "--range", "all"),
        "compress word": ("-k", "edge", "--compress", "best"),
        "depth 12": ("-k", "edge", "--depth", "12"),
        "two kernels from stdin": ("-k", "-", "-k", "-"),
    }
    for name, words in wrong.items():
        yield conv(f"wrong: {name}", *words)
    yield conv("wrong: layer on grey", "-k", "layer.npy", image="gray.png")
    yield conv("wrong: grey of five", "-k", "edge", "--gray", image="five.npy")
    yield case("wrong: both from stdin", "conv", "-k", "-", "-o", "x.png", stdin="gray.png")
    yield case("wrong: maps without names", "conv", "rgb.png", "-k", "kirsch", "-o", "x.png")
    yield case("wrong: maps to stdout", "conv", "rgb.png", "-k", "kirsch")


def pool() -> Iterator[Case]:
    """Each option of pool, alone and together."""

    def pool_(name: str, *words: str, image: str = "rgb.png") -> Case:
        return case(name, "pool", image, *words, "-o", "out.npy")

    for mode in MODES:
        yield pool_(f"{mode} alone", "--mode", mode)
        for size, stride, dilation in (("3", "1", "1"), ("2x5", "2x3", "1"), ("3", "2x3", "2")):
            words = ("-m", mode, "-s", size, "--stride", stride, "--dilation", dilation)
            name = f"{mode} {size}, stride {stride}, dilation {dilation}"
            yield pool_(name, *words, image="gray.png")
        for image in ("rgb16.png", "odd.npy", "rgba.png"):
            words = ("-m", mode, "-s", "3", "--padding", "1", "--ceil")
            yield pool_(f"{mode} of {image}", *words, image=image)
    for padding in (*PADDINGS, "0"):
        words = ("--size", "4x3", "--stride", "3", "--padding", padding)
        yield pool_(f"padding {padding}", *words)
        yield pool_(f"mean, padding {padding}, counted", *words, "-m", "mean",
                    "--count-include-pad", "--ceil")  # fmt: skip
    for p in ("1", "2", "3", "2.5", "inf", "100"):
        yield pool_(f"p {p}", "-m", "lp", "--p", p, "-s", "3")
    yield pool_("gray", "--gray", "--size", "3")
    yield case("sheet", "pool", "rgb.png", "--sheet", "-o", "out.png")
    yield case("sheet of channels", "pool", "five.npy", "--sheet", "-o", "out.png")
    yield pool_("size of the image", "-s", "17x23")
    yield pool_(
        "large window", "-s", "11", "--stride", "1", "-m", "median", image="samples/scene.png"
    )
    yield pool_("sum of many", "-m", "sum", "-s", "50", image="tall.png")
    for threads in ("1", "2"):
        yield case(f"threads {threads}", "pool", "tall.png", "--threads", threads, "-o", "o.png")
    yield case("samples", "pool", "samples/matrix4x4.csv", "--mode", "mean", "--format", "csv")
    wrong = {
        "p without lp": ("--p", "3"),
        "p below 1": ("-m", "lp", "--p", "0.5"),
        "p NaN": ("-m", "lp", "--p", "nan"),
        "count without mean": ("--count-include-pad",),
        "mode": ("-m", "average"),
        "size 0": ("-s", "0"),
        "size word": ("-s", "large"),
        "size too large": ("-s", "99"),
        "padding of windows without pixels": ("--padding", "9", "-s", "2"),
        "kernel": ("-k", "edge"),
        "border": ("--border", "edge"),
        "relu": ("--relu",),
    }
    for name, words in wrong.items():
        yield pool_(f"wrong: {name}", *words)
    for name in ("cut.png", "nowhere.png", "words.csv", "object.npy"):
        yield pool_(f"bad: {name}", image=name)


def run() -> Iterator[Case]:
    """Pipelines as words and files, their stages, and what is wrong with them."""
    stages = (
        *("relu", "leaky_relu", "leaky_relu --slope 0.3", "sigmoid", "tanh", "abs", "gray"),
        *("conv -k edge", "conv -k sobel_x -k sobel_y --combine magnitude", "pool", "pool -m lp"),
    )
    for stage in stages:
        for image in ("rgba.png", "i16.npy"):
            yield case(f"{stage!r} of {image}", "run", stage, image, "-o", "out.npy")
        yield case(f"{stage!r} to png", "run", stage, "rgb.png", "-o", "out.png")
    pipelines = (
        "conv -k edge --stride 2 | relu | pool --size 2",
        "gray | conv -k sobel_x | abs",
        "conv -k layer.npy --bias-file bias4.npy | relu | pool",
        "conv --kernel='0 1 0; 1 -4 1; 0 1 0' --border=wrap --padding full|abs|pool -m mean -s2",
        "conv -k 1 --divisor 255 | conv -k layer.npy | sigmoid",
        "conv -k gaussian5 | conv -k gaussian5 | conv -k gaussian5 --border mirror",
        "pool -s 3 --stride 1 --padding same | conv -k laplacian --dilation 2 --flip --relu",
        'conv -k "k-whole.json" --anchor 0,0 --bias 3 --normalize',
        "conv -k layer-group.npy --groups 3 | leaky_relu --slope=-0.5 | pool --ceil --size 4x3",
        "pool --mode mean --count-include-pad --padding 1 | pool --mode lp --p 3 --gray",
        "conv -k gray16.png | tanh",
        "conv -k kirsch --combine max --gray | pool -m median -s 3 --dilation 2",
    )
    for number, words in enumerate(pipelines):
        yield case(f"pipeline {number}", "run", words, "rgb.png", "-o", "out.npy")
        if number < 5:
            yield case(f"pipeline {number} of a scene", "run", words, "samples/scene-alpha.png",
                       "-o", "out.npy")  # fmt: skip
    for name in ("p.json", "p-list.json", "p-layer.toml", "p-all.toml", "beside/p.toml",
                 "samples/layer.toml"):  # fmt: skip
        yield case(name, "run", name, "rgb.png", "--range", "normalize", "-o", "{kernel}.png")
        yield case(f"{name} to csv", "run", name, "rgb.png", "--format", "csv")
    yield case("beside it first", "run", "p.toml", "../gray.png", "-o", "o.csv", folder="beside")
    yield case("sheet", "run", "conv -k layer.npy | relu", "rgb.png", "--sheet", "-o", "out.png")
    for threads in ("1", "2"):
        yield case(f"threads {threads}", "run", pipelines[5], "tall.png", "-o", "o.png",
                   "--threads", threads)  # fmt: skip
    yield case("100 stages", "run", " | ".join(["conv -k '1 1'"] * 100), "gray.png", "-o", "o.npy")
    yield case("from stdin", "run", "abs", "--format", "csv", stdin="signed.csv")
    wrong = (
        *("", "|", "relu |", "| relu", "relu || abs", "blur", "rel", "relu --slope 3", "pool -k 1"),
        *("conv", "conv -k nowhere", "conv -k '1 2", "pool --size", "pool --size x", "pool 3"),
        *("pool --ceil=3", "conv -k edge -k box3", "conv -k edge --combine grid", "conv -k -"),
        *("conv -k kirsch", "conv -k edge --fill 3", "pool --p 2", "leaky_relu --slope x", "edge"),
        *("gray | conv -k layer.npy", "pool -s 9 | pool -s 9", "conv -k 1 --output x.png", "-k 1"),
        *("conv -k layer.npy | gray", "conv -k layer.npy --groups 2", "relu\\", "pool --mode avg"),
    )
    for words in wrong:
        yield case(f"wrong: {words!r}", "run", words, "rgb.png", "-o", "out.png")
    yield case("wrong: 101 stages", "run", " | ".join(["pool -s 1"] * 101), "gray.png")
    yield case("wrong: image first", "run", "rgb.png", "relu")
    yield case("wrong: no pipeline", "run", "-o", "out.png")
    yield case("wrong: png of 4 maps", "run", "conv -k layer.npy", "rgb.png", "-o", "out.png")
    for name in ("cut.toml", "op.toml", "none.toml", "no-op.toml", "key.toml", "type.toml",
                 "kernel.toml", "cut.json", "word.json", "other.json", "stages.json", "extra.json",
                 "deep.json", "binary.json", "stages.yaml", "nowhere.toml"):  # fmt: skip
        yield case(f"bad: {name}", "run", f"bad-p/{name}", "rgb.png", "-o", "out.png")


def tones() -> Iterator[Case]:
    """Ranges and depths, of images of all types into pixels."""
    images = ("rgba.png", "rgb16.png", "f32.npy", "odd.npy")
    for range_, image in product(RANGES, images):
        words = ("-k", "laplacian", "--range", range_)
        yield case(f"{range_} of {image}", "conv", image, *words, "-o", "out.png")
        yield case(
            f"{range_} of {image}, 16", "conv", image, *words, "--depth", "16", "-o", "o.png"
        )
        yield case(f"{range_} of {image}, 8", "pool", image, "--range", range_, "--depth", "8",
                   "-o", "out.png")  # fmt: skip
    for range_ in RANGES:
        yield case(f"{range_} of bands", "conv", "tall.png", "-k", "edge", "--range", range_,
                   "-o", "out.png")  # fmt: skip
        yield case(f"{range_} of white", "conv", "white.png", "-k", "edge", "--range", range_)
        yield case(f"run {range_}", "run", "conv -k emboss | tanh", "rgb.png", "--range", range_,
                   "--depth", "16", "-o", "out.png")  # fmt: skip


def formats() -> Iterator[Case]:
    """Every format, of every kind of image, and what goes along or cannot."""
    images = ("rgb.png", "gray.png", "rgba.png", "gray16.png", "rgb16.png", "f32.npy", "five.npy")
    for format_, image in product(FORMATS, images):
        yield case(f"{image} as {format_}", "conv", image, "-k", "box3", "-o", f"out.{format_}")
    for extension in ("tif", "jpg", "pgm", "pnm", "PNG", "jp2", "avif", "tga", "pcx", "sgi", "ico",
                      "dds", "im", "xbm", "pdf", "eps", "apng", "txt", "json", "nowhere",
                      "mpo"):  # fmt: skip
        yield case(f".{extension}", "pool", "rgb.png", "-o", f"out.{extension}")
    yield case("no extension", "pool", "rgb.png", "-o", "out")
    for format_ in (*FORMATS, "jpg", "PNG", "tif", "nowhere", ".png", ""):
        yield case(f"--format {format_!r}", "pool", "gray.png", "--format", format_)
    for format_ in ("png", "jpg", "nowhere"):
        yield case(f"--format {format_!r} to .dat", "pool", "gray.png", "--format", format_,
                   "-o", "out.dat")  # fmt: skip
    yield case("format and extension", "pool", "gray.png", "--format", "csv", "-o", "out.png")
    for name in ("gamma", "srgb", "dpi", "profile"):
        for format_ in ("tiff", "jpeg", "webp"):
            yield case(f"{name} as {format_}", "conv", f"{name}.png", "-k", "1",
                       "-o", f"o.{format_}")  # fmt: skip
        yield case(f"{name} as grey", "conv", f"{name}.png", "-k", "1", "--gray", "-o", "o.png")
    for name in ("profile.jpg", "lzw.tif"):
        yield case(f"metadata of {name}", "pool", name, "-s", "1", "-o", "out.png")
    for compress in ("fast", "small"):
        for image in ("rgb.png", "rgb16.png", "tall.png"):
            yield case(f"{compress} of {image}", "pool", image, "--compress", compress,
                       "-o", "out.png")  # fmt: skip
    yield case("run small", "run", "relu", "rgb.png", "--compress", "small", "-o", "out.png")
    yield case("conv small", "conv", "rgb.png", "-k", "1", "--compress", "small", "-o", "out.png")
    for format_ in ("tiff", "ppm", "jpeg", "csv", "webp"):
        for image in ("gray.png", "rgb.png"):
            yield case(f"16 bits of {image} as {format_}", "pool", image, "--depth", "16",
                       "-o", f"out.{format_}")  # fmt: skip
    yield case("small csv", "pool", "gray.png", "--compress", "small", "-o", "out.csv")
    yield case("range of csv", "conv", "gray.png", "-k", "edge", "--range", "abs", "-o", "o.csv")
    yield case("names", "conv", "rgb.png", "-k", "k-same.json", "-o", "o-{kernel}-{kernel}.csv")
    yield case("name of a pipeline", "run", "conv -k edge | relu | pool", "rgb.png",
               "-o", "o-{kernel}.csv")  # fmt: skip
    yield case("name of a pool", "pool", "rgb.png", "-s", "2x3", "-o", "o-{kernel}.csv")
    yield case("name in a name", "conv", "rgb.png", "-k", "edge", "-o", "{kernel}/{kernel}.png")
    yield case("other placeholder", "conv", "rgb.png", "-k", "edge", "-o", "{stem}.png")
    yield case("folder is missing", "conv", "rgb.png", "-k", "edge", "-o", "nowhere/out.png")
    yield case("is a folder", "conv", "rgb.png", "-k", "edge", "-o", "photos", "--format", "png")
    yield case("is a folder.png", "conv", "rgb.png", "-k", "edge", "-o", "photos/")
    yield case("empty name", "conv", "rgb.png", "-k", "edge", "-o", "")
    yield case("in place", "conv", "rgb.png", "-k", "edge", "-o", "rgb.png")
    yield case("kernel in place", "conv", "rgb.png", "-k", "k-spot.png", "-o", "k-spot.png")
    yield case("long name", "conv", "rgb.png", "-k", "edge", "-o", f"{'x' * 300}.png")
    yield case("what killed commands left", "pool", "rgb.png", "-o", "there/x.png")


def streams() -> Iterator[Case]:
    """Pipes between commands, and from and to -."""
    yield piped("png", "conv rgb.png --kernel sobel_x", "pool --mode max --size 2")
    yield piped("npy", "conv rgb.png -k sobel_x --relu --format npy",
                "pool --range normalize -o layer.png")  # fmt: skip
    yield piped("csv", "conv rgb.png -k edge --format csv", "pool --format csv")
    yield piped("three", "conv gray16.png -k box3 --format npy", "run abs --format npy",
                "pool --depth 16 -o deep.png")  # fmt: skip
    yield piped("tall", "conv tall.png -k box3 --format npy", "pool -q")
    yield piped("lace", "pool tall-lace.png --threads 2", "conv -k edge -o out.png")
    yield piped("kernel", "kernel make motion --length 15 --angle 30", "conv rgb.png -k - -o m.png")
    yield piped("kernels", "kernel rotate prewitt_x --by 180", "kernel show -")
    yield piped("bank", "kernel compass sobel_x --json", "conv rgb.png -k - -o {kernel}.png")
    yield piped("fit", "conv before.png -k box5", "fit before.png - -s 5 --json")
    yield piped("fit before", "pool before.png -s 1 --format npy", "fit - after.png")
    yield piped("explain", "conv gray.png -k edge --format npy", "explain - -k box3 --at 3,4")
    yield piped("shape", "pool rgb.png", ("shape", "-", "conv -k edge"))
    yield piped("nothing", "conv nowhere.png -k edge", "pool")
    for name in ("rgb.png", "lace.png", "photo.jpg", "frames.gif", "photo.tif", "plain.csv",
                 "f32.npy", "turned.png", "palette-alpha.png", "fortran.npy", "photo.avif",
                 "tall.png", "tall-lace.png", "photo.webp"):  # fmt: skip
        yield case(f"< {name}", "conv", "-", "--kernel", "box3", "-o", "-", stdin=name)
        yield case(f"< {name}, twice", "pool", "-o", "out.png", "--range", "center", stdin=name)
    yield case("nothing on stdin", "pool")
    yield case("garbage on stdin", "pool", stdin=b"\0\1\2garbage")
    yield case("words on stdin", "pool", stdin=b"no numbers, and no picture\n")
    yield case("named on stdin", "pool", "-", "-o", "out-{kernel}.csv", stdin="rgb.png")
    yield case("/dev/stdout", "pool", "rgb.png", "-o", "/dev/stdout", "--format", "csv")
    yield case("quiet", "conv", "rgb.png", "-k", "edge", "-q")
    yield case("-o - csv", "conv", "gray.png", "-k", "edge", "-o", "-", "--format", "csv")


def batches() -> Iterator[Case]:
    """Many images: folders, lists, names, and what fails among them."""

    def many(name: str, *words: str, **extra: object) -> Case:
        return case(name, *words, unordered=True, **extra)

    edges = ("conv", "-k", "edge", "-d", "out")
    for command in (edges, ("pool", "--out-dir", "out"), ("run", "gray | abs", "-d", "out")):
        one = command[0]
        yield many(f"{one} two", *command, "rgb.png", "gray.png")
        yield many(f"{one} one", *command, "rgb.png")
        yield many(f"{one} folder", *command, "photos")
        yield many(f"{one} recursive", *command, "photos", "--recursive")
        yield many(f"{one} json", *command, "photos", "--recursive", "--json")
        yield many(f"{one} quiet", *command, "photos", "-q")
        yield many(f"{one} mixed", *command, "mixed")
        yield many(f"{one} mixed json", *command, "mixed", "--json")
        yield many(f"{one} fail-fast", *command, "mixed/bad.png", "--fail-fast", "--threads", "1")
        yield many(f"{one} list", *command, "--from-file", "list.txt")
        yield many(f"{one} list of NULs", *command, "-0", "--from-file", "list0.txt")
        yield many(f"{one} null", *command, "--null", "--from-file", "-", stdin=b"rgb.png\0")
        yield many(f"{one} list on stdin", *command, "--from-file", "-", stdin="list.txt")
        yield many(f"{one} name", *command, "photos", "--recursive", "--name", "{stem}.{ext}.npy")
        yield many(f"{one} format", *command, "photos", "--format", "csv")
        yield many(f"{one} no scheduler", *command, "photos", "--scheduler", "nowhere")
        twice = (Step((*command, "photos")), Step((*command, "photos", "mixed/good.png",
                                                   "--skip-existing", "--json")))  # fmt: skip
        yield Case(f"{one} skip-existing", twice, unordered=True)
    for threads in ("1", "2", "4"):
        yield many(f"threads {threads}", *edges, "photos", "rgb.png", "mixed", "--recursive",
                   "--threads", threads)  # fmt: skip
    yield many("of all kinds", *edges, "--name", "{stem}-{ext}.png", *PICTURES,
               *(f"{name}.png" for name in PNGS))  # fmt: skip
    yield many("large ones", *edges, "many.png", "rgb.png", "tall.png", "--threads", "2")
    yield many("large, json", *edges, "many.png", "--json")
    yield many(
        "bank", "conv", "-k", "kirsch", "photos", "-d", "out", "--name", "{kernel}/{stem}.png"
    )
    yield many("bank, json", "conv", "-k", "k-bank.txt", "photos", "rgb.png", "-d", "out", "--json")
    yield many("bank, skip-existing", "conv", "-k", "k-bank.txt", "rgb.png", "-d", "there",
               "--skip-existing", "--json", "-k", "edge")  # fmt: skip
    yield many("replace", *edges[:3], "rgb.png", "-d", "there")
    yield many("16 bits", *edges, "gray16.png", "gray.png", "--depth", "16", "--range", "center")
    yield many("lost", *edges, "rgb.png", "gray.png", "--format", "jpeg")
    yield many("compress", *edges, "rgb.png", "gray.png", "--compress", "small")
    yield many("max-pixels", *edges, "rgb.png", "wide.png", "--max-pixels", "400")
    yield many("odd names", *edges, "names", "--json")
    yield many("odd names, alone", *edges, "names/e\x1b[31m\nx.png", "names/caf\udce9.png")
    yield many("output of one", "conv", "-k", "edge", "rgb.png", "-o", "x.png", "--json")
    yield many("output of one, there", "conv", "-k", "edge", "rgb.png", "-o", "rgba.png",
               "--skip-existing")  # fmt: skip
    yield many("maps of one", "conv", "-k", "kirsch", "rgb.png", "-o", "x-{kernel}.png", "--json")
    yield many("in the folder itself", "pool", "photos", "-d", "photos")
    yield many("in a folder inside", "pool", "photos", "--recursive", "-d", "photos/sub")
    yield many("same image twice", *edges, "rgb.png", "./rgb.png", "photos/../rgb.png")
    yield many("kernel from stdin", "conv", "-k", "-", "photos", "-d", "out", stdin=b"1 2 1\n")
    yield many("list with a mark", *edges, "--from-file", "list-mark.txt")
    yield many("list and names", *edges, "palette.png", "--from-file", "list.txt", "--json")
    wrong = {
        "no folder": ("rgb.png", "gray.png"),
        "folder and output": ("rgb.png", "-d", "out", "-o", "x.png"),
        "output of two": ("rgb.png", "gray.png", "-o", "x.png"),
        "output -": ("rgb.png", "-o", "-", "--json"),
        "json alone": ("rgb.png", "--json"),
        "name without folder": ("rgb.png", "--name", "x.png"),
        "null without list": ("rgb.png", "-0", "-d", "out"),
        "stdin": ("-d", "out"),
        "stdin among others": ("rgb.png", "-", "-d", "out"),
        "stdin in a list": ("--from-file", "list-dash.txt", "-d", "out"),
        "clash": ("clash", "-d", "out"),
        "clash of names": ("rgb.png", "gray.png", "-d", "out", "--name", "x.png"),
        "replaces an image": ("photos", "-d", "photos", "--name", "{stem}.png"),
        "placeholder": ("photos", "-d", "out", "--name", "{nome}.png"),
        "brace": ("photos", "-d", "out", "--name", "{stem.png"),
        "outside": ("photos", "-d", "out", "--name", "../{stem}.png"),
        "absolute": ("photos", "-d", "out", "--name", "/{stem}.png"),
        "name of a folder": ("photos", "-d", "out", "--name", "{stem}/"),
        "extension": ("photos", "-d", "out", "--name", "{stem}.nowhere"),
        "extension and format": ("photos", "-d", "out", "--name", "{stem}.csv", "--format", "png"),
        "folder is a file": ("photos", "-d", "rgb.png"),
        "folder in a file": ("photos", "-d", "rgb.png/out"),
        "empty folder": ("nothing", "-d", "out"),
        "folder without images": ("photos/empty", "-d", "out", "--recursive"),
        "missing list": ("--from-file", "nowhere.txt", "-d", "out"),
        "empty list": ("--from-file", "list-empty.txt", "-d", "out"),
        "list with missing ones": ("--from-file", "list-bad.txt", "-d", "out"),
        "long list entry": ("--from-file", "list-long.txt", "-d", "out"),
        "list is a folder": ("--from-file", "photos", "-d", "out"),
        "missing image": ("rgb.png", "nowhere.png", "-d", "out"),
        "show": ("rgb.png", "gray.png", "-d", "out", "--show"),
        "sheet": ("rgb.png", "gray.png", "-d", "out", "--sheet"),
        "threads and scheduler": ("photos", "-d", "out", "--scheduler", "x", "--threads", "2"),
        "show a folder": ("photos", "--show"),
        "maps without names": ("photos", "-d", "out", "-k", "box3", "--name", "{stem}.png"),
    }
    for name, words in wrong.items():
        yield many(f"wrong: {name}", "conv", "-k", "edge", *words)
    yield many("wrong: bad kernel", "conv", "-k", "nowhere", "photos", "-d", "out")
    yield many("wrong: fits no image", "conv", "-k", "layer.npy", "photos", "-d", "out")
    yield many("wrong: list and kernel on stdin", "conv", "-k", "-", "--from-file", "-", "-d", "o")


def explain() -> Iterator[Case]:
    """Single values in text, as JSON and as a picture."""

    def explained(name: str, image: str, *words: str, drawn: bool = False) -> Iterator[Case]:
        yield case(name, "explain", image, *words)
        yield case(f"{name}, json", "explain", image, *words, "--json")
        if drawn:
            yield case(f"{name}, drawn", "explain", image, *words, "-o", "steps.png")

    for place in ("0,0", "1,1", "16,22", "8,22"):
        yield from explained(f"edge at {place}", "gray.png", "--kernel", "edge", "--at", place)
    for border in BORDERS:
        yield from explained(f"border {border}", "plain.csv", "-k", "1 2 3; 4 5 6; 7 8 9",
                             "--border", border, "--at", "0,0")  # fmt: skip
    for mode in MODES:
        yield from explained(f"pool {mode}", "rgb.png", "--pool", mode, "-s", "3", "--padding", "1",
                             "--stride", "2", "--at", "0,3")  # fmt: skip
    pipelines = (
        "gray | conv -k sobel_x | relu | pool",
        "conv -k edge --stride 2 | relu | pool --size 2",
        "conv -k layer.npy --bias-file bias4.npy | leaky_relu | pool -m mean --ceil",
        "abs | sigmoid | tanh",
        "conv -k sobel_x -k sobel_y --combine magnitude | pool -m lp --p 3",
        "pool -m median -s 3 | conv -k k-whole.json --padding full --border mirror",
        "p.json",
    )
    for number, words in enumerate(pipelines):
        yield from explained(f"pipeline {number}", "rgb.png", words, "--at", "1,2",
                             drawn=True)  # fmt: skip
    for how in ("sum", "mean", "max", "magnitude"):
        yield from explained(f"combine {how}", "gray.png", "-k", "sobel_x", "-k", "sobel_y",
                             "--combine", how, "--at", "3,4")  # fmt: skip
    for range_, depth in product(RANGES, ("8", "16")):
        yield case(f"{range_}, {depth} bits", "explain", "rgb.png", "-k", "laplacian", "--range",
                   range_, "--depth", depth, "--at", "5,9")  # fmt: skip
    for image in ("rgba.png", "rgb16.png", "f32.npy", "odd.npy", "i64.npy", "five.npy",
                  "turned.jpg", "palette-alpha.png", "bool.npy", "channels.csv"):  # fmt: skip
        yield case(image, "explain", image, "-k", "sharpen", "--at", "1,1")
    options = {
        "all of conv": ("-k", "1 2 3; 4 5 6", "--flip", "--divisor", "7", "--bias", "2.5",
                        "--anchor", "1,0", "--stride", "2x3", "--dilation", "2", "--relu",
                        "--padding", "2,1,0,3", "--gray"),
        "normalize": ("-k", "1 2 3", "--normalize"),
        "constant": ("-k", "box3", "--border", "constant", "--fill", "9"),
        "groups": ("-k", "layer-group.npy", "--groups", "3", "--bias-file", "bias6.npy"),
        "bank": ("-k", "k-bank.json", "-k", "kirsch"),
        "fraction": ("-k", "k-ninth.txt"),
        "large kernel": ("-k", "gaussian:15,3"),
        "larger kernel": ("-k", "k-large.txt"),
        "mean counted": ("--pool", "mean", "--count-include-pad", "--padding", "1", "--ceil"),
        "lp": ("--pool", "lp", "--p", "2.5", "--size", "4", "--gray"),
        "dilated pool": ("--pool", "max", "--dilation", "2", "--stride", "1"),
    }  # fmt: skip
    for name, words in options.items():
        yield from explained(name, "rgb.png", *words, "--at", "0,1", drawn=True)
    yield case("quiet", "explain", "turned.png", "-k", "edge", "--at", "0,1", "-q", "-o", "s.webp")
    yield case("tall", "explain", "tall.png", "-k", "gaussian5", "--at", "1399,699")
    yield case("max-pixels", "explain", "rgb.png", "-k", "1", "--at", "0,0", "--max-pixels", "9")
    yield case("stdin", "explain", "-", "-k", "edge", "--at", "0,0", stdin="rgb.png")
    yield case("kernel from stdin", "explain", "rgb.png", "-k-", "--at", "0,0", stdin=b"1 2\n")
    yield case(
        "samples", "explain", "samples/matrix4x4.csv", "--pool", "max", "--at", "0,1", "--json"
    )
    at = ("--at", "1,1")
    wrong = {
        "no place": ("rgb.png", "-k", "edge"),
        "outside": ("rgb.png", "-k", "edge", "--at", "17,0"),
        "negative": ("rgb.png", "-k", "edge", "--at", "-1,0"),
        "place word": ("rgb.png", "-k", "edge", "--at", "middle"),
        "place of three": ("rgb.png", "-k", "edge", "--at", "1,2,3"),
        "nothing": ("rgb.png", *at),
        "two things": ("rgb.png", "relu", "-k", "edge", *at),
        "kernel and pool": ("rgb.png", "-k", "edge", "--pool", "max", *at),
        "option of pool": ("rgb.png", "-k", "edge", "--ceil", *at),
        "option of conv": ("rgb.png", "--pool", "max", "--flip", *at),
        "option with a pipeline": ("rgb.png", "relu", "--stride", "2", *at),
        "pipeline first": ("relu", "rgb.png", *at),
        "kernel as a pipeline": ("rgb.png", "edge", *at),
        "weights as a pipeline": ("rgb.png", "0 1 0; 1 -4 1; 0 1 0", *at),
        "missing image": ("nowhere.png", "-k", "edge", *at),
        "bad image": ("cut.png", "-k", "edge", "--at", "16,1"),
        "bad kernel": ("rgb.png", "-k", "bad/ragged.json", *at),
        "no picture": ("rgb.png", "-k", "edge", *at, "-o", "x.csv"),
        "unknown extension": ("rgb.png", "-k", "edge", *at, "-o", "x.nowhere"),
        "to stdout": ("rgb.png", "-k", "edge", *at, "-o", "-"),
        "picture and json": ("rgb.png", "-k", "edge", *at, "-o", "x.png", "--json"),
        "in place": ("rgb.png", "-k", "edge", *at, "-o", "rgb.png"),
        "both from stdin": ("-", "-k", "-", *at),
        "no image": (),
        "range of nothing": ("odd.npy", "-k", "edge", "--range", "normalize", *at),
        "missing folder": ("rgb.png", "-k", "edge", *at, "-o", "nowhere/x.png"),
    }
    for name, words in wrong.items():
        yield case(f"wrong: {name}", "explain", *words)


def shape() -> Iterator[Case]:
    """Shapes and costs, in text and as JSON."""
    pipelines = (
        *("conv -k edge", "conv -k edge --stride 2 | relu | pool --size 2", "gray | pool -m mean"),
        *("conv -k gaussian:41,7 --padding valid --dilation 2x1 | abs | sigmoid | tanh", "p.json"),
        *("conv -k sobel_x -k sobel_y --combine magnitude | leaky_relu", "samples/layer.toml"),
        *("pool -s 3x2 --stride 1 --padding same_lower --ceil", "conv -k box:31 --padding full"),
    )
    for number, words in enumerate(pipelines):
        yield case(f"pipeline {number}", "shape", "480x640x3", words)
        yield case(f"pipeline {number}, json", "shape", "rgb.png", words, "--json")
        yield case(f"pipeline {number} of a pixel", "shape", "1x1", words)
    for image in ("rgba.png", "gray16.png", "lace.png", "turned.png", "turned.jpg", "f64.npy",
                  "five.npy", "plain.csv", "two.npy", "photo.tif", "tall.png", "1000x1000",
                  "7x5x4", "cut.png", "bomb.png"):  # fmt: skip
        yield case(f"of {image}", "shape", image, "conv -k box3 | pool")
    yield case("layer", "shape", "224x224x3", "conv -k samples/conv1.npy | relu | pool", "--json")
    yield case("layers", "shape", "8x8x3", "conv -k layer.npy | conv -k layer-group.npy --groups 4")
    yield case("stdin", "shape", "-", "pool", stdin="rgb.png")
    yield case("many stages", "shape", "99x99", " | ".join(["conv -k edge"] * 12))
    for image in ("0x5", "5x0", "5", "5x5x5x5", "5,5", "5X5", "5 x 5", "99999999999x2", "5x5x9999",
                  "nowhere.png", "photos", "cut-head.png", "text.png", "words.csv"):  # fmt: skip
        yield case(f"wrong: {image}", "shape", image, "pool")
    for words in ("", "edge", "conv", "pool -s 99", "conv -k nowhere", "bad-p/op.toml"):
        yield case(f"wrong: {words!r}", "shape", "9x9", words)
    yield case("wrong: one word", "shape", "9x9")
    yield case("wrong: pipeline first", "shape", "pool", "9x9")
    yield case("wrong: kernel", "shape", "9x9", "--kernel", "edge")


def kernel() -> Iterator[Case]:
    """The commands of kernel, but for make."""
    yield case("list", "kernel", "list")
    for words in ((), ("--json",)):
        end = " ".join(words)
        yield case(f"list own {end}", "kernel", "list", *words, folder="own")
        more = {"CONVTOOL_KERNELS": "../more:../nowhere:../samples"}
        yield case(f"list more {end}", "kernel", "list", *words, folder="own", env=more)
    for name in (*KERNELS, *MADE[::3], *FILES, *IN_PLACE[::3]):
        yield case(f"show {name[:40]!r}", "kernel", "show", name)
    for name in ("edge", "kirsch", "gaussian:9,2", "k-whole.json", "k-set.txt", "layer.npy",
                 "k-bank.kernel", "k-spot.png", "1/9 1/9", "k-even.mat", "k-large.txt", "gabor",
                 "k-same.json"):  # fmt: skip
        yield case(f"show {name!r}, json", "kernel", "show", name, "--json")
        yield case(f"show {name!r}, drawn", "kernel", "show", name, "-o", "drawn.png")
        yield case(f"convert {name!r}, json", "kernel", "convert", name, "--json")
        yield case(f"rotate {name!r} by 45", "kernel", "rotate", name, "--by", "45", "--json")
    for name in ("k-whole.json", "gaussian:9,2", "k-bank.kernel", "k-ninth.txt"):
        for format_ in KERNEL_FORMATS:
            yield case(f"convert {name!r} to {format_}", "kernel", "convert", name,
                       "--format", format_)  # fmt: skip
        yield case(f"rotate {name!r}", "kernel", "rotate", name)
        yield case(f"compass {name!r}", "kernel", "compass", name)
    for extension in ("json", "txt", "npy", "mat", "kernel", "csv", "png", "nowhere", "JSON"):
        out = f"out.{extension}"
        yield case(f"convert to .{extension}", "kernel", "convert", "sobel_x", "-o", out)
        if extension in ("json", "npy", "png"):
            yield case(f"rotate to .{extension}", "kernel", "rotate", "sobel_x", "-o", out)
            yield case(f"compass to .{extension}", "kernel", "compass", "sobel_x", "-o", out)
            yield case(f"show to .{extension}", "kernel", "show", "sobel_x", "--output", out)
    for degrees in ("0", "90", "180", "270", "-45", "405", "30", "x", "1e9"):
        yield case(f"rotate by {degrees}", "kernel", "rotate", "k-set.txt", "--by", degrees)
    for format_ in KERNEL_FORMATS:
        yield case(f"compass as {format_}", "kernel", "compass", "sobel:5,y", "--format", format_)
        yield case(f"rotate as {format_}", "kernel", "rotate", "k-rows.txt", "--format", format_)
    yield case("compass, json", "kernel", "compass", "prewitt_y", "--json")
    yield case("show 1x1, drawn", "kernel", "show", "1", "-o", "drawn.jpg")
    yield case("show stdin", "kernel", "show", "-", stdin="k-whole.json")
    yield case("convert stdin", "kernel", "convert", "-", "-o", "x.txt", stdin="k-spot.png")
    yield case("convert and format", "kernel", "convert", "edge", "-o", "x.dat", "--format", "vips")
    yield case("convert to -", "kernel", "convert", "edge", "-o", "-")
    yield case("convert in place", "kernel", "convert", "k-rows.txt", "-o", "k-rows.txt")
    wrong = {
        "show nothing": ("show",),
        "show two": ("show", "edge", "box3"),
        "show weights apart": ("show", "1", "2", "1"),
        "show nowhere": ("show", "nowhere"),
        "show stdin of nothing": ("show", "-"),
        "show to stdout": ("show", "edge", "-o", "-"),
        "show in place": ("show", "k-spot.png", "-o", "k-spot.png"),
        "show as gif": ("show", "edge", "-o", "x.gif"),
        "show json and drawn": ("show", "edge", "--json", "-o", "x.png"),
        "rotate by nothing": ("rotate", "edge", "--by"),
        "rotate even": ("rotate", "1 2; 3 4", "--by", "45"),
        "compass even": ("compass", "1 2; 3 4"),
        "compass bank": ("compass", "kirsch"),
        "convert json and format": ("convert", "edge", "--json", "--format", "txt"),
        "convert to nowhere": ("convert", "edge", "-o", "nowhere/x.json"),
        "convert format": ("convert", "edge", "--format", "xml"),
        "convert bias to npy": ("convert", "k-set.txt", "-o", "x.npy"),
        "convert bank to npy": ("convert", "kirsch", "-o", "x.npy"),
        "convert bank to vips": ("convert", "kirsch", "-o", "x.mat"),
        "unknown command": ("shwo", "edge"),
        "kernel as a command": ("edge",),
        "list something": ("list", "edge"),
        "bad option": ("convert", "edge", "--by", "90"),
    }
    for name, words in wrong.items():
        yield case(f"wrong: {name}", "kernel", *words)
    for name in BAD_KERNELS[::6]:
        yield case(f"bad: {name!r}", "kernel", "show", name)


def kernel_make() -> Iterator[Case]:
    """Kernels that are made, each with its options, in each form."""
    options = {
        "gaussian": ("--size", "5x3", "--sigma", "1.2"),
        "box": ("--size", "2x3"),
        "disk": ("--size", "7", "--radius", "2.2"),
        "triangle": ("--size", "5"),
        "binomial": ("--size", "4"),
        "motion": ("--length", "7", "--angle", "20"),
        "laplacian": ("--size", "7"),
        "log": ("--size", "9x7", "--sigma", "1.1"),
        "dog": ("--size", "9", "--sigma", "1", "--sigma2", "1.8"),
        "sobel": ("--size", "5", "--axis", "y"),
        "gabor": ("--size", "9", "--wavelength", "4", "--angle", "30", "--sigma", "2",
                  "--aspect", "1.5", "--phase", "45"),
        "unsharp": ("--size", "5", "--amount", "0.7", "--sigma", "1"),
        "comet": ("--length", "7", "--angle", "20", "--sigma", "1.5"),
        "circle": ("--radius", "2.2"),
        "ring": ("--inner", "1", "--outer", "2.2"),
        "diamond": ("--radius", "2"),
        "octagon": ("--radius", "3"),
        "plus": ("--radius", "1"),
        "cross": ("--radius", "3"),
        "freichen": ("--number", "6"),
    }  # fmt: skip
    extensions = ("json", "txt", "npy", "mat", "kernel")
    for number, (name, words) in enumerate(options.items()):
        format_, extension = KERNEL_FORMATS[number % 5], extensions[(number + 2) % 5]
        yield case(name, "kernel", "make", name)
        yield case(f"{name} with options", "kernel", "make", name, *words)
        yield case(f"{name}, json", "kernel", "make", name, *words, "--json")
        yield case(f"{name} in place", "kernel", "make", f"{name}:{words[1]}")
        yield case(f"{name} as {format_}", "kernel", "make", name, "--format", format_)
        yield case(f"{name} to .{extension}", "kernel", "make", name, *words,
                   "-o", f"out.{extension}")  # fmt: skip
        yield case(f"{name} with size x", "kernel", "make", name, words[0], "x")
    yield case("sobel x", "kernel", "make", "sobel", "--axis", "x", "--output", "x.json")
    yield case("gaussian, turned", "kernel", "make", "gaussian", "--size", "9x6", "--sigma", "2",
               "--sigma2", "0.7", "--angle", "20")  # fmt: skip
    yield case("laplacian of a number", "kernel", "make", "laplacian", "--number", "15")
    wrong = {
        "nothing": (),
        "unknown": ("blur",),
        "a file's name": ("edge",),
        "near": ("gausian",),
        "twice": ("gaussian:5", "--size", "7"),
        "word behind": ("gaussian", "5"),
        "too many": ("box:3,4",),
        "format and json": ("box", "--format", "txt", "--json"),
        "format": ("box", "--format", "png"),
        "extension": ("box", "-o", "x.png"),
        "sigma 0": ("gaussian", "--sigma", "0"),
        "size 0": ("box", "--size", "0"),
        "too large": ("box", "--size", "100000"),
        "even sobel": ("sobel", "--size", "4"),
        "axis": ("sobel", "--axis", "z"),
        "option of another": ("box", "--sigma", "2"),
        "no folder": ("box", "-o", "nowhere/x.json"),
    }
    for name, words in wrong.items():
        yield case(f"wrong: {name}", "kernel", "make", *words)


def fit() -> Iterator[Case]:
    """Kernels that are learned, in all variants."""
    pair = ("before.png", "after.png")
    variants = {
        "plain": pair,
        "rational": (*pair, "--rational"),
        "floats": ("before.png", "after.npy"),
        "floats, rational": ("before.png", "after.npy", "--rational"),
        "valid": ("before.png", "valid.npy", "--rational"),
        "bias": ("before.png", "brighter.npy", "--bias"),
        "bias, rational": ("before.png", "brighter.npy", "--bias", "--rational"),
        "without the bias": ("before.png", "brighter.npy"),
        "size 5": (*pair, "--size", "5"),
        "size 3x1": (*pair, "-s", "3x1"),
        "size 2": (*pair, "-s", "2"),
        "stride": ("before.png", "half.npy", "--stride", "2"),
        "dilation": (*pair, "--dilation", "2"),
        "layer": ("before.png", "after.npy", "--layer"),
        "layer, mixed": ("before.png", "mixed.npy", "--layer", "-s", "1"),
        "not a kernel's": ("before.png", "squared.npy"),
        "noise": ("noise.npy", "noise2.npy", "--rational"),
        "pairs": ("--pairs", "pairs.txt"),
        "pairs, quoted": ("--pairs", "pairs-quoted.txt", "--rational"),
        "threads": (*pair, "--threads", "1"),
        "quiet": (*pair, "-q"),
        "max-pixels": (*pair, "--max-pixels", "2000"),
        "sample": ("samples/scene.png", "samples/scene-edge.png", "--rational"),
    }
    for name, words in variants.items():
        yield case(name, "fit", *words)
        yield case(f"{name}, json", "fit", *words, "--json")
        if "layer" in name or "bias" in name:
            yield case(f"{name}, to npy", "fit", *words, "-o", "out.npy")
    for format_ in KERNEL_FORMATS:
        yield case(f"as {format_}", "fit", *pair, "--format", format_, "--rational")
    for extension in ("json", "txt", "npy", "mat", "kernel", "png", "nowhere"):
        yield case(f"to .{extension}", "fit", *pair, "--rational", "--output", f"x.{extension}")
    yield case("layer and bias", "fit", "before.png", "mixed.npy", "--layer", "-s", "1", "--bias",
               "-o", "x.npy", "--json")  # fmt: skip
    yield case("bias to json", "fit", "before.png", "brighter.npy", "--bias", "-o", "x.json")
    yield case("pairs on stdin", "fit", "--pairs", "-", stdin="pairs.txt")
    yield case("files and json", "fit", *pair, "-o", "x.json", "--json")
    yield case("format and output", "fit", *pair, "-o", "x.dat", "--format", "vips")
    wrong = {
        "nothing": (),
        "one": ("before.png",),
        "three": (*pair, "rgb.png"),
        "pair and pairs": (*pair, "--pairs", "pairs.txt"),
        "missing": ("before.png", "nowhere.png"),
        "broken": ("before.png", "cut.png"),
        "other size": ("before.png", "rgb.png"),
        "other channels": ("before.png", "noise.npy"),
        "channels": ("rgb.png", "gray.png"),
        "flat": ("white.png", "white.png"),
        "numbers too large": ("large-numbers.npy", "large-numbers.npy"),
        "too small": ("pixel.png", "pixel.png"),
        "size too large": (*pair, "-s", "99"),
        "size 0": (*pair, "-s", "0"),
        "size word": (*pair, "-s", "x"),
        "many weights": (*pair, "-s", "39"),
        "layer and rational": (*pair, "--layer", "--rational"),
        "layer to json": (*pair, "--layer", "-o", "x.json"),
        "layer and bias to stdout": (*pair, "--layer", "--bias"),
        "bias to npy": (*pair, "--bias", "-o", "x.npy"),
        "json and format": (*pair, "--json", "--format", "txt"),
        "stdin twice": ("-", "-"),
        "stdin of nothing": ("-", "after.png"),
        "pairs of one": ("--pairs", "pairs-one.txt"),
        "pairs with a quote": ("--pairs", "pairs-quote.txt"),
        "pairs of none": ("--pairs", "pairs-none.txt"),
        "pairs with a missing one": ("--pairs", "pairs-missing.txt"),
        "pairs that differ": ("--pairs", "pairs-differ.txt"),
        "missing pairs": ("--pairs", "nowhere.txt"),
        "stride": (*pair, "--stride", "2"),
        "in place": (*pair, "-o", "after.png"),
        "over an image": ("before.png", "after.npy", "-o", "after.npy"),
        "threads": (*pair, "--threads", "-1"),
    }
    for name, words in wrong.items():
        yield case(f"wrong: {name}", "fit", *words)
    yield case("wrong: pairs with stdin", "fit", "--pairs", "-", stdin="pairs-stdin.txt")


def terminals() -> Iterator[Case]:
    """What somebody sees who sits at a terminal."""
    true = {"COLORTERM": "truecolor", "TERM": "xterm"}
    abilities = {
        "true colour": true,
        "256 colours": {"TERM": "xterm-256color"},
        "16 colours": {"TERM": "xterm"},
        "no colour": {**true, "NO_COLOR": "1"},
        "C": {**true, "LC_ALL": "C"},
        "dumb": {"TERM": "dumb"},
        "narrow": {**true, "COLUMNS": "20", "LINES": "9"},
    }
    for name, env in abilities.items():
        words = ("conv", "rgb.png", "-k", "sharpen", "--show")
        yield case(f"show in {name}", *words, env=env, terminal=BOTH)
        words = ("conv", "gray.png", "-k", "kirsch", "-k", "edge", "--show", "--range", "abs")
        yield case(f"show several in {name}", *words, env=env, terminal=BOTH)
    commands = {
        "conv": ("conv", "rgb.png", "-k", "edge"),
        "pool": ("pool", "rgb.png"),
        "run": ("run", "conv -k layer.npy | relu", "rgb.png"),
    }
    for name, words in commands.items():
        yield case(name, *words, env=true, terminal=BOTH)
        yield case(f"{name} csv", *words, "--format", "csv", "-o", "-", env=true, terminal=BOTH)
        yield case(f"{name} -o -", *words, "-o", "-", env=true, terminal=BOTH)
        yield case(f"{name} shown", *words, "--show", env=true, terminal=BOTH)
        yield case(f"{name} shown on stderr", *words, "--show", "--format", "npy", env=true,
                   terminal=("stderr",))  # fmt: skip
        yield case(f"{name} shown and written", *words, "--show", "-o", "out.npy", env=true,
                   terminal=BOTH)  # fmt: skip
        yield case(f"{name} shown nowhere", *words, "--show", "-o", "out.npy", env=true)
        yield case(f"{name} quiet", *words, "-q", env=true, terminal=BOTH)
        nothing = (
            words[:1] if name == "pool" else words[:2] if name == "run" else ("conv", "-k", "1")
        )
        yield case(f"{name} without an image", *nothing, env=true, terminal=BOTH)
    sheet = ("conv", "rgb.png", "-k", "k-bank.json", "--sheet")
    yield case("sheet", *sheet, env=true, terminal=BOTH)
    yield case("sheet shown", *sheet, "--show", env=true, terminal=BOTH)
    yield case("alone", env=true, terminal=BOTH)
    yield case("--help", "pool", "--help", env=true, terminal=BOTH)
    yield case(
        "explain", "explain", "rgb.png", "-k", "edge", "--at", "0,0", env=true, terminal=BOTH
    )
    yield case("shape", "shape", "rgb.png", "conv -k edge --padding valid | relu",
               env={**true, "COLUMNS": "50"}, terminal=BOTH)  # fmt: skip
    yield case("list", "kernel", "list", env={**true, "COLUMNS": "60"}, terminal=BOTH, folder="own")
    yield case("kernel show", "kernel", "show", "gaussian5", env=true, terminal=BOTH)
    yield case("npy of a kernel", "kernel", "convert", "edge", "--format", "npy", env=true,
               terminal=BOTH)  # fmt: skip
    yield case("kernel from nowhere", "kernel", "show", "-", env=true, terminal=BOTH)
    yield case("image from nowhere", "explain", "-", "-k", "1", "--at", "0,0", env=true,
               terminal=BOTH)  # fmt: skip
    yield case("shape of nothing", "shape", "-", "pool", env=true, terminal=BOTH)
    yield case("fit", "fit", "before.png", "after.png", env=true, terminal=BOTH)
    yield case("layer", "fit", "before.png", "after.npy", "--layer", env=true, terminal=BOTH)
    yield case("error", "pool", "nowhere.png", env=true, terminal=BOTH)
    yield case("batch", "pool", "photos", "-d", "out", "--threads", "1", env=true, terminal=BOTH)
    yield case("batch, json", "pool", "photos", "-d", "out", "--threads", "1", "--json", env=true,
               terminal=BOTH)  # fmt: skip
    yield case("batch, quiet", "pool", "photos", "-d", "out", "-q", env=true, terminal=BOTH)
    yield case("replaced", "conv", "../rgb.png", "-k", "edge", env=true, terminal=BOTH,
               folder="there")  # fmt: skip


def usage() -> Iterator[Case]:
    """Both names of options, and command lines that are none."""
    long = ("--output", "out.csv", "--max-pixels", "999", "--depth", "8", "--compress", "fast")
    for words in (("conv", "rgb.png", "-k", "edge"), ("pool", "rgb.png"),
                  ("run", "relu", "rgb.png"),
                  ("explain", "rgb.png", "-k", "edge", "--at", "1,1")):  # fmt: skip
        name = words[0]
        given = long[2:6] if name == "explain" else long
        yield case(f"{name} in full", *words, *given, "--quiet")
        yield case(f"{name} drawn", *words, "--output", "out.png", "--quiet")
        if name != "explain":
            yield case(f"{name} into a folder", *words, "--out-dir", "out", "--quiet")
    yield case("fit in full", "fit", "before.png", "after.png", "--output", "k.txt", "--quiet")
    for name in MAKERS:
        yield case(f"{name} in full", "kernel", "make", name, "--output", "k.txt")
    for name in ("rotate", "compass", "convert"):
        yield case(f"{name} in full", "kernel", name, "edge", "--output", "k.txt")
        yield case(f"{name} in short", "kernel", name, "edge", "-o", "k.txt")
    for words in (
        ("nowhere",), ("--nowhere",), ("-x",), ("con", "rgb.png"), ("rgb.png",), ("",),
        ("conv", "rgb.png", "edge"), ("conv", "rgb.png", "-kedge", "--kernel"),
        ("conv", "--", "rgb.png", "-k", "edge"), ("conv", "-dash.png", "-k", "edge"),
        ("pool", "rgb.png", "-s"), ("pool", "rgb.png", "-x"), ("pool", "--sizes", "3", "rgb.png"),
        ("pool", "x" * 5000), ("pool", "rgb.png", "--mode", "x" * 5000), ("explain",),
        ("explain", "rgb.png", "relu", "x", "--at", "1,1"), ("shape", "1x1", "pool", "x"),
        ("kernel", "--version"), ("kernel", "list", "-x"), ("fit", "--size"), ("--version", "conv"),
        ("pool", "rgb.png", "-o"), ("run", "relu", "rgb.png", "--kernel", "edge"),
        ("pool", "e\x1b]0;title\x07.png"), ("conv", "rgb.png", "-k", "e\x1b[31m"),
        ("conv", "rgb.png", "-k", "edge", "--output=a.csv", "-o", "b.csv"),
    ):  # fmt: skip
        yield case(f"{' '.join(words)[:60]!r}", *words)
