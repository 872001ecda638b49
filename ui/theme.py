"""How the app looks: one theme for light and dark, no font from anywhere else."""

from pathlib import Path

import gradio as gr

STATIC = Path(__file__).parent / "static"
STYLES = ("app.css", "account.css", "viewer.css", "dropzone.css", "tools.css", "chat.css", "documents.css")
SYSTEM_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Noto Sans", "sans-serif")
SYSTEM_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def build_theme() -> gr.themes.Base:
    """Teal on warm grey; text contrasts of at least 4.5 : 1 in both modes."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg,
        text_size=gr.themes.sizes.text_md,
        font=SYSTEM_FONTS,
        font_mono=SYSTEM_MONO,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        block_background_fill_dark="*background_fill_primary",
        block_border_width="1px",
        block_shadow="none",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_800",
        button_primary_text_color="white",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        color_accent="*primary_700",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
    )


def read_styles() -> str:
    """The style sheets as one text."""
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in STYLES)


def read_page_styles() -> str:
    """What stands in the page's head."""
    return (STATIC / "page.css").read_text(encoding="utf-8")
