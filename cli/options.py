"""The options of commands that are no stage's, in click's words."""

import click

from convtool.core.choices import COMPRESSIONS, RANGES
from convtool.core.params import Axes, Color, Delimiter, Number, Positive, WhichFrames
from convtool.io.formats import FORMATS

from .command import FILE, TEXT, Value, in_order

MOST_THREADS = 2**31 - 1

images = click.argument("images", nargs=-1, metavar="[IMAGE]...", type=FILE)

range_ = click.option(
    "--range",
    "range_",
    type=click.Choice(RANGES),
    help=(
        "How values become pixels. clip: rounded, below 0 is black, above white is white; "
        "abs: their magnitude; normalize: smallest to black, largest to white; center: 0 to "
        "mid-grey, nothing clipped. CSV and NPY hold the values themselves, and so does TIFF of "
        "images of floats and the like, which have no white. Default: clip."
    ),
)

depth = click.option(
    "--depth",
    type=click.Choice(["8", "16", "float"]),
    help=(
        "Bits of a pixel; float: none, a TIFF is to hold the values themselves. White stays white; "
        "numbers, which have no white, become pixels as they are. Default: 16 for images of 16 "
        "bits where the format holds them."
    ),
)

white = click.option(
    "--white",
    type=Value(Positive()),
    help=(
        "The value that is shown as white: 1 for a map of shares. Default: white as the image has "
        "it, and 255 or 65535 for numbers, which have none."
    ),
)

nodata = click.option(
    "--nodata",
    type=Value(Number()),
    help=(
        "The number that marks missing values in the image, besides NaN. In CSV and NPY what is "
        "missing is this number again. --missing says what is done with it."
    ),
)

background = click.option(
    "--background",
    type=Value(Color()),
    help=(
        "What a map with transparency is laid over in a format that holds none, as JPEG: a name, "
        "or #rrggbb. Default: white."
    ),
)

quality = click.option(
    "--quality",
    type=click.IntRange(1, 100),
    metavar="N",
    help=(
        "Quality of a JPEG, WebP or AVIF, from 1 to 100. Default: 95 for JPEG, no loss for WebP, "
        "Pillow's for others."
    ),
)

strip = click.option("--strip", is_flag=True, help="Leave EXIF and XMP behind.")

format_ = click.option(
    "--format",
    "format_",
    metavar="NAME",
    type=TEXT,
    shell_complete=lambda *_: list(FORMATS),
    help=(
        f"{', '.join(FORMATS)}, ... CSV and NPY get the values themselves, TIFF too of images "
        "of floats and the like, all others pixels. Default: the extension of --output, else the "
        "image's own format if it is csv, npy or tiff, else png."
    ),
)

compress = click.option(
    "--compress",
    type=click.Choice(COMPRESSIONS),
    help=(
        "How a PNG or TIFF is packed: fast, small, which takes many times longer, or none. "
        "Default: fast for PNG, none for TIFF."
    ),
)

threads = click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    metavar="N",
    help=(
        "How many to use in all, on several images or on the parts of a large one; the result "
        "is the same. Default: one for each core."
    ),
)

max_pixels = click.option(
    "--max-pixels",
    type=click.IntRange(min=1),
    metavar="N",
    help="Refuse images and maps of more pixels. Default: 2000000000.",
)

delimiter = click.option(
    "--delimiter",
    type=Value(Delimiter()),
    help=(
        "What separates numbers in CSV, read and written: one character as ';', or tab; ' ' reads "
        "any number of blanks. Default: a comma."
    ),
)

header = click.option(
    "--header",
    is_flag=True,
    help="Skip the rows of headings that a CSV begins with: those that hold no number.",
)

quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")

output = click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=FILE,
    help=(
        "Where the map goes; the extension tells the format, and a folder is as --out-dir. "
        "{kernel} stands for the kernel's name (of pool and run for what is done, as max2). "
        "Default: stdout, or on a terminal a file IMAGE-KERNEL.png in the current folder."
    ),
)

overwrite = click.option(
    "--overwrite", is_flag=True, help="Let a map replace the image that it is computed from."
)

no_clobber = click.option(
    "--no-clobber", is_flag=True, help="Refuse to replace any file. Default: maps replace others."
)

out_dir = click.option(
    "-d",
    "--out-dir",
    metavar="DIR",
    type=FILE,
    help="The folder for the maps of several images, which is created if needed.",
)

name = click.option(
    "--name",
    metavar="TEMPLATE",
    type=TEXT,
    help=(
        "How maps in --out-dir are called: {stem} is the image's name without its extension, "
        "{ext} that extension, {kernel} the kernel's name, {frame} a frame's number. "
        "Default: '{stem}-{kernel}' with the extension of the format."
    ),
)

axes = click.option(
    "--axes",
    type=Value(Axes()),
    help=(
        "What the axes of a .npy are, or what the pages of a TIFF or the blocks of a CSV are: z "
        "slices, t frames, y rows, x columns, c channels, as zyx; zcyx joins pages as channels. "
        "Default: as a TIFF says itself; yx, or yxc of three axes."
    ),
)

stack = click.option(
    "--stack",
    is_flag=True,
    help=(
        "Take all images as the slices of one volume, in the order that they are given in; those "
        "of a folder by the numbers in their names, slice2 before slice10."
    ),
)

recursive = click.option(
    "--recursive", is_flag=True, help="Go down into folders, and make the same ones in --out-dir."
)

from_file = click.option(
    "--from-file",
    metavar="LIST",
    type=FILE,
    help="Take images, or folders, from a file of names, one a line; - is stdin.",
)

null = click.option(
    "-0",
    "--null",
    is_flag=True,
    help="Names in LIST end with a NUL byte, as find -print0 writes.",
)

frames = click.option(
    "--frames",
    type=Value(WhichFrames()),
    help=(
        "Which frames of an animation, or pages of a TIFF. Default: all, where OUT holds frames "
        "(PNG, GIF, WebP, TIFF, NPY, CSV), else the first. {frame} in OUT makes a file for each."
    ),
)

skip_existing = click.option(
    "--skip-existing",
    is_flag=True,
    help="Skip maps that already exist: continue an interrupted run.",
)

fail_fast = click.option("--fail-fast", is_flag=True, help="Stop at the first image that fails.")

json_ = click.option(
    "--json", "json_", is_flag=True, help="Print a line of JSON for each map on stdout."
)

scheduler = click.option(
    "--scheduler",
    metavar="ADDRESS",
    type=TEXT,
    help="A Dask cluster does the work: tcp://host:8786. Its workers need convtool and the files.",
)


show = click.option(
    "--show",
    is_flag=True,
    help=(
        "Show the map on the terminal, as large as fits; of several maps, and of a map of more "
        "channels than a picture has, all with their names. With no OUT, no file is written."
    ),
)

sheet = click.option(
    "--sheet",
    is_flag=True,
    help=(
        "Write one picture that shows all maps, and all outputs of a layer, each with its name: "
        "a contact sheet."
    ),
)

result = in_order(
    *(output, overwrite, no_clobber, sheet, show, range_, white, depth, background, nodata),
    *(format_, compress, quality, strip),
    heading="Output",
)
"""How values become pixels, and where the map goes."""

many = in_order(
    in_order(
        *(
            out_dir,
            name,
            stack,
            recursive,
            from_file,
            null,
            skip_existing,
            fail_fast,
            json_,
            scheduler,
        ),
        heading="Many images",
    ),
    *(frames, axes, threads, max_pixels, delimiter, header, quiet),
)
"""Several images, who does the work, and what is said of it."""
