"""A stranger's text made harmless for where it is shown: one function for each medium.

HTML is escaped by the page's templates, XML by its writers; here is what has no writer of its own.
"""

from __future__ import annotations

import html
import re

LONGEST = 200
"""Characters of a name that are shown."""

_JOINER = "&#8288;"
"""A word joiner: nobody sees it, and no word goes on over it."""

_LINKING = re.compile(r"(?<=[@#!~%^$])(?=\w)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
"""Where GitHub and GitLab would see a mention, a reference or a link, even in escaped text."""


def shown(text: str) -> str:
    r"""Return a name in one line of bounded length, without what a terminal would act on.

    Examples
    --------
    >>> print(shown("layer" + chr(10) + chr(27) + "[2J"))
    layer\n\x1b[2J
    """
    plain = "".join(_visible(one) for one in text[: LONGEST + 1])
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 3]}..."


def terminal(text: str) -> str:
    """Return a text of several lines without what a terminal would act on."""
    return "".join(one if one in "\n\t" else _visible(one) for one in text)


def _visible(character: str) -> str:
    """Return a character, or its number where it moves, hides or turns others."""
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def markdown(text: str) -> str:
    """Return a text as one line that Markdown shows as it is, in a table or out of one.

    Neither links, images, mentions and HTML, nor GitLab's commands (``/approve``) are left.

    Examples
    --------
    >>> markdown("/approve @all")
    '&#47;approve &#64;&#8288;all'
    """
    line = " ".join(terminal(text).split())
    parts = [html.escape(part, quote=False) for part in _LINKING.split(line)]
    plain = "\0".join(parts)
    for character in "|`@[]!\\":
        plain = plain.replace(character, f"&#{ord(character)};")
    plain = f"&#47;{plain[1:]}" if plain.startswith("/") else plain
    return plain.replace("\0", _JOINER)
