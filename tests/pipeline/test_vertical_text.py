import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipeline.document import Box, Line
from pipeline.options import OcrOptions, Tier
from pipeline.recognise import Reader, recognise
from pipeline.vertical_text import columns_pack, complete_columns, is_vertical, merge_signs
from samples.drawing import CJK, load_font


@pytest.mark.parametrize(
    ("text", "other", "merged"),
    [
        ("水をた", "水をった。", "水をった。"),
        ("どこから来たのか", "「どこから来たのか」", "「どこから来たのか」"),
        ("コヒを飲む", "コーヒーを飲む", "コーヒーを飲む"),
        ("コ一ヒ丨を飲む", "コーヒーを飲む", "コーヒーを飲む"),
        ("早晨’河边", "早晨，河边", "早晨，河边"),
        ("庭の木に", "庭の本に", "庭の木に"),
        ("庭の木に", "庭の大木に", "庭の木に"),
        ("山と川", "まるで違う文章です", "山と川"),
        ("", "", ""),
    ],
)
def test_only_small_signs_are_taken_over(text, other, merged):
    assert merge_signs(text, other) == merged


def column(text, left):
    return Line(text, Box(left, 100, left + 30, 700), 0.9)


def test_only_columns_are_completed_each_from_its_own_picture():
    grey = np.full((800, 400), 250, np.uint8)
    grey[:, 290:340] = 200
    seen = []

    def read(crop):
        seen.append(int(crop.min()))
        return (column("水を っ", 10), column("た .", 10)) if crop.min() == 200 else ()

    lines = [column("水をた", 300), column("庭の木に", 100), Line("題名", Box(0, 0, 90, 30), 0.9)]
    completed = complete_columns(lines, grey, read)
    assert [line.text for line in completed] == ["水をった。", "庭の木に", "題名"]
    assert completed[0].words[0].text == "水をった。"
    assert completed[0].box == lines[0].box
    assert seen == [200, 250]


def test_columns_are_higher_than_wide():
    assert is_vertical([column("水をくみ", 300), Line("町", Box(0, 0, 20, 20), 0.9)])
    assert not is_vertical([Line("町の図書館", Box(0, 0, 200, 30), 0.9)])
    assert not is_vertical([])


@pytest.mark.parametrize(
    ("text", "pack"),
    [("山のふもと", "Japanese_vert"), ("这国们个为来", "HanS_vert"), ("這國們個為來", "HanT_vert"), ("Harbour", None)],
)
def test_the_data_goes_by_what_was_read(text, pack):
    assert columns_pack([column(text, 0)]) == pack


def test_a_page_in_columns_keeps_its_commas_and_small_kana():
    columns = [
        "山のふもとの小さな村に、一人の男が住んでいた。",
        "男は毎朝早く起きて、井戸の水をくみ、庭へ行った。",
        "ある冬の朝、雪の上に白い鳥がいた。鳥は待っていた。",
        "春になると鳥はもういなかった。男は少し笑った。",
    ]
    picture = Image.new("RGB", (800, 1300), "white")
    draw, font = ImageDraw.Draw(picture), load_font(CJK, 36)
    for number, text in enumerate(columns):
        for row, letter in enumerate(text):
            shift = 22 if letter in "、。" else 4 if letter in "っ" else 0  # signs stand at the upper right
            draw.text((640 - 110 * number + shift, 60 + 42 * row - shift), letter, font=font, fill="black")
    data = io.BytesIO()
    picture.save(data, "png")
    reader = Reader()
    try:
        document = recognise(data.getvalue(), OcrOptions(Tier.CPU), reader=reader)
    finally:
        reader.close()
    text = "".join(document.text.split())
    assert sum(text.count(sign) for sign in "、。") >= 10
    assert text.count("っ") >= 2
    assert document.pages[0].language == "ja"
