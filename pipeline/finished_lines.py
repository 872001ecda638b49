"""What is set right in the lines of a page once all of them are known, with the page's picture beside them."""

from pipeline.document import Line
from pipeline.dot_leaders import join_over_leaders
from pipeline.figures import correct_figures
from pipeline.letter_case import correct_case
from pipeline.lookalikes import correct_letters
from pipeline.reading_language import Reading


def finish_lines(reading: Reading) -> tuple[Line, ...]:
    """The lines of a reading, in pixels of its prepared page."""
    lines = reading.lines
    if reading.prepared.leaders:
        lines = join_over_leaders(lines, reading.prepared.leaders)
    lines = correct_case(lines, reading.prepared.grey, reading.script)
    return correct_letters(correct_figures(lines), reading.language)
