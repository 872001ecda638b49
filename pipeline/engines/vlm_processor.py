"""Opening a model's processor, also where torchvision is missing (docs/engines.md says why it must be)."""

from pathlib import Path
from typing import Any, cast


def open_processor(folder: Path) -> Any:
    """The processor of the model in ``folder``.

    Those of the Qwen family (LightOnOCR-3, Surya 2, Qwen3.5) come with a part for films that exists for torchvision
    only; pages are stills, so that part is left out when it can't be loaded. Raises what transformers raises.
    """
    from transformers import AutoProcessor

    try:
        return cast(Any, AutoProcessor).from_pretrained(folder, local_files_only=True)
    except ImportError as error:
        stills = _find_class_for_stills(folder)
        if stills is None:
            raise
        try:
            return stills.from_pretrained(folder, local_files_only=True)
        except ImportError:
            raise error from None


def _find_class_for_stills(folder: Path) -> Any:
    """The model's own processor class without its films; None when there are none in it."""
    import transformers
    from transformers import AutoConfig
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING_NAMES

    kind = AutoConfig.from_pretrained(folder, local_files_only=True).model_type
    whole: Any = getattr(transformers, PROCESSOR_MAPPING_NAMES.get(kind, ""), None)
    if whole is None or "video_processor" not in whole.get_attributes():
        return None
    kept = [name for name in whole.get_attributes() if name != "video_processor"]
    return type(whole.__name__, (whole,), {"get_attributes": classmethod(lambda _class: kept)})
