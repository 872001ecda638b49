"""Checkpoints with the real architectures of the profiles' models and a few thousand random numbers for weights."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

_IMAGE = {
    "qwen": "<|vision_start|><|image_pad|><|vision_end|>",
    "idefics": "<image>",
    "paddle": "<|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>",
}


_AS_IT_IS: Mapping[str, Any] = MappingProxyType({})


def _template(image: str) -> str:
    return (
        "{%- for message in messages -%}{{ '<|im_start|>' + message['role'] + '\n' }}"
        "{%- for part in message['content'] -%}"
        "{%- if part['type'] == 'image' -%}{{ '" + image + "' }}{%- else -%}{{ part['text'] }}{%- endif -%}"
        "{%- endfor -%}{{ '<|im_end|>\n' }}{%- endfor -%}{{ '<|im_start|>assistant\n' }}"
        "{%- if enable_thinking is defined and not enable_thinking -%}{{ '<think>\n\n</think>\n\n' }}{%- endif -%}"
    )


def _build_tokenizer(markers: Mapping[str, str], template: str) -> Any:
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    # One token a byte, as these models write ASCII's: a space is Ġ and a line's end Ċ.
    pieces = {piece: index for index, piece in enumerate(["<unk>", *map(chr, range(33, 127)), "Ġ", "Ċ"])}
    tokenizer = Tokenizer(BPE(pieces, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
        extra_special_tokens={"start_token": "<|im_start|>", **markers},
    )
    fast.chat_template = template
    return fast


def _finish(model: Any, tokenizer: Any, folder: Path) -> None:
    """Random weights never come to an end by themselves: the last token is forced to be one."""
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.forced_eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def save_lighton_ocr(folder: Path) -> None:
    """LightOnOCR-1 and 2 and LightOnOCR-3-1B: Pixtral's eye, Qwen3's tongue."""
    from training.tiny_vlm.model import build_model, build_processor

    processor = build_processor()
    _finish(build_model(processor.tokenizer), processor.tokenizer, folder)
    processor.save_pretrained(folder)


def save_qwen3_5(folder: Path, *, text: Mapping[str, Any] = _AS_IT_IS, vision: Mapping[str, Any] = _AS_IT_IS) -> None:
    """LightOnOCR-3-0.8B and 4B, Surya 2, Qwen3.5. The files beside the weights are those that such models come with.

    ``text`` and ``vision`` change the sizes of the two parts of the model.
    """
    from transformers import Qwen3_5Config, Qwen3_5ForConditionalGeneration

    tokenizer = _build_tokenizer(
        {
            "vision_start_token": "<|vision_start|>",
            "vision_end_token": "<|vision_end|>",
            "image_token": "<|image_pad|>",
            "video_token": "<|video_pad|>",
        },
        _template(_IMAGE["qwen"]),
    )
    config = Qwen3_5Config(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 16,
            "linear_key_head_dim": 16,
            "linear_value_head_dim": 16,
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 4,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [1, 1, 0],
                "mrope_interleaved": True,
                "partial_rotary_factor": 0.25,
            },
            **text,
        },
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 2,
            "patch_size": 16,
            "spatial_merge_size": 2,
            "out_hidden_size": 64,
            "num_position_embeddings": 64,
            **vision,
        },
        image_token_id=tokenizer.convert_tokens_to_ids("<|image_pad|>"),
        video_token_id=tokenizer.convert_tokens_to_ids("<|video_pad|>"),
        vision_start_token_id=tokenizer.convert_tokens_to_ids("<|vision_start|>"),
        vision_end_token_id=tokenizer.convert_tokens_to_ids("<|vision_end|>"),
    )
    _finish(Qwen3_5ForConditionalGeneration(config), tokenizer, folder)
    shared = {
        "patch_size": 16,
        "temporal_patch_size": 2,
        "merge_size": 2,
        "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
        "processor_class": "Qwen3VLProcessor",
        "size": {"longest_edge": 262144, "shortest_edge": 4096},
    }
    _write_json(folder / "preprocessor_config.json", {**shared, "image_processor_type": "Qwen2VLImageProcessorFast"})
    _write_json(folder / "video_preprocessor_config.json", {**shared, "video_processor_type": "Qwen3VLVideoProcessor"})


def save_idefics3(folder: Path) -> None:
    """granite-docling: SigLIP's eye, Llama's tongue, the page cut into tiles."""
    from transformers import Idefics3Config, Idefics3ForConditionalGeneration

    markers = {"image_token": "<image>", "fake_token": "<fake_token_around_image>", "global_token": "<global-img>"}
    tiles = {f"tile_{row}_{column}": f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)}
    tags = {"doctag": "<doctag>", "text": "<text>", "utterance_end": "<end_of_utterance>"}
    tokenizer = _build_tokenizer({**markers, **tiles, **tags}, _template(_IMAGE["idefics"]))
    config = Idefics3Config(
        text_config={
            "model_type": "llama",
            "vocab_size": len(tokenizer) + 8,
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 64,
            "patch_size": 16,
        },
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
    )
    _finish(Idefics3ForConditionalGeneration(config), tokenizer, folder)
    _write_json(
        folder / "preprocessor_config.json",
        {
            "image_processor_type": "Idefics3ImageProcessor",
            "processor_class": "Idefics3Processor",
            "do_image_splitting": True,
            "size": {"longest_edge": 128},
            "max_image_size": {"longest_edge": 64},
            "image_mean": [0.5] * 3,
            "image_std": [0.5] * 3,
        },
    )
    _write_json(folder / "processor_config.json", {"processor_class": "Idefics3Processor", "image_seq_len": 4})


def save_paddleocr_vl(folder: Path) -> None:
    """PaddleOCR-VL: a NaViT eye, ERNIE's tongue."""
    from transformers import PaddleOCRVLConfig, PaddleOCRVLForConditionalGeneration

    tokenizer = _build_tokenizer(
        {
            "image_token": "<|IMAGE_PLACEHOLDER|>",
            "image_start": "<|IMAGE_START|>",
            "image_end": "<|IMAGE_END|>",
            "video_token": "<|video_pad|>",
        },
        _template(_IMAGE["paddle"]),
    )
    config = PaddleOCRVLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 16,
            "pad_token_id": tokenizer.pad_token_id,
            "bos_token_id": None,
            "eos_token_id": tokenizer.eos_token_id,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]},
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 56,
            "patch_size": 14,
            "spatial_merge_size": 2,
        },
        image_token_id=tokenizer.convert_tokens_to_ids("<|IMAGE_PLACEHOLDER|>"),
        video_token_id=tokenizer.convert_tokens_to_ids("<|video_pad|>"),
        vision_start_token_id=tokenizer.convert_tokens_to_ids("<|IMAGE_START|>"),
        vision_end_token_id=tokenizer.convert_tokens_to_ids("<|IMAGE_END|>"),
    )
    _finish(PaddleOCRVLForConditionalGeneration(config), tokenizer, folder)
    _write_json(
        folder / "preprocessor_config.json",
        {
            "image_processor_type": "PaddleOCRVLImageProcessor",
            "processor_class": "PaddleOCRVLProcessor",
            "patch_size": 14,
            "merge_size": 2,
            "temporal_patch_size": 1,
            "size": {"longest_edge": 28 * 28 * 64, "shortest_edge": 28 * 28 * 4},
            "image_mean": [0.5] * 3,
            "image_std": [0.5] * 3,
        },
    )


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


ARCHITECTURES: Mapping[str, Callable[[Path], None]] = {
    "lighton_ocr": save_lighton_ocr,
    "qwen3_5": save_qwen3_5,
    "idefics3": save_idefics3,
    "paddleocr_vl": save_paddleocr_vl,
}
