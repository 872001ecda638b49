"""Each translator by itself: Apertium's real programs, a tiny M2M100 of random weights, a scripted instruct model."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from errors import EngineFailedError, EngineUnavailableError, PageTimeoutError, TranslationUnavailableError
from pipeline.translators.apertium import Apertium, find_pairs
from pipeline.translators.base import TranslatorConfig
from pipeline.translators.catalogue import Translators
from pipeline.translators.instruct import InstructTranslator
from pipeline.translators.m2m100 import CODES, M2M100
from pipeline.vlm.config import VlmConfig, VlmKind
from tests.scripted_instruct import ScriptedInstruct

TEXTS = ["The invoice is 42 euros.", "Hello world"]


# --- Apertium -------------------------------------------------------------------------------------------------


def test_apertium_translates_each_text_by_itself() -> None:
    apertium = Apertium()
    assert ("en", "es") in apertium.pairs
    assert ("es", "ca") in apertium.pairs
    found = apertium.translate(TEXTS, "en", "es", budget_s=60)
    assert [text.casefold() for text in found] == ["la factura es 42 euros.", "hola mundo"]
    assert apertium.translate(["El alquiler es de 42 euros."], "es", "ca", budget_s=60)[0].startswith("El lloguer")


def test_what_looks_like_apertium_s_own_marks_comes_through() -> None:
    strange = [r"Total [12]: ^$ \ / <b> {3} @home *star", "See https://house.example/a_b?c=1 or post@old-house.example"]
    found = Apertium().translate(strange, "en", "es", budget_s=60)
    assert len(found) == 2
    assert "[12]" in found[0]
    assert "{3}" in found[0]
    assert "https://house.example/a_b?c=1 " in found[1]
    assert found[1].endswith("post@old-house.example")


def test_apertium_knows_its_pairs_only(tmp_path: Path) -> None:
    apertium = Apertium()
    assert apertium.can_translate("en", "es")
    assert apertium.can_translate(None, "ca")
    assert not apertium.can_translate("en", "ja")
    assert not apertium.can_translate("ja", "es")
    assert find_pairs(str(tmp_path)) == {}
    with pytest.raises(EngineUnavailableError, match="no pair"):
        apertium.translate(TEXTS, "ja", "es", budget_s=1)


def test_a_pair_without_its_programs_is_not_offered(tmp_path: Path) -> None:
    modes = tmp_path / "modes"
    modes.mkdir()
    (modes / "eng-spa.mode").write_text("cat | no-such-program -x\n")
    assert find_pairs(str(modes)) == {}


def test_a_pair_that_is_broken_fails_and_a_slow_one_is_stopped(tmp_path: Path) -> None:
    modes = tmp_path / "modes"
    modes.mkdir()
    (modes / "eng-spa.mode").write_text("false\n")
    with pytest.raises(EngineFailedError):
        Apertium(str(modes)).translate(TEXTS, "en", "es", budget_s=20)
    (modes / "eng-spa.mode").write_text("cat > /dev/null\n")
    with pytest.raises(EngineFailedError, match="no translation"):
        Apertium(str(modes)).translate(TEXTS, "en", "es", budget_s=20)
    (modes / "eng-spa.mode").write_text("sleep 100\n")
    with pytest.raises(PageTimeoutError):
        Apertium(str(modes)).translate(TEXTS, "en", "es", budget_s=0.5)


# --- a model that follows instructions ------------------------------------------------------------------------


def instruct(reply) -> InstructTranslator:
    return InstructTranslator(VlmConfig(VlmKind.SERVED), lambda _: ScriptedInstruct(reply))


def wanted(messages) -> list[str]:
    return json.loads(messages[-1]["content"])["texts"]


def to_reply(texts) -> str:
    return "```json\n" + json.dumps({"translations": [text.upper() for text in texts]}) + "\n```"


def test_an_instruct_model_gets_texts_as_data_and_replies_in_json() -> None:
    seen = []

    def reply(messages, schema):
        seen.append((messages, schema))
        return to_reply(wanted(messages))

    assert instruct(reply).translate(TEXTS, "en", "es", budget_s=10) == [text.upper() for text in TEXTS]
    messages, schema = seen[0]
    assert "Spanish" in messages[0]["content"]
    assert schema["properties"]["translations"]["minItems"] == 2


def test_a_reply_that_lost_a_text_is_asked_for_again_in_halves() -> None:
    sizes = []

    def reply(messages, _schema):
        texts = wanted(messages)
        sizes.append(len(texts))
        return to_reply(texts[:1])

    many = [f"text {index}" for index in range(4)]
    assert instruct(reply).translate(many, None, "es", budget_s=10) == [text.upper() for text in many]
    assert sizes == [4, 2, 1, 1, 2, 1, 1]


def test_long_pages_go_in_several_requests() -> None:
    sizes = []

    def reply(messages, _schema):
        sizes.append(len(wanted(messages)))
        return to_reply(wanted(messages))

    assert len(instruct(reply).translate(["word " * 200] * 7, None, "de", budget_s=10)) == 7
    assert sizes == [2, 2, 2, 1]


def test_a_reply_without_a_translation_and_time_that_is_over() -> None:
    with pytest.raises(EngineFailedError):
        instruct(lambda *_: "No.").translate(["one"], None, "es", budget_s=10)
    with pytest.raises(PageTimeoutError):
        instruct(lambda *_: "No.").translate(["one"], None, "es", budget_s=-1)


# --- M2M100 ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real architecture and tokenizer, with random weights: what it says is noise, how it is called is real."""
    import sentencepiece
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer

    folder = tmp_path_factory.mktemp("m2m100")
    sentences = iter(f"the invoice number {index} is {index * 7} euros, hello world" for index in range(300))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=sentences, model_prefix=str(folder / "spm"), vocab_size=90, minloglevel=2
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spm.model"))
    names = ["<s>", "<pad>", "</s>", "<unk>", *(pieces.id_to_piece(index) for index in range(3, len(pieces)))]
    (folder / "vocab.json").write_text(json.dumps({name: index for index, name in enumerate(names)}))
    tokenizer = M2M100Tokenizer(str(folder / "vocab.json"), str(folder / "spm.model"))
    torch.manual_seed(1)
    sizes: dict[str, Any] = {
        "d_model": 16,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_ffn_dim": 16,
        "decoder_ffn_dim": 16,
    }
    heads: dict[str, Any] = {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
    config = M2M100Config(vocab_size=len(names) + 108, max_position_embeddings=512, **sizes, **heads)
    model = M2M100ForConditionalGeneration(config)
    model.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    return folder / "model"


def test_a_translation_model_is_opened_and_called_for_each_sentence(checkpoint: Path) -> None:
    m2m100 = M2M100(TranslatorConfig(model=str(checkpoint), threads=1))
    found = m2m100.translate(["Hello world. The invoice is 7 euros.", "Hello"], "en", "fr", budget_s=60)
    assert len(found) == 2
    assert all(isinstance(text, str) and "\n" not in text for text in found)
    assert not any("__" in text for text in found)
    again = m2m100.translate(["Hello world. The invoice is 7 euros.", "Hello"], "en", "fr", budget_s=60)
    assert again == found
    assert m2m100.name == "model"
    with pytest.raises(PageTimeoutError):
        m2m100.translate(["Hello"], "en", "fr", budget_s=0)
    m2m100.close()


def test_a_translation_model_says_what_it_knows_without_being_loaded() -> None:
    m2m100 = M2M100(TranslatorConfig(model="/nowhere/m2m100_418M"))
    assert m2m100.can_translate("zh-Hans", "de")
    assert m2m100.can_translate(None, "sr-Cyrl")
    assert not m2m100.can_translate("bo", "de")
    assert not m2m100.can_translate("de", "de")
    assert len(CODES) > 85
    with pytest.raises(EngineUnavailableError, match="can't be opened"):
        m2m100.translate(["Hello"], "en", "fr", budget_s=60)


def test_the_codes_are_the_model_s_own() -> None:
    from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES

    assert set(CODES.values()) <= set(FAIRSEQ_LANGUAGE_CODES["m2m100"])


# --- which of them --------------------------------------------------------------------------------------------


def test_the_translation_model_goes_before_apertium_and_nothing_is_an_error_with_a_remedy() -> None:
    modes = "/usr/share/apertium/modes"
    assert shutil.which("apertium")
    both = Translators(TranslatorConfig(model="/nowhere/m2m", apertium_modes=modes))
    assert both.require("en", "es").name == "m2m"
    alone = Translators(TranslatorConfig(apertium_modes=modes))
    assert alone.require("en", "es").name == "Apertium"
    assert {"translator", "pairs"} == set(alone.list_pairs()[0])
    with pytest.raises(TranslationUnavailableError, match="Japanese to Spanish"):
        alone.require("ja", "es")
    with pytest.raises(TranslationUnavailableError, match="any language to Japanese"):
        alone.require(None, "ja")
