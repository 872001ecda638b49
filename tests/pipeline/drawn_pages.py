"""Pages made of lines with boxes, and their picture: what an engine would give, without an engine."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.document import Box, Line, Word
from pipeline.page_image import PageImage

TEXT = """people read pages from the top down and column after column while rules part the rows of tables
and prices stand beside the goods that they belong to in every shop of the town"""
WORDS = TEXT.split()


@dataclass
class DrawnPage:
    """A white page on which texts and rules are drawn; ``lines`` grows with every text."""

    width_px: int = 1000
    height_px: int = 1400
    lines: list[Line] = field(default_factory=list)

    def __post_init__(self):
        self.image = Image.new("RGB", (self.width_px, self.height_px), "white")
        self._draw = ImageDraw.Draw(self.image)

    def text(self, left, top, text, *, size=20, bold=False):
        """Draw one line; returns its right end. Bold is drawn by thicker strokes."""
        font = ImageFont.load_default(size)
        words = []
        x = left
        for part in text.split(" "):
            box = font.getbbox(part)
            self._draw.text((x, top), part, font=font, fill="black", stroke_width=1 if bold else 0)
            words.append(Word(part, Box(x + box[0], top + box[1], x + box[2], top + box[3]), 0.9))
            x += font.getlength(part) + font.getlength(" ")
        self.lines.append(Line(text, Box.around(word.box for word in words), 0.9, tuple(words)))
        return words[-1].box.right

    def text_ending(self, right, top, text, *, size=20, bold=False):
        self.text(right - ImageFont.load_default(size).getlength(text), top, text, size=size, bold=bold)

    def prose(self, left, top, width, count, *, size=20, first=0, indent=0):
        """Full lines of running text and a short last one; returns the texts of the lines."""
        font = ImageFont.load_default(size)
        texts, position = [], first
        for number in range(count):
            room = width - (indent if number == 0 else 0)
            text = WORDS[position % len(WORDS)]
            position += 1
            while font.getlength(f"{text} {WORDS[position % len(WORDS)]}") < room:
                text += " " + WORDS[position % len(WORDS)]
                position += 1
                if number == count - 1 and len(text) > 12 and count > 1:
                    break
            text = text.capitalize() if number == 0 else text
            texts.append(text)
            self.text(left + (indent if number == 0 else 0), top + number * size * 1.4, text, size=size)
        return texts

    def rule(self, left, top, right, bottom, *, width=2):
        self._draw.line([left, top, right, bottom], fill="black", width=width)

    @property
    def page_image(self):
        return PageImage(1, np.asarray(self.image), 100)


def box_line(text, left, top, right, bottom):
    """A line as an engine without words gives it."""
    return Line(text, Box(left, top, right, bottom), None)
