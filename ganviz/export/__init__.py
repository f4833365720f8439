"""What a run leaves for others: a film, or a page that opens from disk with no server.

A format is one module here that registers itself in `EXPORTS`; every module of this package is
imported with it, so that a new one is found without a list that names it.
"""

from importlib import import_module
from pkgutil import iter_modules

from ganviz.export.film import export_film
from ganviz.export.page import export_page

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["export_film", "export_page"]
