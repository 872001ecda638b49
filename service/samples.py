"""Pictures of the sample documents that come with the program."""

from pathlib import Path

from pipeline.page_image import Pixels


def open_first_page(path: Path, width_px: int) -> Pixels:
    """The first page of one of our own files, shape (height, width, 3), RGB."""
    from pipeline.rasterize import open_source

    with open_source(path.read_bytes()) as opened:
        return opened.render_preview(1, width_px).pixels
