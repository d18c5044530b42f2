"""The sentences that answers carry in their own voice, in the language of the question."""

from __future__ import annotations

from collections.abc import Mapping

from rag.answer import Reason

_ABSTAINED: Mapping[str, Mapping[Reason, str]] = {
    "en": {
        "no_hits": "The documents do not say: no passage matches the question.",
        "filtered_out": "The documents do not say: no document passes the filter.",
        "off_topic": "The documents do not say: they are about something else.",
        "not_stated": "The documents do not say: they speak of this subject, but do not state the answer.",
        "false_premise": "The documents do not say: the question assumes something that they do not state.",
        "empty_index": "There is nothing to ask yet: the index holds no document.",
    },
    "ja": {
        "no_hits": "文書には書かれていません。質問に合う箇所が見つかりません。",
        "filtered_out": "文書には書かれていません。絞り込みの条件に合う文書がありません。",
        "off_topic": "文書には書かれていません。文書は別のことを扱っています。",
        "not_stated": "文書には書かれていません。この話題は出てきますが、答えは述べられていません。",
        "false_premise": "文書には書かれていません。質問の前提が文書では述べられていません。",
        "empty_index": "まだ質問できる文書がありません。索引は空です。",
    },
}


def abstained_text(reason: Reason, language: str) -> str:
    """What an answer says when it has none, for `en` or `ja` (any other language: `en`)."""
    return _ABSTAINED.get(language, _ABSTAINED["en"])[reason]


def is_abstained_text(text: str) -> bool:
    """Whether a text is one of the sentences of `abstained_text`: then it makes no claim that wants a quote."""
    return any(text == sentence for sentences in _ABSTAINED.values() for sentence in sentences.values())
