"""The architecture and the tokenizer: LightOnOCR's classes with small numbers."""

from collections.abc import Sequence
from typing import Any, cast

from tokenizers import Tokenizer, decoders
from tokenizers.models import BPE
from transformers import (
    LightOnOcrConfig,
    LightOnOcrForConditionalGeneration,
    LightOnOcrProcessor,
    PreTrainedTokenizerFast,
)
from transformers.models.pixtral.image_processing_pil_pixtral import PixtralImageProcessorPil

from training.tiny_vlm.pages import ALPHABET

PATCH_PX = 8
TOKEN_PX = 16
LONGEST_EDGE_PX = 256

PAD, IMAGE, IMAGE_BREAK, IMAGE_END = "<|endoftext|>", "<|image_pad|>", "<|vision_pad|>", "<|vision_end|>"
START, END = "<|im_start|>", "<|im_end|>"
UNKNOWN = "<unk>"

# Whole pieces of the answers' markup are one token each, and so is every coordinate in steps of a hundredth: the model
# is to learn reading, not spelling `data-bbox`. No text is ever encoded into them, for there are no merges.
MARKUP = ("![text](", ",", ") ", "\n", '<div data-label="Text" data-bbox="', '"><p>', "</p></div>", "<p>", "</p>")
COORDINATES = tuple(str(10 * step) for step in range(101))

CHAT_TEMPLATE = (
    "{%- for message in messages -%}{{ '<|im_start|>' + message['role'] + '\\n' }}"
    "{%- if message['content'] is string -%}{{ message['content'] }}{%- else -%}"
    "{%- for part in message['content'] -%}"
    "{%- if part['type'] in ('image', 'image_url') -%}{{ '<|image_pad|>' }}"
    "{%- elif part['type'] == 'text' -%}{{ part['text'] }}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}{{ '<|im_end|>\\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)


def build_tokenizer() -> PreTrainedTokenizerFast:
    """One token a character; the chat's marks are added special tokens, or they would be split into characters too."""
    prompt_characters = sorted({*ALPHABET, *map(chr, range(32, 127)), "\n"})
    pieces = [UNKNOWN, *prompt_characters, *(piece for piece in (*MARKUP, *COORDINATES) if len(piece) > 1)]
    vocabulary = {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(BPE(vocabulary, [], unk_token=UNKNOWN))
    tokenizer.decoder = decoders.Fuse()
    fast: PreTrainedTokenizerFast = cast(Any, PreTrainedTokenizerFast)(
        tokenizer_object=tokenizer,
        unk_token=UNKNOWN,
        pad_token=PAD,
        eos_token=END,
        extra_special_tokens={
            "start_token": START,
            "image_token": IMAGE,
            "image_break_token": IMAGE_BREAK,
            "image_end_token": IMAGE_END,
        },
        model_max_length=4096,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast


def build_processor() -> LightOnOcrProcessor:
    tokenizer = build_tokenizer()
    images = PixtralImageProcessorPil(
        size={"longest_edge": LONGEST_EDGE_PX},
        # The processor rounds sizes up to this; half tokens would be lost in the merging of patches.
        patch_size={"height": TOKEN_PX, "width": TOKEN_PX},
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
    )
    return LightOnOcrProcessor(
        image_processor=images,
        tokenizer=tokenizer,
        patch_size=PATCH_PX,
        spatial_merge_size=TOKEN_PX // PATCH_PX,
        chat_template=CHAT_TEMPLATE,
    )


def build_model(tokenizer: PreTrainedTokenizerFast) -> LightOnOcrForConditionalGeneration:
    """An untrained model of some two million parameters."""
    config = LightOnOcrConfig(
        spatial_merge_size=TOKEN_PX // PATCH_PX,
        image_token_id=encode_pieces(tokenizer, [IMAGE])[0],
        tie_word_embeddings=True,
        vision_config={
            "model_type": "pixtral",
            "hidden_size": 96,
            "intermediate_size": 256,
            "num_hidden_layers": 3,
            "num_attention_heads": 3,
            "head_dim": 32,
            "num_channels": 3,
            "image_size": 1024,
            "patch_size": PATCH_PX,
            "hidden_act": "silu",
            "rope_parameters": {"rope_type": "axial", "rope_theta": 100.0},
        },
        text_config={
            "model_type": "qwen3",
            "hidden_size": 192,
            "intermediate_size": 512,
            "num_hidden_layers": 3,
            "num_attention_heads": 6,
            "num_key_value_heads": 3,
            "head_dim": 32,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 4096,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
            "tie_word_embeddings": True,
            "sliding_window": None,
            "use_cache": True,
            "pad_token_id": tokenizer.pad_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "bos_token_id": None,
        },
    )
    model = LightOnOcrForConditionalGeneration(config)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.bos_token_id = None
    return model


def to_prompt(prompt: str) -> tuple[str, str]:
    """What the chat template puts before and after the image's tokens."""
    return f"{START}user\n", f"{prompt}{END}\n{START}assistant\n"


def encode_pieces(tokenizer: PreTrainedTokenizerFast, pieces: Sequence[str]) -> list[int]:
    """Ids of whole vocabulary entries. Raises ValueError for one that is none."""
    ids = [cast(int, tokenizer.convert_tokens_to_ids(piece)) for piece in pieces]
    if tokenizer.unk_token_id in ids:
        raise ValueError(f"not in the vocabulary: {pieces[ids.index(tokenizer.unk_token_id)]!r}")
    return ids
