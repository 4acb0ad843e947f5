"""What becomes of a picture: its colours, what is transparent, its orientation and its size."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from PIL import ExifTags, Image

from fmnist_core.folders import FolderStore
from fmnist_core.folders.squares import square
from tests.folders.archives import encoded, from_bytes, innocent, zipped

RED_AT_THE_TOP_LEFT = Image.new("RGB", (40, 24), "white")
RED_AT_THE_TOP_LEFT.paste((200, 0, 0), (0, 0, 20, 12))


def kept(store: FolderStore, files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """The squares of these files, imported among others, (300, 300, 3)."""
    folder = from_bytes(store, zipped({**innocent(), **files}))
    assert folder.problems == ()
    data = store.dataset(folder.id, (300, 300, 3))
    pictures = np.concatenate([data.train_images, data.test_images])
    by_name = dict(zip(store.names(folder.id), pictures, strict=True))
    assert all(by_name[name].shape == (300, 300, 3) for name in files)
    return {name: by_name[name] for name in files}


def test_all_eight_orientations_come_out_upright(store: FolderStore) -> None:
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    files = {}
    for orientation, turn in undo.items():
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        upright = RED_AT_THE_TOP_LEFT
        stored = upright if turn is None else upright.transpose(turn)
        files[f"cats/turned-{orientation}.png"] = encoded(stored, exif=exif)
    found = kept(store, files)
    expected = np.asarray(
        RED_AT_THE_TOP_LEFT.resize((300, 300), Image.Resampling.BILINEAR), np.uint8
    )
    assert expected[75, 75].tolist() == [200, 0, 0]
    for name, picture in found.items():
        assert np.array_equal(picture, expected), name


def see_through(mode: str) -> Image.Image:
    """Left half opaque 100, right half half transparent 100."""
    image = Image.new("LA", (20, 10), (100, 255))
    image.paste((100, 128), (10, 0, 20, 10))
    return image.convert(mode)


@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "TIFF")])
def test_what_is_transparent_is_laid_on_white(mode: str, kind: str, store: FolderStore) -> None:
    clear = Image.new(mode, (9, 9), (10, 20, 30, 0) if mode == "RGBA" else (10, 0))
    found = kept(
        store,
        {
            "cats/clear.png": encoded(clear, kind),
            "cats/half.png": encoded(see_through(mode), kind),
        },
    )
    assert (found["cats/clear.png"] == 255).all()
    assert (found["cats/half.png"][:, :140] == 100).all()
    right = found["cats/half.png"][:, 160:]
    assert abs(right.astype(int) - (100 * 128 + 255 * 127) // 255).max() <= 1


def test_a_transparent_colour_of_a_palette_is_white(store: FolderStore) -> None:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.paste(0, (0, 0, 4, 8))
    found = kept(store, {"cats/logo.png": encoded(image, transparency=0)})["cats/logo.png"]
    assert (found[:, :120] == 255).all()
    assert (found[:, 180:] == (0, 255, 0)).all()


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_any_size_is_squeezed_to_a_square(mode: str, store: FolderStore) -> None:
    sizes = [(1, 1), (2, 2), (1, 3_000), (3_000, 20), (20, 3_000), (299, 301), (300, 300)]
    files = {}
    for width, height in sizes:
        image = Image.new("L", (width, height), 90)
        image.paste(200, (width // 2, 0, width, height))  # nothing of it if it is 1 wide
        files[f"dogs/{width}x{height}.png"] = encoded(image.convert(mode))
    for name, picture in kept(store, files).items():
        left, right = picture[:, 20], picture[:, 280]
        assert (right == 200).all(), name
        assert (left == (200 if "/1x" in name else 90)).all(), name


def test_the_square_is_what_pillow_makes_of_it(store: FolderStore) -> None:
    random = np.random.default_rng(0)
    image = Image.fromarray(random.integers(0, 256, (170, 410, 3), np.uint8))
    found = kept(store, {"cats/noise.png": encoded(image)})["cats/noise.png"]
    assert np.array_equal(
        found, np.asarray(image.resize((300, 300), Image.Resampling.BILINEAR), np.uint8)
    )


GREY = {
    "L": Image.new("L", (9, 9), 77),
    "1": Image.new("1", (9, 9), 1),
    "LA": Image.new("LA", (9, 9), (77, 90)),
    "I;16": Image.new("I;16", (9, 9), 30_000),
    "RGB": Image.new("RGB", (9, 9), (77, 77, 77)),
    "RGBA": Image.new("RGBA", (9, 9), (77, 77, 77, 90)),
    "P": Image.new("L", (9, 9), 77).convert("P"),
    "clear red": Image.new("RGBA", (9, 9), (255, 0, 0, 0)),
}
COLOURED = {
    "RGB": Image.new("RGB", (9, 9), (77, 77, 78)),
    "RGBA": Image.new("RGBA", (9, 9), (77, 79, 77, 200)),
    "P": Image.new("RGB", (9, 9), (200, 0, 0)).quantize(4),
    "CMYK": Image.new("RGB", (9, 9), (200, 0, 0)).convert("CMYK"),
}


def with_grey_ones(files: Mapping[str, bytes]) -> bytes:
    grey = {
        f"{name}/{i}.png": encoded(Image.new("L", (5, 5), 20 * i + 3 * k))
        for k, name in enumerate(("cats", "dogs"))
        for i in range(6)
    }
    return zipped({**grey, **files})


@pytest.mark.parametrize("mode", GREY)
def test_grey_pictures_of_any_mode_are_grey(mode: str, store: FolderStore) -> None:
    data = encoded(GREY[mode], "TIFF" if mode == "I;16" else "PNG")
    assert not from_bytes(store, with_grey_ones({"cats/this": data})).colour


@pytest.mark.parametrize("mode", COLOURED)
@pytest.mark.parametrize("name", ["cats/0-first", "dogs/z-last"])
def test_one_picture_in_colour_makes_the_set_one_in_colour(
    mode: str, name: str, store: FolderStore
) -> None:
    data = encoded(COLOURED[mode], "TIFF" if mode == "CMYK" else "PNG")
    assert from_bytes(store, with_grey_ones({name: data})).colour


@pytest.mark.parametrize("place", [(0, 0), (200, 131), (299, 299)])
def test_one_pixel_in_colour_is_enough(place: tuple[int, int], store: FolderStore) -> None:
    image = Image.new("RGB", (300, 300), (90, 90, 90))
    image.putpixel(place, (90, 90, 91))
    assert from_bytes(store, with_grey_ones({"cats/this": encoded(image)})).colour


def test_a_broken_picture_in_colour_does_not(store: FolderStore) -> None:
    data = encoded(RED_AT_THE_TOP_LEFT)
    folder = from_bytes(store, with_grey_ones({"cats/cut.png": data[: len(data) // 2]}))
    assert folder.problem_count == 1
    assert not folder.colour


def test_broken_files_change_nothing_of_the_others(store: FolderStore) -> None:
    broken = {
        "cats/0-text.png": b"Milk, eggs, shoes",
        "cats/3-cut.png": encoded(RED_AT_THE_TOP_LEFT)[:70],
        "dogs/2-empty.png": b"",
        "dogs/z/deep.png": encoded(RED_AT_THE_TOP_LEFT),
    }
    plain, other = (
        from_bytes(store, zipped(files)) for files in (innocent(), {**broken, **innocent()})
    )
    assert {problem.name for problem in other.problems} == set(broken)
    assert (plain.counts, plain.class_names) == (other.counts, other.class_names)
    assert store.names(plain.id) == store.names(other.id)
    first, second = (store.dataset(folder.id, (300, 300, 3)) for folder in (plain, other))
    assert np.array_equal(first.train_images, second.train_images)
    assert np.array_equal(first.test_images, second.test_images)
    assert np.array_equal(first.train_labels, second.train_labels)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_square_is_plain_numbers(mode: str) -> None:
    found = square(Image.new(mode, (30, 50), 9 if mode == "L" else (9, 9, 9)))
    assert (found.shape, found.dtype) == ((300, 300, 3), np.uint8)
    assert (found == 9).all()
