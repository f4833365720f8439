"""The page: Gradio for the form, theme and tabs; own small scripts (``assets/``) for everything
that streams."""

from ganviz.ui.gradio_stubs import leave_stubs_alone

leave_stubs_alone()
