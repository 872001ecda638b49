"""Paper to draw on: places text on a Pillow picture or an fpdf2 page and remembers what it wrote."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

NOTO = Path("/usr/share/fonts/truetype/noto")
NOTO_CJK = Path("/usr/share/fonts/opentype/noto")
SANS, SANS_BOLD = NOTO / "NotoSans-Regular.ttf", NOTO / "NotoSans-Bold.ttf"
SERIF, SERIF_BOLD = NOTO / "NotoSerif-Regular.ttf", NOTO / "NotoSerif-Bold.ttf"
SERIF_ITALIC = NOTO / "NotoSerif-Italic.ttf"
MONO = Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")
NASKH, NASKH_BOLD = NOTO / "NotoNaskhArabic-Regular.ttf", NOTO / "NotoNaskhArabic-Bold.ttf"
CJK, CJK_BOLD = NOTO_CJK / "NotoSerifCJK-Regular.ttc", NOTO_CJK / "NotoSerifCJK-Bold.ttc"

INK = 25


@dataclass
class Paper:
    """A grey picture. ``written`` collects the lines in the order in which they are drawn."""

    width_px: int
    height_px: int
    shade: int = 255
    written: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.picture = Image.new("L", (self.width_px, self.height_px), self.shade)
        self.pen = ImageDraw.Draw(self.picture)

    def write(self, x: float, y: float, text: str, font: Path, size_px: int, *, anchor: str = "ls") -> None:
        """One line; ``anchor`` is Pillow's (first letter: left, middle or right; second: baseline)."""
        self.mark(x, y, text, font, size_px, anchor=anchor)
        self.written.append(text)

    def mark(self, x: float, y: float, text: str, font: Path, size_px: int, *, anchor: str = "ls") -> None:
        """Like :meth:`write`, but not remembered as a line of its own."""
        direction = "rtl" if "\u0600" <= text[:1] <= "\u06ff" else None
        self.pen.text((x, y), text, INK, load_font(font, size_px), anchor=anchor, direction=direction)

    def write_paragraph(
        self, box: tuple[float, float, float], text: str, font: Path, size_px: int, *, spacing: float = 1.5
    ) -> float:
        """Wrap ``text`` into ``box`` (left, baseline of the first line, right); returns the next free baseline."""
        left, y, right = box
        is_rtl = "\u0600" <= text[:1] <= "\u06ff"
        for line in wrap(text, load_font(font, size_px), right - left):
            self.write(right if is_rtl else left, y, line, font, size_px, anchor="rs" if is_rtl else "ls")
            y += size_px * spacing
        return y

    def rule(self, left: float, y: float, right: float, width_px: int = 2) -> None:
        self.pen.line((left, y, right, y), INK, width_px)

    @property
    def text(self) -> str:
        return "\n".join(self.written)


def load_font(path: Path, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size_px, layout_engine=ImageFont.Layout.RAQM)


def wrap(text: str, font: ImageFont.FreeTypeFont, width_px: float) -> list[str]:
    """Break at spaces; text without spaces (Japanese) anywhere but before closing punctuation."""
    pieces = text.split(" ") if " " in text else list(text)
    joint = " " if " " in text else ""
    lines = [pieces[0]]
    for piece in pieces[1:]:
        longer = lines[-1] + joint + piece
        if font.getlength(longer) <= width_px or piece in "。、":
            lines[-1] = longer
        else:
            lines.append(piece)
    return lines


def age(picture: Image.Image, *, seed: int, noise: float, blur_px: float = 0.6, levels: int = 16) -> Image.Image:
    """A grey picture as a scanner gives it: a little soft, a little noisy, in few levels so that it stays small."""
    random = np.random.default_rng(seed)
    soft = np.asarray(picture.filter(ImageFilter.GaussianBlur(blur_px)), np.float32)
    noisy = soft + random.normal(0, noise, soft.shape)
    step = 255 / (levels - 1)
    return Image.fromarray((np.round(noisy.clip(0, 255) / step) * step).astype(np.uint8))


def photograph(picture: Image.Image, *, seed: int) -> Image.Image:
    """A sheet on a wooden wall seen from the side: perspective, tilt, uneven light, noise."""
    width, height = 1500, 1200
    random = np.random.default_rng(seed)
    corners = ((150, 130), (1330, 60), (1385, 1085), (190, 1130))
    sheet_corners = ((0, 0), (picture.width, 0), (picture.width, picture.height), (0, picture.height))
    transform = _perspective(corners, sheet_corners)
    sheet = picture.transform((width, height), Image.Transform.PERSPECTIVE, transform, Image.Resampling.BICUBIC)
    mask = Image.new("L", picture.size, 255).transform(
        (width, height), Image.Transform.PERSPECTIVE, transform, Image.Resampling.BILINEAR
    )
    shadow = mask.filter(ImageFilter.GaussianBlur(14)).transform(
        (width, height), Image.Transform.AFFINE, (1, 0, -12, 0, 1, -14)
    )
    wall = _planks(width, height, random)
    wall *= 1 - 0.45 * (np.asarray(shadow, np.float32) / 255)[..., None]
    paper = np.asarray(sheet, np.float32)[..., None] * np.array([1.0, 0.985, 0.95])
    alpha = (np.asarray(mask, np.float32) / 255)[..., None]
    scene = wall * (1 - alpha) + paper * alpha
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    light = 0.62 + 0.38 * np.exp(-(((x - 420) / 1000) ** 2 + ((y - 330) / 900) ** 2))
    lit = scene * light[..., None] + random.normal(0, 5.0, (height, width, 1))
    return Image.fromarray(lit.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.7))


def _planks(width: int, height: int, random: np.random.Generator) -> np.ndarray:
    """Vertical planks of brown wood."""
    grain = np.asarray(
        Image.fromarray(random.normal(128, 60, (12, width)).clip(0, 255).astype(np.uint8)).resize(
            (width, height), Image.Resampling.BICUBIC
        ),
        np.float32,
    )
    x = np.arange(width)
    tone = 0.85 + 0.15 * random.random(width // 250 + 1)[x // 250]
    tone[x % 250 < 4] = 0.35
    return (0.85 + 0.3 * (grain / 255 - 0.5))[..., None] * tone[None, :, None] * np.array([150.0, 112.0, 78.0])


def _perspective(corners: tuple[tuple[int, int], ...], sources: tuple[tuple[int, int], ...]) -> tuple[float, ...]:
    """The eight numbers with which Pillow maps each of ``corners`` onto the point of ``sources`` in its place."""
    rows, values = [], []
    for (x, y), (u, v) in zip(corners, sources, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(np.linalg.solve(np.array(rows, float), np.array(values, float)))
