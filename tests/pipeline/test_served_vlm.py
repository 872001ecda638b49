"""A model behind a server: what it is asked, what its answers become, and each way in which it can fail."""

import numpy as np
import pytest

from errors import EngineFailedError, EngineUnavailableError, PageTimeoutError
from pipeline.document import BlockKind
from pipeline.engines.base import EngineRequest
from pipeline.engines.chat_client import ChatClient, ChatRequest
from pipeline.engines.served_vlm import ServedVlm
from pipeline.page_image import PageImage
from pipeline.vlm.config import VlmConfig, VlmKind
from tests.model_server import Reply, picture_of, serve_model

PAGE = PageImage(3, np.full((400, 300, 3), 255, np.uint8), 72.0)
DIVS = (
    '<div data-label="Title" data-bbox="100 50 900 150">Lease</div>'
    '<div data-label="Text" data-bbox="0 500 1000 1000">Rent: 42</div>'
)


def open_vlm(url, **more):
    return ServedVlm.open(VlmConfig(VlmKind.SERVED, url=url, **{"page_budget_s": 20.0, **more}))


def read(url, **more):
    model = open_vlm(url, **more)
    try:
        return model.read_page(PAGE, EngineRequest(()))
    finally:
        model.close()


def test_an_answer_becomes_blocks_in_pixels_with_confidence():
    with serve_model(lambda _: Reply(DIVS, logprob=-0.1)) as server:
        result = read(server.url, key="secret", profile="instruct")
    first, second = result.blocks
    assert (first.kind, first.text, first.id) == (BlockKind.TITLE, "Lease", "p3-b1")
    assert (first.box.left, first.box.top, first.box.right, first.box.bottom) == (30, 20, 270, 60)
    assert second.text == "Rent: 42"
    assert second.confidence == pytest.approx(0.905, abs=0.001)
    assert server.keys == ["Bearer secret"]
    assert picture_of(server.requests[0]).size == (300, 400)
    assert server.requests[0]["max_tokens"] == 8192


def test_the_answer_is_shown_as_it_comes():
    pieces: list[str] = []
    with serve_model(lambda _: Reply(DIVS, piece_length=7)) as server:
        model = open_vlm(server.url, profile="instruct")
        model.read_page(PAGE, EngineRequest(()), pieces.append)
        model.close()
    assert pieces == [DIVS[at : at + 7] for at in range(0, len(DIVS), 7)]


def test_without_log_probabilities_there_is_no_confidence():
    with serve_model(lambda _: DIVS) as server:
        assert {block.confidence for block in read(server.url, profile="instruct").blocks} == {None}


def test_the_server_is_asked_for_its_model_and_the_model_s_prompt_is_used():
    with serve_model(lambda _: "![text](0,0,1000,1000) Hello", model="org/LightOnOCR-3-0.8B") as server:
        model = open_vlm(server.url)
        assert model.info.name == "LightOnOCR-3-0.8B"
        assert model.read_page(PAGE, EngineRequest(())).blocks[0].text == "Hello"
        model.close()
    request = server.requests[0]
    assert request["model"] == "org/LightOnOCR-3-0.8B"
    assert request["messages"][0]["content"][1] == {"type": "text", "text": "grounding"}
    assert request["chat_template_kwargs"] == {"enable_thinking": False}


def test_a_large_page_is_sent_no_larger_than_the_model_wants_it():
    large = PageImage(1, np.full((4000, 1000, 3), 255, np.uint8), 300.0)
    with serve_model(lambda _: "text") as server:
        model = open_vlm(server.url, profile="lightonocr")
        model.read_page(large, EngineRequest(()))
        model.close()
    assert picture_of(server.requests[0]).size == (512, 2048)


def test_a_server_that_refuses_what_it_does_not_know_is_asked_plainly_from_then_on():
    with serve_model(lambda body: Reply(status=422) if "logprobs" in body else "Hello") as server:
        model = open_vlm(server.url, profile="lightonocr")
        for _ in range(2):
            assert model.read_page(PAGE, EngineRequest(())).blocks[0].text == "Hello"
        model.close()
    assert ["logprobs" in body for body in server.requests] == [True, False, False]


def test_a_failure_that_passes_is_tried_again():
    answers = iter([Reply(status=503), Reply(status=429), Reply("Hello")])
    with serve_model(lambda _: next(answers)) as server:
        assert read(server.url, profile="lightonocr").blocks[0].text == "Hello"
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (Reply(status=401), EngineUnavailableError, "key"),
        (Reply(status=404), EngineUnavailableError, "has no model"),
        (Reply(status=500), EngineFailedError, "status 500"),
        (Reply("All good so far " * 20, dies_after=5), EngineFailedError, "broke off"),
        (Reply("again and again " * 200), EngineFailedError, "repeat"),
        (Reply("a page without end", finish="length"), EngineFailedError, "too long"),
        (Reply("never ", pause_s=3.0), PageTimeoutError, "too long|in time"),
    ],
    ids=["key", "model", "error", "dies", "loops", "length", "time"],
)
def test_what_goes_wrong_is_said(reply, error, words):
    with serve_model(lambda _: reply) as server, pytest.raises(error, match=words):
        read(server.url, profile="lightonocr", page_budget_s=1.0 if reply.pause_s else 20.0)


def test_a_looping_model_is_stopped_long_before_its_end():
    endless = Reply("<tr><td></td></tr>" * 3000, pause_s=0.002)
    with serve_model(lambda _: endless) as server, pytest.raises(EngineFailedError, match="repeat"):
        read(server.url, profile="lightonocr", page_budget_s=60.0)


def test_nobody_listens():
    with pytest.raises(EngineUnavailableError, match="can't be reached") as caught:
        read("http://127.0.0.1:9/v1", model="any")
    assert "VLM_URL" in caught.value.remedy


def test_a_reply_in_a_schema_and_without_its_thoughts():
    with serve_model(lambda _: '<think>hm</think>{"a": 1}') as server:
        model = open_vlm(server.url)
        assert model.generate_text([{"role": "user", "content": "a?"}], {"type": "object"}) == '{"a": 1}'
        model.close()
    assert server.requests[0]["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_log_probabilities_of_another_text_are_dropped():
    client_says = ChatRequest([{"role": "user", "content": "?"}], 10.0, 10, wants_logprobs=True)
    with serve_model(lambda _: Reply("abc def", logprob=-1.0, piece_length=3)) as server:
        client = ChatClient(server.url)
        assert client.ask(client_says).token_logprobs is not None
        client.close()
