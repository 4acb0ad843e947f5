"""Open a picture that may be huge, odd, damaged, hostile or no picture at all.

Whatever comes in, a small upright Pillow image comes out, or one sentence why not. What was done
to it on the way is told in ``image.info["note"]``.
"""

from __future__ import annotations

import codecs
import io
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError

from fmnist_core.errors import PictureError

MAX_PIXELS = 50_000_000
MAX_FILE_BYTES = 64 * 2**20
WORKING_SIDE = 1_024  # larger pictures are made smaller at once: 28 pixels are left in the end
_THINNED_SIDE = 4 * WORKING_SIDE  # and huge ones lose pixels even before that
_DEEP_SIDE = 2 * WORKING_SIDE  # those of 16 or 32 bits sooner: they are reckoned with as floats

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
_USE = "Use a PNG, JPEG, WebP, BMP, TIFF or GIF file."
_SIGNATURES = (b"\x89PNG", b"\xff\xd8", b"BM", b"GIF8")
_TIFF = (b"II*\x00", b"MM\x00*")
_HEAD = 1_024  # bytes that tell what it is
_PHONE_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1", b"avif")

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Both hold for the whole process, on purpose: Pillow only warns up to twice its limit, and
# changing warning filters around each call is not safe while other threads open pictures.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


def open_picture(data: bytes, name: str) -> Image.Image:
    """Open the bytes of a picture file called ``name``.

    Returns its first frame, turned upright as its EXIF orientation says, at most 1,024 pixels a
    side, in mode L (grey), RGB, or RGBA if any of it is transparent. Raises PictureError otherwise.
    """
    if not data:
        raise PictureError(f"{name} is empty. {_USE}")
    if len(data) > MAX_FILE_BYTES:
        raise PictureError(
            f"{name} has {len(data) / 2**20:.0f} MB; at most {MAX_FILE_BYTES // 2**20} can be "
            "read. Make the picture smaller first."
        )
    try:
        return _decode(data, name)
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(_too_large(name, f"more than {MAX_PIXELS // 10**6} million")) from error
    except UnidentifiedImageError as error:
        raise PictureError(_what_it_is(data, name)) from error
    except Exception as error:  # decoders of hostile bytes raise nearly anything
        is_text = _is_text(data[:_HEAD])  # that begins as a picture does, perhaps with "BM"
        raise PictureError(_text(name) if is_text else _damaged(name)) from error


def standardise(image: Image.Image) -> Image.Image:
    """Return an image of any mode and size as L, RGB or RGBA of at most 1,024 pixels a side.

    ``info["note"]`` of ``image`` is kept. Raises PictureError if it has no pixels.
    """
    note = str(image.info.get("note", ""))
    if min(image.size) < 1:
        raise PictureError(f"The picture has {image.width} x {image.height} pixels. {_USE}")
    deep = image.mode in ("I", "F") or image.mode.startswith("I;")
    side = _DEEP_SIDE if deep else _THINNED_SIDE
    if max(image.size) > side:  # bounds the memory of what follows
        scale = side / max(image.size)
        thinned = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        info, image = image.info, image.resize(thinned, Image.Resampling.NEAREST)
        image.info = info
    if deep:
        return _with_note(from_array(np.asarray(image)), note)
    see_through = image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
    grey = image.mode in ("L", "1")
    image = image.convert("RGBA" if see_through else "L" if grey else "RGB")
    if max(image.size) > WORKING_SIDE:
        image.thumbnail((WORKING_SIDE, WORKING_SIDE), reducing_gap=2.0)
    if see_through and image.getchannel("A").getextrema()[0] == 255:
        image = image.convert("RGB")  # a screenshot: it could be transparent, and is nowhere
    return _with_note(image, note)


