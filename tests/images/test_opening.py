from __future__ import annotations

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from fmnist_core.errors import PictureError
from fmnist_core.images import open_picture
from fmnist_core.images.opening import from_array

FORMATS = ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"]


def encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def declared_png(width: int, height: int) -> bytes:
    """A PNG file that declares a size and holds hardly anything."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(20_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)


CORNERS = Image.new("RGB", (40, 24), "white")
CORNERS.paste((200, 0, 0), (0, 0, 20, 12))  # red at the top left only


@pytest.mark.parametrize("kind", FORMATS)
def test_formats(kind: str) -> None:
    image = open_picture(encode(CORNERS, kind), "picture")
    assert image.size == (40, 24)
    red, *_ = np.asarray(image.convert("RGB"))[4, 4].astype(int)
    assert abs(red - 200) < 12
    assert image.info == {"note": ""}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_come_out_upright(kind: str, orientation: int) -> None:
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = CORNERS if undo is None else CORNERS.transpose(undo)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    image = open_picture(encode(stored, kind, exif=exif), "photo")
    assert image.size == CORNERS.size
    difference = np.asarray(image.convert("RGB"), float) - np.asarray(CORNERS, float)
    assert np.abs(difference).mean() < 4


def test_turning_is_noted() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image = open_picture(encode(CORNERS, "JPEG", exif=exif), "photo.jpg")
    assert image.info["note"] == "Turned upright, as its EXIF orientation says."


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_does_not_matter() -> None:
    data = encode(CORNERS, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff broken")
    assert open_picture(data, "photo.jpg").size == (40, 24)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_several_frames_the_first_is_used_and_that_is_said(kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("black", "white", "red")]
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:])
    image = open_picture(data, "dance")
    assert np.asarray(image.convert("L")).max() < 10
    assert image.info["note"] == "It has several frames: the first is used."


@pytest.mark.parametrize(
    ("image", "mode"),
    [
        (Image.new("L", (9, 9), 7), "L"),
        (Image.new("1", (9, 9), 1), "L"),
        (Image.new("RGB", (9, 9)), "RGB"),
        (Image.new("P", (9, 9)), "RGB"),
        (Image.new("LA", (9, 9)), "RGBA"),
        (Image.new("RGBA", (9, 9)), "RGBA"),
        (Image.new("LA", (9, 9), (7, 255)), "RGB"),
        (Image.new("RGBA", (9, 9), (1, 2, 3, 255)), "RGB"),
        (Image.new("RGBA", (9, 9), (1, 2, 3, 254)), "RGBA"),
        (Image.new("I;16", (9, 9), 40_000), "L"),
    ],
)
def test_modes(image: Image.Image, mode: str) -> None:
    assert open_picture(encode(image), "x.png").mode == mode


def test_a_palette_with_transparency() -> None:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.paste(0, (0, 0, 4, 8))
    opened = open_picture(encode(image, transparency=0), "x.png")
    alpha = np.asarray(opened)[:, :, 3]
    assert (alpha[:, :4] == 0).all()
    assert (alpha[:, 4:] == 255).all()


def test_cmyk_keeps_its_colours() -> None:
    image = open_picture(encode(CORNERS.convert("CMYK"), "JPEG"), "print.jpg")
    red, green, blue = np.asarray(image)[4, 4].astype(int)
    assert red > 150 > 60 > max(green, blue)


def test_sixteen_bits_keep_their_order() -> None:
    ramp = np.linspace(0, 65_535, 100).astype(np.uint16).reshape(10, 10)
    levels = np.asarray(open_picture(encode(Image.fromarray(ramp)), "scan.png")).ravel()
    assert levels[0] == 0
    assert levels[-1] == 255
    assert (np.diff(levels.astype(int)) >= 0).all()


def test_real_numbers_with_nan_in_a_tiff() -> None:
    pixels = np.full((6, 6), 0.5, dtype=np.float32)
    pixels[0, 0] = np.nan
    levels = np.asarray(open_picture(encode(Image.fromarray(pixels), "TIFF"), "depth.tiff"))
    assert levels[0, 0] == 0
    assert levels[3, 3] == 128


@pytest.mark.parametrize("mode", ["RGB", "P", "LA", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (3_000, 2), (2, 3_000), (5_000, 1), (1, 65_535)])
def test_odd_sizes(size: tuple[int, int], mode: str) -> None:
    image = open_picture(encode(Image.new(mode, size)), "x.png")
    assert 1 <= min(image.size) <= max(image.size) <= 1_024


LARGE = {
    "photo": (Image.new("RGB", (6_000, 5_000), "white"), "JPEG", 8),
    "scan of 16 bits": (Image.new("I;16", (4_000, 4_000), 9), "PNG", 160),
    "depth map": (Image.new("F", (4_000, 4_000), 9), "TIFF", 160),
}
"""A picture, its format, and the megabytes that opening it may take."""


@pytest.mark.parametrize("kind", LARGE)
def test_a_large_picture_takes_little_memory(kind: str) -> None:
    image, form, megabytes = LARGE[kind]
    data = encode(image, form)
    tracemalloc.start()
    try:
        assert max(open_picture(data, kind).size) <= 1_024
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < megabytes * 2**20


def test_a_huge_palette_with_transparency_keeps_it() -> None:
    image = Image.new("P", (5_000, 40), 1)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.paste(0, (0, 0, 2_500, 40))
    alpha = np.asarray(open_picture(encode(image, transparency=0), "x.png"))[:, :, 3]
    assert (alpha[:, :500] == 0).all()
    assert (alpha[:, 524:] == 255).all()


SVG = b'<?xml version="1.0"?>\n<!-- a shoe -->\n<svg xmlns="http://www.w3.org/2000/svg"></svg>'
# Little-endian, 1 x 1, one strip of one float64: width, height, bits, sample format, strip.
DOUBLES = (
    b"II*\0\x08\0\0\0\x06\0"
    + b"".join(
        struct.pack("<HHII", tag, kind, 1, value)
        for tag, kind, value in (
            (256, 3, 1),
            (257, 3, 1),
            (258, 3, 64),
            (262, 3, 1),
            (273, 4, 86),
            (339, 3, 3),
        )
    )
    + bytes(12)
)
NO_PICTURES = {
    "nothing": (b"", "empty"),
    "text": (b"Milk, eggs, shoes", "text, not a picture"),
    "text in UTF-8": ("Schöne Schuhe 👟".encode() * 100, "text, not a picture"),
    "text that begins like a BMP": (b"BMI and other notes", "text, not a picture"),
    "cut bmp": (encode(CORNERS, "BMP")[:20], "damaged or cut off"),
    "64-bit tiff": (DOUBLES, "damaged or cut off, or a kind of TIFF that cannot be read here"),
    "sound": (b"RIFF\0\0\0\0WAVEfmt ", "not a picture that can be read"),
    "svg": (SVG, "SVG drawing"),
    "bare svg": (b"<svg></svg>", "SVG drawing"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "PDF document"),
    "zip": (b"PK\x03\x04" + bytes(50), "ZIP archive"),
    "phone": (b"\0\0\0\x18ftypheic" + bytes(50), "HEIC or AVIF"),
    "binary": (bytes(range(256)), "not a picture that can be read"),
    "format that is not allowed": (encode(CORNERS, "PPM"), "not a picture that can be read"),
    "icon": (encode(CORNERS, "ICO"), "not a picture that can be read"),
    "cut png": (encode(CORNERS)[:60], "damaged or cut off"),
    "head of a png": (encode(CORNERS)[:12], "damaged or cut off"),
    "cut jpeg": (encode(CORNERS, "JPEG")[:400], "damaged or cut off"),
    "bomb": (declared_png(12_000, 12_000), "declares more than 50 million pixels"),
    "small bomb": (declared_png(8_000, 8_000), "declares .* at most 50 million"),
    "lie": (declared_png(4_000, 4_000), "damaged or cut off"),
    "huge file": (b"\x89PNG" + bytes(64 * 2**20), "has 64 MB; at most 64"),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("kind", NO_PICTURES)
@pytest.mark.parametrize("name", ["notes.png", "<b>shoe</b> 👟.png"])
def test_what_is_no_picture_gets_a_sentence_with_its_name(kind: str, name: str) -> None:
    data, reason = NO_PICTURES[kind]
    with pytest.raises(PictureError, match=reason) as caught:
        open_picture(data, name)
    assert str(caught.value).startswith(name + " ")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_that_only_draws_a_warning_is_refused_whatever_the_filters() -> None:
    with pytest.raises(PictureError, match="declares 8,000 x 8,000 pixels; at most 50 million"):
        open_picture(declared_png(8_000, 8_000), "bomb.png")


SEEDS = [encode(CORNERS, kind) for kind in FORMATS]


@example(data=b"GIF89a", seed=b"", position=0)
@given(data=st.binary(max_size=200), seed=st.sampled_from([b"", *SEEDS]), position=st.floats(0, 1))
def test_no_bytes_raise_anything_else(data: bytes, seed: bytes, position: float) -> None:
    at = round(position * len(seed))
    try:
        image = open_picture(seed[:at] + data + seed[at + len(data) :], "x")
    except PictureError:
        return
    assert image.mode in ("L", "RGB", "RGBA")


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[False, True]]), [[0, 255]]),
        (np.array([[0.0, 1.0]]), [[0, 255]]),
        (np.array([[0.0, 200.0]]), [[0, 200]]),
        (np.array([[-1.0, 1.0]]), [[0, 255]]),
        (np.array([[0, 1_000]]), [[0, 255]]),
        (np.array([[0, 7]], dtype=np.int64), [[0, 7]]),
        (np.array([[np.nan, np.inf, -np.inf, 0.5, 1.0]]), [[0, 255, 128, 128, 255]]),
        (np.array([[-1.7e308, 0.0, 1.7e308]]), [[0, 128, 255]]),
        (np.full((1, 2), np.nan), [[0, 0]]),
        (np.full((1, 2), -3.0), [[0, 0]]),
    ],
)
def test_numbers_of_any_kind_become_levels(array: np.ndarray, expected: list[list[int]]) -> None:
    assert np.asarray(from_array(array)).tolist() == expected


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(28),
        np.zeros((2, 28, 28, 1)),
        np.zeros((28, 28, 5)),
        np.zeros((0, 28)),
        np.zeros((28, 28), dtype=complex),
        np.full((28, 28), "x"),
        np.full((28, 28), None),
        np.zeros((28, 28), dtype="datetime64[s]"),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray) -> None:
    with pytest.raises(PictureError, match="is not a picture"):
        from_array(array)
