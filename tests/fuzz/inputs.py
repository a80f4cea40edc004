"""Inputs that nobody would give on purpose: broken files, and words that almost mean something."""

import io
import json
import random
import struct
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

from convtool.core.choices import POOL_MODES
from convtool.core.params import Flag, KernelName
from convtool.ops.registry import OPERATIONS


class Case(NamedTuple):
    """A command line, and the files that it finds."""

    arguments: list[str]
    files: dict[str, bytes]
    stdin: bytes = b""


LIMIT = ["--max-pixels", "300000"]
"""What is allowed stays small, so that no input takes long for being large."""

NUMBERS = [
    *("0", "1", "-1", "2", "3", "0.5", "-0.0", "1e308", "1e-308", "1e400", "nan", "inf", "1/3"),
    *(
        "1/0",
        "9" * 30,
        "9" * 5000,
        "0x10",
        "\u0661",
        "1_000",
        "",
        " ",
        "--",
        "2147483648",
        "-2147483649",
    ),
]
WORDS = [*NUMBERS, "same", "valid", "3x5", "0x0", "1,2,3,4", "[1]", "{kernel}", "\0", "é", "'", '"']


def pixels(rng: random.Random, most: int = 12) -> np.ndarray:
    """A small image of any type."""
    shape = [rng.randint(1, most), rng.randint(1, most)]
    if rng.random() < 0.6:
        shape.append(rng.choice([1, 2, 3, 4, 4, 5]))
    numbers = np.random.default_rng(rng.getrandbits(32))
    dtype = rng.choice(["u1", "u1", "i1", "u2", "i2", "i4", "u8", "f2", "f4", "f8", "?"])
    values = numbers.normal(0, 10 ** rng.uniform(-3, 6), shape)
    with np.errstate(all="ignore"):
        return values.astype(dtype)