def from_array(pixels: npt.NDArray[Any]) -> Image.Image:
    """Make an image of an array: (h, w), (h, w, 1 to 4), or one of these in a batch of one.

    Booleans, integers of any size and real numbers are welcome: [0, 1] for real numbers and 0 to
    255 are taken as they are, any other range is stretched to fit; NaN counts as 0.
    Raises PictureError for other shapes and for what is not a number.
    """
    array = np.asarray(pixels)
    if array.ndim == 4 and array.shape[0] == 1:
        array = array[0]
    is_picture = array.ndim == 2 or (array.ndim == 3 and 1 <= array.shape[2] <= 4)
    if not is_picture or array.size == 0 or array.dtype.kind not in "buif":
        raise PictureError(
            f"An array of shape {array.shape} and type {array.dtype} is not a picture. "
            "Give numbers of shape (height, width) or (height, width, channels)."
        )
    stride = -(-max(array.shape[:2]) // _THINNED_SIDE)  # bounds the memory of what follows
    levels = _to_levels(array[::stride, ::stride])
    if levels.ndim == 3 and levels.shape[2] == 1:
        levels = levels[:, :, 0]
    return standardise(Image.fromarray(levels))


def _decode(data: bytes, name: str) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise PictureError(_too_large(name, f"{image.width:,} x {image.height:,}"))
        image.draft(None, (WORKING_SIDE, WORKING_SIDE))  # a large JPEG is decoded small at once
        image.load()
        notes = []
        if image.format != "MPO" and getattr(image, "is_animated", False):
            notes.append("It has several frames: the first is used.")
        turn = _TURNS.get(_orientation(image))
        upright = standardise(image)
    if turn is not None:
        upright = upright.transpose(turn)
        notes.append("Turned upright, as its EXIF orientation says.")
    return _with_note(upright, " ".join(notes))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - broken EXIF data does not make the pixels worse
        return 1


def _with_note(image: Image.Image, note: str) -> Image.Image:
    image.info = {"note": note}
    return image


def _to_levels(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Scale numbers of any kind to 0 ... 255."""
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * 255
    values = array.astype(np.float64)
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return np.zeros(array.shape, dtype=np.uint8)
    low, high = float(finite.min()), float(finite.max())
    values = np.nan_to_num(values, nan=0.0, posinf=high, neginf=low)
    low, high = min(low, float(values.min())), max(high, float(values.max()))
    if low < 0 or high > 255:
        size = max(abs(low), abs(high))  # divided first, so that the difference cannot overflow
        low, high = low / size, high / size
        values = (values / size - low) / (high - low) * 255 if high > low else values * 0
    elif high <= 1 and array.dtype.kind == "f":
        values = values * 255
    return np.rint(values).astype(np.uint8)


def _too_large(name: str, pixels: str) -> str:
    return (
        f"{name} declares {pixels} pixels; at most {MAX_PIXELS // 10**6} million can be opened. "
        "Make the picture smaller first."
    )


def _damaged(name: str) -> str:
    return f"{name} is damaged or cut off. Save it again, or take another picture."


def _text(name: str) -> str:
    return f"{name} is text, not a picture. {_USE}"


def _what_it_is(data: bytes, name: str) -> str:
    """Say in a sentence what a file that Pillow does not know looks like."""
    head = data[:_HEAD]
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(_SIGNATURES) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        return _damaged(name)
    if head.startswith(_TIFF):
        return (
            f"{name} is damaged or cut off, or a kind of TIFF that cannot be read here. "
            "Save it as PNG."
        )
    if head.startswith(b"%PDF"):
        return f"{name} is a PDF document, not a picture. {_USE}"
    if start.startswith(b"<svg") or (start.startswith(b"<") and b"<svg" in start):
        return f"{name} is an SVG drawing, which has no pixels. Export it as PNG."
    if head[4:8] == b"ftyp" and head[8:12] in _PHONE_BRANDS:
        return f"{name} is a HEIC or AVIF photo, which cannot be read here. Save it as JPEG."
    if head.startswith(b"PK\x03\x04"):
        return f"{name} is a ZIP archive, not a picture. Unpack it first."
    if _is_text(head):
        return _text(name)
    return f"{name} is not a picture that can be read. {_USE}"


def _is_text(head: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)  # its last letter may be cut
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)
