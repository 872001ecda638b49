"""A page's text while the model still writes it."""

import re
from collections.abc import Callable

from pipeline.page_image import PageImage
from pipeline.vlm.parsing import VlmOutput, parse_page
from pipeline.vlm.profiles import VlmProfile

OnDraft = Callable[[Callable[[], str]], None]
"""Called after every piece that a model writes, with a function that makes the page's text so far.

Making it takes about a millisecond, so that it is for the one who is called to decide how often.
"""

# Tags at the end that have no text yet, the last of which may be cut off.
_OPEN_TAGS = re.compile(r"(?:<[a-z/][^<>]{0,300}>\s*)*(?:<(?:[a-z/][^<>\n]{0,300})?)?\Z", re.IGNORECASE)
_LONGEST_END = 2000


class DraftText:
    """The text in the beginning of one answer; :meth:`add` is what an engine tells its pieces."""

    def __init__(self, profile: VlmProfile, image: PageImage, on_draft: OnDraft) -> None:
        self._profile = profile
        self._image = image
        self._on_draft = on_draft
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._on_draft(self.make_text)

    def make_text(self) -> str:
        """Blocks in the order in which they were written, an empty line between them; no markup."""
        image = self._image
        parsed = parse_page(
            self._profile,
            VlmOutput(_without_open_tags("".join(self._pieces))),
            page_number=image.number,
            width_px=image.width_px,
            height_px=image.height_px,
        )
        return "\n\n".join(block.text for block in parsed.blocks if block.text)


def _without_open_tags(answer: str) -> str:
    kept = max(0, len(answer) - _LONGEST_END)
    return answer[:kept] + _OPEN_TAGS.sub("", answer[kept:], count=1)
