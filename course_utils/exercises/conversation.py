"""What the course says to a learner, and the predictions that it asks for."""

from __future__ import annotations

import codecs
import html
import re
import sys
import textwrap
import unicodedata
from collections.abc import Sequence

from course_utils import runtime

# what an output without these characters shows in their place
PLAIN = str.maketrans(
    {
        "✓": "[right]",
        "✗": "[wrong]",
        "○": "[open]",
        "−": "-",
        "–": "-",
        "×": "x",
        "±": "+-",
        "·": "*",
        "°": "deg ",
        "⁄": "/",
        "√": "sqrt ",
        "∂": "d",
        "∞": "infinity",
        "′": "'",
        "≠": "!=",
        "≥": ">=",
        "≤": "<=",
        "←": "<-",
        "→": "->",
        "‖": "||",
        "“": '"',
        "”": '"',
    }
)


def say(text: str) -> None:
    """Print text, in plainer characters where the output has no others: sigma for σ."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "plainer").decode(encoding))


def _plainer(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding lacks, as codecs ask an error handler to do."""
    lacking = error.object[error.start : error.end].translate(PLAIN)
    # the normal form takes ½ apart into 1⁄2, and brings ⁻ down to the line
    apart = unicodedata.normalize("NFKD", lacking).translate(PLAIN)
    return "".join(map(_plain_letter, apart)), error.end


def _plain_letter(letter: str) -> str:
    if letter.isascii():
        return letter
    if unicodedata.combining(letter):  # an accent
        return ""
    greek = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", unicodedata.name(letter, ""))
    if not greek:
        return "?"
    word = greek[2].lower().replace("lamda", "lambda")
    return word if greek[1] == "SMALL" else word.capitalize()


codecs.register_error("plainer", _plainer)


def expect(value: float, between: tuple[float, float], what: str, digits: int = 3) -> None:
    """Print a number that should land in a band; the band too where it does not.

    A number outside its band raises in the test command, and only earns a remark elsewhere, since
    a learner who changes a cell is meant to move it.

    Parameters
    ----------
    value : float
        The measured number.
    between : (float, float)
        The band, both ends included.
    what : str
        What was measured, with its unit.
    digits : int
        Digits after the point.

    Raises
    ------
    ValueError
        If the band is empty or not two numbers.
    AssertionError
        If the value is outside the band and the course is being tested.
    """
    try:
        low, high = (float(end) for end in between)
        value = float(value)
    except (TypeError, ValueError):
        raise ValueError(
            f"value is {value!r} and between is {between!r}; a number and a pair of numbers "
            "are expected."
        ) from None
    if not low <= high:
        raise ValueError(f"between is {between!r}; the lower end comes first.")
    line = f"{what}: {value:,.{digits}f}"
    if low <= value <= high:
        say(f"✓ {line}")
        return
    line += f"  (expected {low:,.{digits}f} to {high:,.{digits}f})"
    if runtime.is_strict():
        raise AssertionError(f"{line}: the text that relies on this number no longer holds.")
    say(f"≠ {line}\n  Outside the band. Did you change something above? Then that is why.")


def ask(question: str, options: Sequence[str], answer: int, why: str) -> None:
    """Let the learner commit to a prediction before the next cell shows the answer.

    Parameters
    ----------
    question : str
        What will happen?
    options : sequence of str
        Two or more possible answers, shown numbered from 1.
    answer : int
        The number of the right one, counted from 1.
    why : str
        Shown with the verdict, whichever option was chosen.

    Raises
    ------
    ValueError
        If there are fewer than two options or `answer` is none of their numbers.
    """
    if len(options) < 2 or not 1 <= answer <= len(options):
        raise ValueError(
            f"answer is {answer} of {len(options)} options; a number from 1 to the number of "
            "options (two or more) is expected."
        )
    numbered = [f"{number}. {option}" for number, option in enumerate(options, start=1)]
    say(textwrap.fill(f"Prediction: {question}", 96))
    say("\n".join(numbered))
    try:
        from course_utils.widgets import VBoxWithFallback

        import ipywidgets
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is None or not hasattr(get_ipython(), "kernel"):
        return
    buttons = [ipywidgets.Button(description=str(n)) for n in range(1, len(options) + 1)]
    reply = ipywidgets.HTML()

    def commit(button) -> None:
        right = button.description == str(answer)
        verdict = "Yes" if right else f"No, it is {answer}"
        reply.value = f"<p><b>{verdict}.</b> {html.escape(why)}</p>"
        for each in buttons:
            each.disabled = True
            each.button_style = "success" if each.description == str(answer) else ""

    for button in buttons:
        button.layout.width = "4em"
        button.on_click(commit)
    display(
        VBoxWithFallback(
            [ipywidgets.HBox(buttons), reply],
            text=f"Choose from 1 to {len(options)} before you read on.",
            folded=("Show the answer", f"It is {answer}. {why}"),
        )
    )
