"""The page: Gradio for the form, theme and tabs; own small scripts (``assets/``) for everything
that streams."""
