"""Any Pillow mode to 8-bit RGB, without losing what is written on the picture."""

import numpy as np
from PIL import Image

_PLAIN_MODES = {"RGB", "L", "1", "CMYK", "YCbCr", "HSV", "RGBX"}
_ALPHA_MODES = {"RGBA", "LA", "PA", "La", "RGBa"}


def to_rgb(picture: Image.Image) -> Image.Image:
    """A decoded picture as RGB.

    Transparency is laid on white. More than 8 bits a channel are shifted (not clipped) to the bits in use, so a 12-bit
    scan in a 16-bit file is not black. Raises ValueError for a mode that Pillow can't convert.
    """
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture
    if picture.mode.startswith("I") or picture.mode == "F":
        return _from_deep_grey(picture)
    if picture.mode == "LAB":
        return _from_lab(picture)
    if picture.mode in _ALPHA_MODES or "transparency" in picture.info:
        return _on_white(picture)
    if picture.mode in _PLAIN_MODES or picture.mode == "P":
        return picture.convert("RGB")
    raise ValueError(f"unknown picture mode {picture.mode}")


def _from_deep_grey(picture: Image.Image) -> Image.Image:
    """16- and 32-bit whole numbers and floats. Floats up to 1 are taken as fractions of white."""
    grey = np.asarray(picture)
    if picture.mode == "F":
        grey = np.nan_to_num(grey, nan=0.0, posinf=0.0, neginf=0.0)
        if float(grey.max(initial=0.0)) <= 1.0:
            grey = grey * np.float32(255)
        grey = grey.clip(0, 2**31 - 1).astype(np.int64)
    bits = int(grey.max(initial=0)).bit_length()
    shifted = np.right_shift(grey.clip(0), max(0, bits - 8)).astype(np.uint8)
    return Image.fromarray(shifted).convert("RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    with_alpha = picture.convert("RGBA")
    white = Image.new("RGB", with_alpha.size, "white")
    white.paste(with_alpha, mask=with_alpha.getchannel("A"))
    return white


def _from_lab(picture: Image.Image) -> Image.Image:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(picture, lab, srgb, outputMode="RGB")
    if converted is None:
        raise ValueError("the LAB picture can't be converted")
    return converted
