"""Markdown markup out of a text: for display, for embedding, for search terms. The result is text, never HTML."""

from __future__ import annotations

import re

from rag.text.blocks import LIST_MARK, Block, scan_blocks

_CJK = "々〆〇ぁ-ゖァ-ヺー一-鿿㐀-䶿\uf900-\ufaff、。，．！？「」『』（）【】・"
_MARKUP = re.compile(r"[*_`\[\\~<]")
_BREAK_IN_CJK = re.compile(rf"(?<=[{_CJK}])[ \t\u3000]*\n\s*(?=[{_CJK}])")
_BREAK_IN_WORD = re.compile(r"(?<=[a-z]-)[ \t]*\n\s*(?=[a-z])")
_HARD_BREAK = re.compile(r"\\(?=\n)")
_QUOTE_MARKS = re.compile(r"\n[ \t]{0,3}(?:>[ \t]?)+")
_SPACES = re.compile(r"\s+")
_CLOSING_HASHES = re.compile(r"[ \t]#+[ \t]*$")
_UNDERLINE = re.compile(r"\n[ \t]*(?:=+|-+)[ \t]*$")
# Lengths are bounded so that no text can make the search for a closing mark quadratic.
_DESTINATION = (
    r"\([ \t\n]{0,9}(?:<[^<>\n]{0,2000}>|[^()\s]{0,2000}(?:\([^()\s]{0,500}\)[^()\s]{0,500}){0,9})"
    r"(?:\s{1,9}(?:\"[^\"]{0,500}\"|'[^']{0,500}'))?\s{0,9}\)"
)
_INLINE = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?<!`)(?P<ticks>`{1,9})(?!`)"
    rf"|!\[(?P<alt>[^\[\]]{{0,1000}})\]{_DESTINATION}"
    r"|<(?P<url>(?:https?|mailto|ftp):[^<>\s]{1,2000})>"
    r"|(?P<footnote>\[\^[^\[\]\s]{1,50}\](?!:))"
    rf"|(?P<closing>\](?:{_DESTINATION}|\[(?!\d{{1,4}}\])[^\[\]]{{0,200}}\])?)"
    r"|(?P<opening>\[)"
    r"|(?P<mark>\*{1,9}|_{1,9}|~~)"
)


def plain(text: str) -> str:
    """Text without Markdown markup.

    Emphasis, code marks, heading marks, quotation marks, rules, fences and escapes go; links and images leave their
    text; list marks stay (`*` and `+` become `- `); HTML tags and entities stay as the text they are. A line break
    inside a paragraph becomes a space, or nothing between Japanese characters; blocks keep a line of their own.
    Text without markup comes back the same but for white space. Time is linear in the length.
    """
    if "\n" not in text:
        stripped = text.strip()
        if not stripped or (not _MARKUP.search(stripped) and stripped[0] not in "#>-+|=~"):
            return _SPACES.sub(" ", stripped)
    lines: list[str] = []
    after_blank = False
    for block in scan_blocks(text):
        after_blank |= block.after_blank
        shown = _shown(text, block)
        if shown:
            if lines and after_blank:
                lines.append("")
            lines.append(shown)
            after_blank = False
    return "\n".join(lines)


def plain_sentence(text: str) -> str:
    """One sentence, list item or table row on one line, without markup and without its list mark.

    A sentence may be cut out of a longer stretch of emphasis: a `**` without its partner goes too.
    """
    text = text.strip()
    while text.startswith(">"):
        text = text[1:].lstrip()
    mark = LIST_MARK.match(text)
    if mark:
        text = text[mark.end() :]
    shown = _SPACES.sub(" ", plain(text))
    return _SPACES.sub(" ", shown.replace("**", "")).strip() if "**" in shown else shown


def _shown(text: str, block: Block) -> str:
    """One block as plain text: one line, but for its indentation under other list items."""
    if block.kind == "mark":
        return ""
    if block.kind == "code":
        return _SPACES.sub(" ", text[block.start : block.end])
    body = text[block.content : block.end]
    if block.kind == "heading":
        body = _CLOSING_HASHES.sub("", _UNDERLINE.sub("", body))
    elif block.kind in ("header", "row"):
        body = " | ".join(cell.strip() for cell in body.strip().strip("|").split("|"))
    shown = _inline(_unwrapped(body, quoted=block.quoted))
    if block.kind == "item":
        mark = text[block.start : block.content].lstrip("> \t")
        mark = "- " if mark[:1] in ("*", "+", "-") else _SPACES.sub(" ", mark)
        return "  " * min(block.level, 9) + mark + shown
    return shown


def _unwrapped(body: str, *, quoted: bool) -> str:
    if "\n" in body:
        if quoted:
            body = _QUOTE_MARKS.sub("\n", body)
        body = _BREAK_IN_CJK.sub("", _HARD_BREAK.sub("", body))
        body = _BREAK_IN_WORD.sub("", body)
    return _SPACES.sub(" ", body).strip()


def _inline(text: str) -> str:
    """Inline markup out of one line."""
    if not _MARKUP.search(text):
        return text
    line = _Line(text)
    at = 0
    while found := _INLINE.search(text, at):
        line.parts.append(text[at : found.start()])
        at = line.take(found)
    line.parts.append(text[at:])
    line.drop_emphasis()
    return "".join(line.parts).strip()


class _Line:
    """The parts of one line while its markup is read: joined, they are the text that is shown."""

    def __init__(self, text: str) -> None:
        self.parts: list[str] = []
        self._text = text
        self._brackets: list[int] = []  # numbers of the parts that are a `[`
        self._marks: list[tuple[int, int]] = []  # (number of the part, offset) of each run of emphasis marks
        self._unclosed: set[str] = set()  # runs of ` that are known to have no partner further on

    def take(self, found: re.Match[str]) -> int:
        """Add what one piece of markup shows; return the offset behind it."""
        kind, piece, at = found.lastgroup, found[0], found.end()
        if kind == "ticks":
            return self._take_code(piece, at)
        if kind == "escaped":
            piece = piece[1:]
        elif kind == "alt":
            piece = _inline(found["alt"])
        elif kind == "url":
            piece = found["url"]
        elif kind == "footnote":
            piece = ""
        elif kind == "opening":
            self._brackets.append(len(self.parts))
        elif kind == "closing" and self._brackets:
            opening = self._brackets.pop()
            if len(piece) > 1:  # with its destination: a link
                self.parts[opening] = piece = ""
        elif kind == "mark":
            self._marks.append((len(self.parts), found.start()))
        self.parts.append(piece)
        return at

    def _take_code(self, ticks: str, at: int) -> int:
        closing = None
        if ticks not in self._unclosed:
            closing = re.compile(f"(?<!`){ticks}(?!`)").search(self._text, at)
        if closing is None:
            self._unclosed.add(ticks)
            self.parts.append(ticks)
            return at
        self.parts.append(self._text[at : closing.start()].strip())
        return closing.end()

    def drop_emphasis(self) -> None:
        """Take out the emphasis marks that have a partner."""
        opened: dict[str, list[int]] = {}
        for number, offset in self._marks:
            run = self.parts[number]
            can_open, can_close = self._flanks(offset, run)
            partners = opened.setdefault(run[0], [])
            while run and can_close and partners:
                opener = self.parts[partners[-1]]
                n = min(len(opener), len(run))
                self.parts[partners[-1]], run = opener[n:], run[n:]
                if len(opener) == n:
                    partners.pop()
            self.parts[number] = run
            if run and can_open:
                partners.append(number)

    def _flanks(self, offset: int, run: str) -> tuple[bool, bool]:
        """Whether a run of emphasis marks can open, and close, an emphasis.

        Looser than CommonMark beside Japanese brackets (`**「…」**は` is meant as emphasis), stricter inside words and
        sums: `snake_case`, `2*3*4` and `2**3` stay.
        """
        end = offset + len(run)
        before = self._text[offset - 1] if offset else " "
        after = self._text[end] if end < len(self._text) else " "
        can_open, can_close = not after.isspace(), not before.isspace()
        if before.isascii() and before.isalnum() and after.isascii() and after.isalnum():
            within_sum = before.isdigit() or after.isdigit()
            if len(run) == 1 or run[0] == "_" or within_sum:
                return False, False
        if run[0] == "_":
            return can_open and not before.isalnum(), can_close and not after.isalnum()
        if len(run) == 1:
            ascii_before, ascii_after = before.isascii() and before.isalnum(), after.isascii() and after.isalnum()
            return can_open and not ascii_before, can_close and not ascii_after
        return can_open, can_close
