"""A widget that leaves something to read where no widget can be shown."""

import html

import ipywidgets

__all__ = ["VBoxWithFallback"]


class VBoxWithFallback(ipywidgets.VBox):
    """A column of widgets, stored in a notebook together with words for those who can't see it.

    A site, a file viewer or an editor without widgets shows the words; JupyterLab shows the
    widget while its kernel lives.

    Parameters
    ----------
    children : list of ipywidgets.Widget
    text : str
        What stands in its place where only plain text is shown.
    folded : (str, str), optional
        A line, and what a click on it unfolds, where HTML is shown; without it, `text` is shown
        there too.
    """

    def __init__(self, children, text, folded=None):
        super().__init__(children)
        self._text, self._folded = text, folded

    def _repr_mimebundle_(self, **kwargs):
        if self._folded is None:
            shown = f"<em>{html.escape(self._text)}</em>"
        else:
            line, answer = map(html.escape, self._folded)
            shown = f"<details><summary>{line}</summary>{answer}</details>"
        bundle = super()._repr_mimebundle_(**kwargs)
        return bundle | {"text/plain": self._text, "text/html": shown}
