"""What each vision-language model wants to be asked, and in what form it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from errors import EngineUnavailableError

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class VlmProfile:
    """One family of models.

    ``model_ids`` begins with the default; an id belongs to the family when it contains one of them without its owner,
    in any case. ``prompts`` is what is said beside the page image for each mode: ``ocr`` is always there, an empty
    prompt means the image alone. Pages are scaled down to ``long_edge_px`` (never up). ``template_options`` go to the
    chat template. ``parser`` is ``module:function``, text -> raw blocks. ``languages`` is for people.
    """

    name: str
    model_ids: tuple[str, ...]
    licence: str
    prompts: Mapping[str, str]
    parser: str
    long_edge_px: int
    temperature: float
    max_new_tokens: int
    has_boxes: bool
    languages: str
    top_p: float = 1.0
    template_options: Mapping[str, object] = field(default_factory=dict)
    follows_instructions: bool = False
    skip_special_tokens: bool = True

    @property
    def model_id(self) -> str:
        """The model of this family that is taken when none is named."""
        return self.model_ids[0]

    def prompt(self, mode: str) -> str:
        """What to say in this mode; modes that the family doesn't know are answered as ``ocr``."""
        return self.prompts.get(mode, self.prompts["ocr"])

    def matches(self, model_id: str) -> bool:
        wanted = model_id.lower()
        return any(known.lower().rpartition("/")[2] in wanted for known in self.model_ids)


_INSTRUCT_OCR = (
    'Transcribe this page. Answer with HTML only, one <div data-label="LABEL" data-bbox="x0 y0 x1 y1"> for each '
    "block in reading order, coordinates from 0 to 1000. LABEL is one of Text, Title, List, Table, Formula, Figure, "
    "Page-Header, Page-Footer. Tables are <table>, formulas LaTeX inside <math>. Copy the text exactly, in its own "
    "language; add nothing and leave nothing out."
)

_ALL = (
    VlmProfile(
        name="lightonocr",
        model_ids=("lightonai/LightOnOCR-3-0.8B", "lightonai/LightOnOCR-3-1B", "lightonai/LightOnOCR-3"),
        licence="Apache-2.0",
        prompts={"ocr": "grounding", "grounding": "grounding", "plain": ""},
        parser="pipeline.vlm.grounded_markdown:parse",
        long_edge_px=2048,
        temperature=0.1,
        max_new_tokens=8192,
        has_boxes=True,
        languages="European languages, Chinese, Japanese",
        template_options={"enable_thinking": False},
    ),
    VlmProfile(
        name="surya",
        model_ids=("datalab-to/surya-ocr-2", "surya-ocr", "surya-2", "surya2"),
        licence="OpenRAIL-M (free below 5 million dollars of revenue)",
        prompts={
            "ocr": "OCR this image to HTML. Each block is a div with data-label and data-bbox "
            "(x0 y0 x1 y1, normalized 0-1000).",
            "block": "OCR this block image to HTML.",
        },
        parser="pipeline.vlm.html_blocks:parse",
        long_edge_px=2200,
        temperature=0.0,
        max_new_tokens=12288,
        has_boxes=True,
        languages="91 languages",
        template_options={"enable_thinking": False},
    ),
    VlmProfile(
        name="granite-docling",
        model_ids=("ibm-granite/granite-docling-258M", "granite-docling", "SmolDocling"),
        licence="Apache-2.0",
        prompts={
            "ocr": "Convert this page to docling.",
            "table": "Convert table to OTSL.",
            "formula": "Convert formula to LaTeX.",
            "code": "Convert code to text.",
            "chart": "Convert chart to table.",
        },
        parser="pipeline.vlm.doctags:parse",
        long_edge_px=2048,
        temperature=0.0,
        max_new_tokens=8192,
        has_boxes=True,
        languages="English; Arabic, Chinese and Japanese on trial",
        skip_special_tokens=False,
    ),
    VlmProfile(
        name="paddleocr-vl",
        model_ids=("PaddlePaddle/PaddleOCR-VL-1.6", "PaddleOCR-VL"),
        licence="Apache-2.0",
        prompts={
            "ocr": "OCR:",
            "table": "Table Recognition:",
            "formula": "Formula Recognition:",
            "chart": "Chart Recognition:",
        },
        parser="pipeline.vlm.mixed_markdown:parse",
        long_edge_px=2048,
        temperature=0.0,
        max_new_tokens=4096,
        has_boxes=False,
        languages="109 languages",
        skip_special_tokens=False,
    ),
    VlmProfile(
        name="instruct",
        model_ids=("Qwen/Qwen3.5-2B", "Qwen3.5", "Qwen3-VL", "Qwen2.5-VL"),
        licence="Apache-2.0 (Qwen3.5-2B); another model has its own",
        prompts={"ocr": _INSTRUCT_OCR},
        parser="pipeline.vlm.html_blocks:parse",
        long_edge_px=1792,
        temperature=0.0,
        max_new_tokens=8192,
        has_boxes=True,
        languages="about 200 languages",
        template_options={"enable_thinking": False},
        follows_instructions=True,
    ),
)

PROFILES: Mapping[str, VlmProfile] = MappingProxyType({profile.name: profile for profile in _ALL})
"""The families by name; the first is the default."""

DEFAULT_PROFILE = _ALL[0]


def find_profile(name: str, model_id: str) -> VlmProfile:
    """The profile with this name; ``auto`` goes by the model's id, and an id that nobody knows is an instruct model.

    Raises EngineUnavailableError when there is no profile of that name.
    """
    if name != AUTO:
        if name not in PROFILES:
            raise EngineUnavailableError(
                f"There is no VLM profile '{name}'.", remedy=f"VLM_PROFILE is auto, {', '.join(PROFILES)}."
            )
        return PROFILES[name]
    return next((profile for profile in _ALL if profile.matches(model_id)), PROFILES["instruct"])