def picture(rng: random.Random, format_: str) -> bytes:
    """A sound picture of a format."""
    mode = rng.choice(["L", "RGB", "RGB", "RGBA", "P", "1", "LA", "I;16", "CMYK", "F"])
    image = Image.new("RGB", (rng.randint(1, 30), rng.randint(1, 30)))
    noise = np.random.default_rng(rng.getrandbits(32))
    image = Image.fromarray(noise.integers(0, 256, (image.height, image.width, 3), dtype=np.uint8))
    options: dict[str, object] = {}
    if format_ == "TIFF":
        options["compression"] = rng.choice([None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
    if rng.random() < 0.3:
        options["icc_profile"] = noise.bytes(rng.randint(0, 300))
    for candidate in (mode, "RGB", "L"):
        file = io.BytesIO()
        try:
            converted = image.convert("L").convert(candidate) if candidate == "I;16" else image
            converted.convert(candidate).save(file, format_, **options)
        except (OSError, ValueError, KeyError):
            continue
        return file.getvalue()
    raise AssertionError(format_)


def mutated(rng: random.Random, data: bytes) -> bytes:
    """A file's bytes with some of them changed."""
    changed = bytearray(data)
    for _ in range(rng.choice([0, 1, 1, 2, 4, 16])):
        place = rng.randrange(len(changed) + 1)
        match rng.randrange(7):
            case 0:
                changed[place : place + 1] = rng.randbytes(1)
            case 1:
                changed[place : place + 1] = bytes([(changed[place] if place < len(changed) else 0)
                                                   ^ 1 << rng.randrange(8)])  # fmt: skip
            case 2:
                del changed[place : place + rng.randint(1, 20)]
            case 3:
                changed[place:place] = rng.randbytes(rng.randint(1, 20))
            case 4:
                number = rng.choice([0, 1, 2**31 - 1, 2**32 - 1, 2**16, 0x7FFF])
                changed[place : place + 4] = struct.pack(rng.choice("<>") + "I", number)
            case 5:
                changed[place:place] = changed[: rng.randint(0, 60)]
            case 6:
                del changed[place:]
        if not changed:
            break
    return bytes(changed)


def with_sound_checksums(data: bytes) -> bytes:
    """A PNG whose chunks' checksums are right again, so that what they hold is looked at."""
    out, place = data[:8], 8
    while place + 8 <= len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        body = data[place + 4 : place + 8 + length]
        out += data[place : place + 4] + body + struct.pack(">I", zlib.crc32(body))
        place += 12 + length
    return out


def bomb(rng: random.Random) -> bytes:
    """A small PNG that says much: packed text or profile of many megabytes, or many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    packed = zlib.compress(bytes(rng.choice([2**20 + 9, 2**26, 2**27])), 9)
    extra = rng.choice(
        [
            chunk(b"zTXt", b"Comment\0\0" + packed),
            chunk(b"iTXt", b"Comment\0\1\0\0\0" + packed),
            chunk(b"iCCP", b"profile\0\0" + packed),
            chunk(b"tEXt", b"Comment\0" + bytes(2**21)),
            chunk(b"eXIf", b"MM\0*" + bytes(2**20)),
            chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**20))) * 70,
        ]
    )
    side = rng.choice([4, 4, 500, 40000, 2**31 - 1])
    rows = zlib.compress(bytes(min(side * (side + 1), 300000)))
    header = chunk(b"IHDR", struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0))
    parts = [header, extra, chunk(b"IDAT", rows)]
    if rng.random() < 0.5:
        parts[1:] = parts[:0:-1]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def npy(rng: random.Random) -> bytes:
    """A .npy file, sound or with a header that is not."""
    file = io.BytesIO()
    shape = rng.choice([(3, 3), (4, 5, 3), (2, 3, 2, 2), (7,), (0, 3), (3, 3, 2, 2, 2)])
    with np.errstate(all="ignore"):
        array = np.ones(shape) if rng.random() < 0.5 else pixels(rng)
    if rng.random() < 0.1:
        array = np.array([[{"a": 1}]], dtype=object)
    np.save(file, np.asfortranarray(array) if rng.random() < 0.3 else array, allow_pickle=True)
    data = file.getvalue()
    if rng.random() < 0.5:
        header = rng.choice([
            "{'descr': '<f8', 'fortran_order': False, 'shape': (999999, 999999)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-3, 3)}",
            "{'descr': '<f8', 'fortran_order': True, 'shape': (3, 3, 0)}",
            "{'descr': '|O', 'fortran_order': False, 'shape': (3, 3)}",
            "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,)}",
            "{'descr': '<M8[s]', 'fortran_order': False, 'shape': (2, 2)}",
            "{'descr': '<c8', 'fortran_order': False, 'shape': (2, 2)}",
            "{'descr': '<f16', 'fortran_order': False, 'shape': (2, 2)}",
            "{'descr': '<U9', 'fortran_order': False, 'shape': (2, 2)}",
            "{'shape': (2, 2)}", "(" * 3000, "__import__('os').abort()", "[" * 90 + "]" * 90,
            "{'descr': '<f8', 'fortran_order': False, 'shape': (True, 3)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3.0, 3)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': 9}",
        ]).encode()  # fmt: skip
        data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(72)
    return mutated(rng, data) if rng.random() < 0.5 else data


def grid(rng: random.Random) -> object:
    """What may or may not be a grid of weights."""

    def value(depth: int) -> object:
        match rng.randrange(9):
            case 0:
                return rng.choice([None, True, "1", "1/3", {}, [], 10**400, -0.0, 1e308, "\ud800"])
            case 1 if depth < 4:
                return [value(depth + 1) for _ in range(rng.randint(0, 3))]
            case _:
                return rng.choice([0, 1, -2, 0.25, 1 / 9, 3e-9, 10**15])

    if rng.random() < 0.7:
        cols = rng.randint(1, 4)
        return [
            [rng.choice([0, 1, -2, 0.25]) for _ in range(cols)] for _ in range(rng.randint(1, 4))
        ]
    return value(0)


def matrix(rng: random.Random) -> bytes:
    """A matrix file of libvips, more or less."""
    rows, cols = rng.randint(1, 4), rng.randint(1, 4)
    good = ["1", "-2", "0.25", "3e1", "0"]
    cells = good if rng.random() < 0.6 else NUMBERS
    head = [str(cols), str(rows), *rng.choices(cells, k=rng.choice([0, 1, 2, 2, 3]))]
    if rng.random() < 0.2:
        head[rng.randrange(2)] = rng.choice(NUMBERS)
    lines = [head, *(rng.choices(cells, k=cols) for _ in range(rows))]
    text = rng.choice(["\n", "\n", "\r\n"]).join(rng.choice(" \t").join(line) for line in lines)
    return b"MATLAB 5.0" if rng.random() < 0.05 else text.encode()


def definition(rng: random.Random) -> str:
    """Kernels as ImageMagick has them, more or less."""
    parts = []
    for _ in range(rng.choice([1, 1, 1, 1, 1, 2, 3])):
        rows, cols = rng.choice([(3, 3), (2, 2), (1, 3), (3, 1), (2, 3), (5, 5)])
        good = ["1", "-2", "0.25", "-", "nan", "3e1", "0"]
        values = rng.choices(good if rng.random() < 0.9 else WORDS, k=rows * cols)
        if rng.random() < 0.1:
            values.pop()
        origin = rng.choice(["", "", "+0+0", "+0+0", "+1", "+9+9", "-1+0", "+0+0+0"])
        flags = rng.choice(["", "", "", "", "", ">", "<", "@", "@>", "!"])
        head = f"{cols}x{rows}{origin}{flags}" if rng.random() < 0.9 else rng.choice(WORDS)
        parts.append(f"{head}:{rng.choice([' ', ', ', chr(10)]).join(values)}")
    return rng.choice([";", "; ", ";\n", ";;"]).join(parts)


def kernel(rng: random.Random) -> tuple[str, bytes]:
    """The name and the bytes of a kernel's file."""
    kind = rng.randrange(7)
    if kind == 0:
        return "k.npy", npy(rng)
    if kind == 4:
        return "k.mat", mutated(rng, matrix(rng)) if rng.random() < 0.3 else matrix(rng)
    if kind == 5:
        text = definition(rng).encode("utf-8", "surrogatepass")
        return "k.kernel", mutated(rng, text) if rng.random() < 0.3 else text
    if kind == 6:
        data = picture(rng, rng.choice(["PNG", "PNG", "JPEG", "TIFF", "GIF", "PPM", "BMP"]))
        return "k.png", mutated(rng, data) if rng.random() < 0.5 else data
    if kind == 1:
        rows = "\n".join(
            rng.choice([" ", ",", "\t", ";", ", "]).join(
                rng.choices(WORDS[:14], k=rng.randint(1, 4))
            )
            for _ in range(rng.randint(0, 4))
        )
        keys = rng.choices(["divisor", "bias", "anchor", "name", "scale", "#", "weights"], k=2)
        head = "".join(f"{key} = {rng.choice(WORDS)}\n" for key in keys if rng.random() < 0.5)
        text = (head + rows).encode("utf-8", "surrogatepass")
        return "k.txt", mutated(rng, text) if text and rng.random() < 0.5 else text
    keys = ["weights", "name", "description", "divisor", "bias", "anchor", "kernels", "other"]
    data: object = grid(rng)
    if kind == 2:
        data = {"weights": data}
        data |= {key: rng.choice([grid(rng), *NUMBERS[:5], 2, None]) for key in rng.sample(keys, 1)}
        if rng.random() < 0.3:
            data = {"kernels": [data, grid(rng)]}
    text = json.dumps(data).encode()
    if rng.random() < 0.05:
        text = rng.choice([b"[" * 200000, b'{"weights":' * 50000, b"[[1" + b"0" * 9000 + b"]]"])
    return "k.json", mutated(rng, text) if rng.random() < 0.4 else text


def value_of(rng: random.Random, option: object) -> str:
    """A value for an option, as often right as wrong."""
    if isinstance(option.kind, KernelName):  # type: ignore[attr-defined]
        return rng.choice(["edge", "sobel_x", "kirsch", "k.json", "k.npy", "1 2; 3 4", "-1", "-",
                           "k.mat", "k.kernel", "k.png", definition(rng), "Gaussian:0x2",
                           "gaussian:5,1", "gabor:9", "box:x", "motion:4,", "log:sigma=1e-9",
                           "/", "..", "kernels", "", "1;" * 2000, *WORDS])  # fmt: skip
    words = getattr(option.kind, "words", ())  # type: ignore[attr-defined]
    good = [*words, "1", "2", "3", "1x2", "0,0", "same", "full", "b.npy"]
    return rng.choice(good if rng.random() < 0.7 else WORDS)


def stage(rng: random.Random) -> tuple[str, dict[str, object]]:
    """A stage and some options, most of them its own."""
    operation = rng.choice(list(OPERATIONS.values()))
    given: dict[str, object] = {}
    for option in operation.options:
        if option.name == "kernel" or rng.random() < 0.12:
            given[option.name] = True if isinstance(option.kind, Flag) else value_of(rng, option)
    if rng.random() < 0.1:
        given[rng.choice(["op", "size", "kernel", "x", ""])] = rng.choice(
            [1, None, [1, 2], {}, "2"]
        )
    return (operation.name if rng.random() < 0.95 else rng.choice(WORDS)), given


def pipeline(rng: random.Random) -> tuple[str, dict[str, bytes]]:
    """A pipeline as it is given, and its file."""
    stages = [stage(rng) for _ in range(rng.randint(0, 3))]
    kind = rng.randrange(3)
    if kind == 0:
        words = " | ".join(
            " ".join([name, *(f"--{key.replace('_', '-')} {_quoted(rng, value)}"
                              for key, value in given.items())])
            for name, given in stages
        )  # fmt: skip
        text = words.replace("\0", "")
        if rng.random() < 0.3:
            text = mutated(rng, text.encode("utf-8", "ignore")).decode("utf-8", "ignore")
        return text.replace("\0", "?") or "|", {}
    data = [{"op": name, **given} for name, given in stages]
    if kind == 1:
        text = json.dumps(rng.choice([data, {"stages": data}, {"stages": data, "x": 1}, data[:1]]))
        name = "p.json"
    else:
        name = "p.toml"
        text = "".join(
            "[[stages]]\n" + "".join(f"{k or 'x'} = {json.dumps(v)}\n" for k, v in one.items())
            for one in data
        )
    raw = text.encode("utf-8", "surrogatepass")
    return name, {name: mutated(rng, raw) if raw and rng.random() < 0.4 else raw}


def _quoted(rng: random.Random, value: object) -> str:
    if value is True:
        return ""
    quote = rng.choice(["'", '"', "'", ""])
    return f"{quote}{value}{quote}"


def csv(rng: random.Random) -> bytes:
    """Numbers in rows, more or less."""
    cols = rng.randint(1, 5)
    cells = [*NUMBERS[:13], "255", "-7", "NaN", "Infinity", "1e5", "four", '"1"', "1 2", "0007"]
    good = ["1", "2.5", "-3", "255", "1e-3"]
    rows = [
        ",".join(rng.choices(good if rng.random() < 0.9 else cells, k=cols))
        for _ in range(rng.randint(0, 6))
    ]
    for extra in ("# channel 0: R", "# channel 1: G", "# float64", "#", "", "\ufeff"):
        if rng.random() < 0.15:
            rows.insert(rng.randint(0, len(rows)), extra)
    text = rng.choice(["\n", "\r\n", "\r"]).join(rows).encode()
    return mutated(rng, text) if text and rng.random() < 0.5 else text


def image(rng: random.Random) -> tuple[str, bytes]:
    """The name and bytes of an image's file, sound or broken."""
    kind = rng.choice(["png", "png", "png", "jpeg", "tiff", "gif", "webp", "csv", "npy", "bomb"])
    if kind == "csv":
        return "i.csv", csv(rng)
    if kind == "npy":
        return "i.npy", npy(rng)
    if kind == "bomb":
        return "i.png", bomb(rng) if rng.random() < 0.2 else b""
    data = mutated(rng, picture(rng, kind.upper()))
    if kind == "png" and rng.random() < 0.6:
        data = with_sound_checksums(data)
    return rng.choice([f"i.{kind}", "i", "i.png"]), data


GOOD_IMAGE = io.BytesIO()
Image.fromarray(np.arange(300, dtype=np.uint16).astype(np.uint8).reshape(10, 10, 3)).save(
    GOOD_IMAGE, "PNG"
)


def _kernel_case(rng: random.Random) -> Case:
    name, data = kernel(rng)
    options = rng.sample(["--flip", "--normalize", "--relu", "--gray"], rng.randint(0, 2))
    by_pipe = rng.random() < 0.2
    arguments = ["conv", "good.png", "-k", "-" if by_pipe else name, *options]
    files = {"good.png": GOOD_IMAGE.getvalue(), name: data}
    return Case(arguments, files, data if by_pipe else b"")


def _pipeline_case(rng: random.Random) -> Case:
    words, files = pipeline(rng)
    name, data = kernel(rng)
    bias = {"b.npy": npy(rng)}
    good = {"good.png": GOOD_IMAGE.getvalue()}
    return Case(["run", words, "good.png"], {**files, **bias, **good, name: data})


def _image_case(rng: random.Random) -> Case:
    name, data = image(rng)
    command = rng.choice([["conv", "-k", rng.choice(["edge", "1 2; 3 4", "gaussian5"])],
                          ["pool", "--size", rng.choice(["1", "2", "3x2"])],
                          ["run", "abs | conv -k edge | pool"]])  # fmt: skip
    if rng.random() < 0.2:
        return Case(command, {}, data)
    if rng.random() < 0.1:
        return Case([*command, name, "good.png", "-d", "out"],
                    {name: data, "good.png": GOOD_IMAGE.getvalue()})  # fmt: skip
    return Case([*command, name], {name: data})


def _explain_case(rng: random.Random) -> Case:
    """Any of the others, of which one value is explained."""
    found = rng.choice([_kernel_case, _pipeline_case, _image_case])(rng)
    command, *rest = found.arguments
    if not found.files:
        rest.append("-")
    if command == "run":
        words, image, *_ = rest
        rest = [image, words]
    elif command == "pool":
        rest += ["--pool", rng.choice(POOL_MODES)]
    rest = rest[: rest.index("-d")] if "-d" in rest else rest
    place = f"{rng.choice([0, 0, 1, 5])},{rng.choice([0, 0, 2, 9])}"
    return found._replace(arguments=["explain", *rest, "--at", place])


def _fit_case(rng: random.Random) -> Case:
    """Two images that may have nothing to do with each other, or little to learn from."""
    (_, before), (_, after) = image(rng), image(rng)
    files = {"a": before, "b": after}
    if rng.random() < 0.6:  # a result that was made of the image
        pixels_before = pixels(rng, 30)
        with np.errstate(all="ignore"):
            made = pixels_before * np.float64(rng.choice([1, 0, 0.5, -3, 1e300]))
        dtype = rng.choice([made.dtype, pixels_before.dtype])
        for name, values in (("a", pixels_before), ("b", made)):
            file = io.BytesIO()
            with np.errstate(all="ignore"):
                np.save(file, values.astype(dtype) if name == "b" else values)
            files[name] = file.getvalue()
    files["list"] = rng.choice([b"a b\n", b"a\tb\nb\ta\n", b"'a b", b"\0 \xff\n", b"# a b\n", b"a"])
    images = rng.choice([["a", "b"], ["a", "b"], ["b", "a"], ["a", "a"], ["--pairs", "list"]])
    size = rng.choice(["1", "2", "3", "1x3", "5", "99"])
    flags = rng.sample(["--rational", "--stride=2", "--dilation=2", "--bias"], rng.randint(0, 2))
    return Case(["fit", *images, "--size", size, *flags], files)


KINDS: dict[str, Callable[[random.Random], Case]] = {
    "kernel": _kernel_case,
    "pipeline": _pipeline_case,
    "image": _image_case,
    "explain": _explain_case,
    "fit": _fit_case,
}


def case(seed: int) -> tuple[str, Case]:
    """The input of this number, and its kind; the same whenever it is asked for."""
    rng = random.Random(seed)
    kind = rng.choices(list(KINDS), [1, 1, 3, 2, 1])[0]
    found = KINDS[kind](rng)
    output = []
    if kind == "fit":
        output = ["-o", "out.npy"]
    elif "-d" not in found.arguments:
        format_ = rng.choice(["png", "png", "csv", "npy", "tiff", "webp"])
        output = ["-o", f"out.{format_}"]
        if rng.random() < 0.2:
            output += ["--range", rng.choice(["abs", "normalize", "center"])]
        if rng.random() < 0.1:
            output = ["--json", *output]
        if rng.random() < 0.2:
            output += ["--sheet"]
    arguments = [word.replace("\0", "?") for word in found.arguments]
    return kind, found._replace(arguments=[*arguments, *output, *LIMIT])
