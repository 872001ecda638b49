"""Every tool has its card, with words in every language, and none of them breaks the component's template."""

import re

import pytest

from service.reference import list_tools
from ui.texts import get_texts, list_languages
from ui.tool_cards import FIRST, build_tool_cards

SLUGS = {tool["slug"] for tool in list_tools()}


@pytest.mark.parametrize("language", list_languages())
def test_each_tool_has_one_card(language):
    template = build_tool_cards(get_texts(language)).html_template
    values = re.findall(r"value='([^']*)'", template)
    assert sorted(values) == sorted({*SLUGS, ""})
    assert values[1 : len(FIRST) + 1] == list(FIRST)
    assert "$" not in template
    assert "{{" not in template
