"""What a run leaves for others: a film, or a page that opens from disk with no server."""

from ganviz.export.film import export_film
from ganviz.export.page import export_page

__all__ = ["export_film", "export_page"]
