"""Short texts in Windows-1252, told by the words of a language: letters that other tables lack stand in known words."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MIN_WORDS = 8
_MIN_KINDS = 3
_MIN_SHARE = 0.1
_MIN_ACCENTS = 2

# The same letters in the tables of Central Europe and Turkey: names with them are in texts of any language.
_SHARED_LETTERS = "áâäçéëíîóôöúüß"
# Signs that a text of any of these languages may hold, and those that stand in words of some (l’été).
_SIGNS = "€…“”–—•\xa0§°©®«»‘’ºª½·"
_WORD = re.compile(r"[^\W\d_]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_UNLIKELY = re.compile(
    r"[a-zß-ÿ][À-Þ]"  # a capital inside a word
    r"|[^\W\d_][€…“•§°©®«º½·–—][^\W\d_]"  # a sign inside a word
    r"|[^\W\d_][¿¡]|[¿¡](?![^\W_]|[¿¡“«‘’\"'( ])"
    r"|[^\W\d_]ª?[ª‘][^\W\d_]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Language:
    """A language: its further letters and signs beyond ASCII, words that its texts are full of, what none holds."""

    letters: str
    words: frozenset[str]
    signs: str = ""
    unlikely: re.Pattern[str] | None = None


# No word is here that is as frequent in a language of another table (Polish `na`, Romanian `de` beside ã, …): there the
# bytes of ę, ă, č, … are ê, ã and è here.
_LANGUAGES = (
    _Language(
        letters="àãèêïñ",
        signs="£",
        words=frozenset(
            "the of and that for it was with are be this from or an not which have has their they its will were".split()
        ),
        # Names and loans: in Niño, crème and São these letters stand otherwise than ń, č and ă in Gdańsk and Kučera.
        unlikely=re.compile(
            r"ñ(?![aeiouáéíóú])|è(?![b-df-hj-np-tv-z]{1,2}e|s\b)|ê(?![tmp])|à\B|ã(?!o)|£(?!\s?\d)", re.IGNORECASE
        ),
    ),
    _Language(
        letters="àæèêïœùûÿ",
        words=frozenset(
            "l d qu le la les des du et est une dans pour que qui par sur avec pas au aux cette ces sont ont plus elle "
            "il nous vous leur son sa ses mais ou où à été être même très après".split()
        ),
    ),
    _Language(
        letters="ñ",
        signs="¿¡",
        words=frozenset(
            "el la los las de del que en una por con para es su sus al como pero entre desde muy este esta fue son "
            "más está están él qué también según año años sólo después".split()
        ),
    ),
    _Language(
        letters="ãàêõ",
        words=frozenset(
            "que uma um os as dos das em nos nas com por para ao aos ou mais sobre foi pelo pela seu sua entre como "
            "não é são está há até à às também já só você".split()
        ),
    ),
    _Language(
        letters="àèìòù",
        words=frozenset(
            "il lo gli la di che una per con del della dei delle nel nella dal dalla alla al non sono come anche "
            "questo è più perché può città già così".split()
        ),
    ),
    _Language(
        letters="àèïò",
        words=frozenset(
            "els les que amb per una del dels al als com però entre aquest aquesta seu seva va són és també més".split()
        ),
    ),
    _Language(
        letters="",
        signs="„",
        words=frozenset(
            "der die das und ist sind ein eine einen von zu mit auf den dem des nicht auch für über bei nach aus wird "
            "wurde können".split()
        ),
    ),
    _Language(
        letters="èêï",
        words=frozenset(
            "het een van en dat op te zijn niet voor met aan ook door maar naar wordt worden deze dit één".split()
        ),
    ),
    _Language(
        letters="åšž",
        words=frozenset("ja on ei että se oli kun mutta myös niin tai jos voi ole ovat joka sekä mukaan".split()),
    ),
    _Language(
        letters="å",
        words=frozenset(
            "och att det som en av den till med ett inte har men om var vid kan han hon på från för är två när också "
            "där år".split()
        ),
    ),
    _Language(
        letters="æøåèò",
        words=frozenset(
            "og det er en til af av at den som med for ikke et har men om var ved kan han hun fra på år også når både "
            "være blev ble".split()
        ),
    ),
)


def western_by_words(data: bytes) -> str | None:
    """The text where `data` reads as one of the Western languages in Windows-1252, else `None`.

    Which table a text is in shows in few letters, too few in a short one for statistics of letters. Words show it: what
    is full of French words, and has no letter that French lacks, is French.
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    if _UNLIKELY.search(text):
        return None
    words = [word.lower() for word in _WORD.findall(text)]
    beyond = [char.lower() for char in _BEYOND_ASCII.findall(text)]
    n_accents = sum(char.isalpha() and char not in "ºª" for char in beyond)
    if len(words) < _MIN_WORDS or n_accents < _MIN_ACCENTS or 3 * n_accents > sum(map(len, words)):
        return None
    return text if any(_speaks(language, text, words, set(beyond)) for language in _LANGUAGES) else None


def _speaks(language: _Language, text: str, words: list[str], beyond: set[str]) -> bool:
    """Whether a text with these words and characters beyond ASCII is one of a language."""
    if language.unlikely is not None and language.unlikely.search(text):
        return False
    if not beyond <= {*language.letters, *language.signs, *_SHARED_LETTERS, *_SIGNS}:
        return False
    known = [word for word in words if word in language.words]
    return len(set(known)) >= _MIN_KINDS and len(known) >= _MIN_SHARE * len(words)
