"""What varying pictures may spoil, in words: an augmentation must leave the class what it was."""

from __future__ import annotations

from fmnist_core.experiment import Augmentation

FAR_TURN, FAR_SHIFT, FAR_ZOOM, WIDE_COVER = 45.0, 0.25, 0.5, 14


def warnings(augmentation: Augmentation) -> list[str]:
    """A sentence for each setting that makes pictures nobody will ever show the network."""
    found = []
    if augmentation.upside_down:
        found.append(
            "Upside down: no photo shows a shoe sole up, so half of what it learns from is never "
            "asked for. Left and right is harmless: shoes point both ways."
        )
    if augmentation.rotation > FAR_TURN:
        found.append(
            f"Turned by up to {augmentation.rotation:g} degrees: lying trousers and standing shoes "
            "take on each other's outline. 10 to 20 degrees is what a careless hand does."
        )
    if max(augmentation.width_shift, augmentation.height_shift) > FAR_SHIFT:
        found.append("Shifted this far, much of the garment leaves the picture.")
    if augmentation.zoom > FAR_ZOOM:
        found.append("Stretched this far, a dress becomes a T-shirt and back.")
    if augmentation.brightness > 0.5:
        found.append("Dimmed this far, some pictures are all but black.")
    if augmentation.erase > WIDE_COVER:
        found.append("The square hides a quarter of the picture and more; often all that tells.")
    return found
