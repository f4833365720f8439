"""How Gradio's own parts look: calm neutrals, so that colour is left to the data.

Real is green, fake is purple, the discriminator is blue (``assets/lib/base.css`` holds those).
"""

from __future__ import annotations

import gradio as gr
from gradio.themes.utils import colors, sizes

# IBM Plex Sans comes with Gradio; assets/lib/fonts.js fetches it when the page stands, so that it
# does not hold up the first view over a slow line
SANS = ("IBM Plex Sans", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
MONO = ("IBM Plex Mono", "ui-monospace", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """The theme of every view, light and dark."""
    base = gr.themes.Base(
        primary_hue=colors.indigo,
        secondary_hue=colors.indigo,
        neutral_hue=colors.slate,
        text_size=sizes.text_sm,
        spacing_size=sizes.spacing_sm,
        radius_size=sizes.radius_md,
        font=SANS,
        font_mono=MONO,
    )
    return base.set(
        body_background_fill="var(--gv-page)",
        body_background_fill_dark="var(--gv-page)",
        body_text_color="var(--gv-ink)",
        body_text_color_dark="var(--gv-ink)",
        body_text_color_subdued="var(--gv-muted)",
        body_text_color_subdued_dark="var(--gv-muted)",
        background_fill_primary="var(--gv-card)",
        background_fill_primary_dark="var(--gv-card)",
        background_fill_secondary="var(--gv-well)",
        background_fill_secondary_dark="var(--gv-well)",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_shadow="none",
        block_shadow_dark="none",
        block_padding="0px",
        block_label_text_color="var(--gv-ink)",
        block_label_text_color_dark="var(--gv-ink)",
        block_title_text_size="12.5px",
        block_title_text_weight="400",
        block_title_text_color="var(--gv-soft)",
        block_title_text_color_dark="var(--gv-soft)",
        block_info_text_size="11.5px",
        block_info_text_color="var(--gv-muted)",
        block_info_text_color_dark="var(--gv-muted)",
        border_color_primary="var(--gv-line)",
        border_color_primary_dark="var(--gv-line)",
        border_color_accent="var(--gv-accent)",
        border_color_accent_dark="var(--gv-accent)",
        input_background_fill="var(--gv-field)",
        input_background_fill_dark="var(--gv-field)",
        input_background_fill_focus="var(--gv-field)",
        input_background_fill_focus_dark="var(--gv-field)",
        input_border_width="1px",
        input_border_color="var(--gv-edge)",
        input_border_color_dark="var(--gv-edge)",
        input_border_color_focus="var(--gv-accent)",
        input_border_color_focus_dark="var(--gv-accent)",
        input_shadow="none",
        input_shadow_focus="0 0 0 3px var(--gv-halo)",
        input_shadow_focus_dark="0 0 0 3px var(--gv-halo)",
        input_padding="7px 10px",
        input_text_size="13px",
        checkbox_label_background_fill="var(--gv-well)",
        checkbox_label_background_fill_dark="var(--gv-well)",
        checkbox_label_background_fill_hover="var(--gv-well)",
        checkbox_label_background_fill_hover_dark="var(--gv-well)",
        checkbox_label_background_fill_selected="var(--gv-well)",
        checkbox_label_background_fill_selected_dark="var(--gv-well)",
        checkbox_background_color="var(--gv-field)",
        checkbox_background_color_dark="var(--gv-field)",
        checkbox_background_color_selected="var(--gv-accent)",
        checkbox_background_color_selected_dark="var(--gv-accent)",
        checkbox_border_color="var(--gv-edge)",
        checkbox_border_color_dark="var(--gv-edge)",
        button_transition="background-color .15s, box-shadow .15s, transform .15s",
    )
