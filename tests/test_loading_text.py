"""Bytes to clean text: encodings, Unicode form, invisible characters, language."""

from __future__ import annotations

import codecs
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.loading.decoding import decode
from rag.loading.raw import Refused
from rag.loading.text import clean, dropped_indices, segments
from rag.text.language import language_of

JAPANESE = (
    "日本の人工知能基本計画は、二〇二五年十二月二十三日に閣議決定された。政府は四つの方針を掲げ、"
    "信頼できるAIの開発と活用を進めるとしている。企業や自治体の取り組みも広がっており、今後の評価が注目される。"
)
ENGLISH = (
    "The plan’s goal — “the most AI-friendly country” — was stated in December. It is said to cost about £5 million "
    "or €6 million, and the naïve reader may find the façade convincing enough for now, as critics say."
)
FRENCH = (
    "Le gouvernement a adopté le plan de base sur l'intelligence artificielle. Les entreprises françaises espèrent que "
    "les mesures seront appliquées dès l'été ; à défaut, elles devront réévaluer leurs priorités, où que ce soit."
)
SPANISH = (
    "El gobierno aprobó el plan básico de inteligencia artificial el 23 de diciembre. Según la opinión pública, los "
    "niños y los jóvenes aprenderán más rápido; mañana habrá más información sobre la situación económica del país."
)
GERMAN = (
    "Die Bundesregierung hat am Dienstag beschlossen, die Förderung für künstliche Intelligenz zu erhöhen. Über die "
    "Größe des Fonds wird später entschieden; die Länder hätten Bedenken geäußert. Für kleine Firmen gäbe es Zuschüsse."
)
POLISH = (
    "Rząd przyjął podstawowy plan dotyczący sztucznej inteligencji. Przedsiębiorstwa mają nadzieję, że środki zostaną "
    "wdrożone już latem, w przeciwnym razie będą musiały ponownie ocenić swoje priorytety. Żółć, gęś, jaźń i łoś."
)
RUSSIAN = (
    "Правительство приняло основной план по искусственному интеллекту. Компании надеются, что меры будут применены уже "
    "летом, иначе им придётся пересмотреть приоритеты. Оценка результатов ожидается в конце года и будет опубликована."
)
# What may not stand in any stored text, written independently of the code under test.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"plain", ("plain", None), id="ascii"),
        pytest.param("é日本".encode(), ("é日本", None), id="utf-8"),
        pytest.param(codecs.BOM_UTF8 + "é".encode(), ("é", None), id="utf-8 with mark"),
        pytest.param("é日本\n".encode("utf-16"), ("é日本\n", "UTF-16"), id="utf-16 with mark"),
        pytest.param(codecs.BOM_UTF16_BE + "日本".encode("utf-16-be"), ("日本", "UTF-16"), id="utf-16 big-endian"),
        pytest.param("日本".encode("utf-32"), ("日本", "UTF-32"), id="utf-32"),
        pytest.param("The plan, in words.".encode("utf-16-le"), ("The plan, in words.", "UTF-16"), id="utf-16-le bare"),
        pytest.param("The plan, in words.".encode("utf-16-be"), ("The plan, in words.", "UTF-16"), id="utf-16-be bare"),
        pytest.param("abc".encode("utf-16-be"), ("abc", "UTF-16"), id="letters only, bare"),
        pytest.param("計画は\n二つ。".encode("utf-16-le"), ("計画は\n二つ。", "UTF-16"), id="japanese bare"),
        pytest.param(
            JAPANESE.replace("AI", "").encode("utf-16-be"), (JAPANESE.replace("AI", ""), "UTF-16"), id="no ascii"
        ),
        pytest.param((JAPANESE * 2).encode("cp932"), (JAPANESE * 2, "Shift_JIS"), id="shift_jis"),
        pytest.param((JAPANESE * 2).encode("euc_jp"), (JAPANESE * 2, "EUC-JP"), id="euc-jp"),
        pytest.param("計画".encode("iso2022_jp"), ("計画", "ISO-2022-JP"), id="iso-2022-jp, however short"),
        pytest.param(ENGLISH.encode("cp1252"), (ENGLISH, "Windows-1252"), id="english, windows-1252"),
        pytest.param(FRENCH.encode("cp1252"), (FRENCH, "Windows-1252"), id="french"),
        pytest.param(SPANISH.encode("cp1252"), (SPANISH, "Windows-1252"), id="spanish"),
        pytest.param(GERMAN.encode("latin-1"), (GERMAN, "Windows-1252"), id="german, latin-1"),
        pytest.param(RUSSIAN.encode("cp1251"), (RUSSIAN, "Windows-1251"), id="russian"),
    ],
)
def test_decode_reads(data: bytes, expected: tuple[str, str | None]) -> None:
    assert decode(data) == expected


@pytest.mark.parametrize(
    ("data", "code", "reason"),
    [
        pytest.param("計画は二つある。".encode("euc_jp"), "encoding", "cannot be told with certainty", id="too short"),
        pytest.param(POLISH.encode("iso8859_2"), "encoding", "UTF-8", id="central european"),
        pytest.param(codecs.BOM_UTF8 + b"ab\xff", "encoding", "UTF-8 but byte 6", id="mark and broken utf-8"),
        pytest.param(codecs.BOM_UTF16_LE + b"a\x00\x00", "encoding", "UTF-16", id="odd utf-16"),
        pytest.param(codecs.BOM_UTF16_LE + b"\x00\xd8a\x00", "encoding", "UTF-16", id="lone surrogate"),
        pytest.param(b"text\x00\x01\x02\x00\x00\x03", "wrong_type", "zero bytes", id="binary with zeros"),
        pytest.param(b"\x01\x02\x03\x04", "wrong_type", "control characters", id="control characters"),
        pytest.param(bytes(range(256)) * 4, "wrong_type", "zero bytes", id="every byte"),
    ],
)
def test_decode_refuses(data: bytes, code: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        decode(data)
    assert refused.value.code == code


@given(st.text(min_size=1))
def test_decode_round_trips_utf8(text: str) -> None:
    data = text.encode()
    try:
        decoded, encoding = decode(data)
    except Refused:
        # Only what is no text: zero bytes and control characters.
        assert any(unicodedata.category(char) == "Cc" for char in text)
    else:
        if encoding is None:
            assert decoded == text.removeprefix("\ufeff")


@given(st.binary(max_size=2000))
def test_decode_gives_text_or_refuses(data: bytes) -> None:
    try:
        text, _encoding = decode(data)
    except Refused as refused:
        assert refused.code in ("encoding", "wrong_type")  # noqa: PT017 - a third outcome would be the defect
    else:
        text.encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\r\nb\rc\x85d\u2028e\x0cf", ("a\nb\nc\nd\ne\nf", 0), id="line ends"),
        pytest.param("e\u0301", ("é", 0), id="composed"),
        pytest.param("か\u3099", ("が", 0), id="voiced kana composed"),
        pytest.param("\ufeffa\u200bb\u2060c\xadd", ("abcd", 4), id="zero width and soft hyphen"),
        pytest.param("a\u202eb\u2066c\u200fd\u061c", ("abcd", 4), id="bidi controls"),
        pytest.param("a\x00b\x07c\x1b[31m\x9b", ("abc[31m", 4), id="control characters"),
        pytest.param("tab\tstays", ("tab\tstays", 0), id="tab"),
        pytest.param(
            "x" + "".join(chr(0xE0000 + ord(c)) for c in "obey") + "\U000e007f", ("x", 5), id="tag characters"
        ),
        pytest.param("葛\U000e0100城", ("葛\U000e0100城", 0), id="ideographic variation stays"),
        pytest.param("a\U000e0100b", ("ab", 1), id="variation of a letter goes"),
        pytest.param("葛\U000e0100\U000e0101\U000e0102", ("葛\U000e0100", 2), id="only one variation"),
        pytest.param("❤\ufe0f and 1\ufe0f\u20e3", ("❤\ufe0f and 1\ufe0f\u20e3", 0), id="emoji presentation stays"),
        pytest.param("👩\u200d👩\u200d👧", ("👩\u200d👩\u200d👧", 0), id="family stays"),
        pytest.param("🏳\ufe0f\u200d🌈", ("🏳\ufe0f\u200d🌈", 0), id="flag stays"),
        pytest.param("👩🏽\u200d🚀", ("👩🏽\u200d🚀", 0), id="skin tone stays"),
        pytest.param("می\u200cخواهم", ("می\u200cخواهم", 0), id="persian word stays"),
        pytest.param("क्\u200dष", ("क्\u200dष", 0), id="half form stays"),
        pytest.param("ig\u200cno\u200dre", ("ignore", 2), id="joiners in a latin word go"),
        pytest.param("می\u200c\u200c\u200cخواهم", ("می\u200cخواهم", 2), id="joiners repeated go"),
        pytest.param("\u200d \u200c", (" ", 2), id="joiners between spaces go"),
        pytest.param("a\u115fb\u3164c\uffa0d\u034fe", ("abcde", 4), id="fillers"),
        pytest.param("a\ufffe\uffff\ufdd0b", ("ab", 3), id="noncharacters"),
        pytest.param("\ud800a", ("a", 1), id="lone surrogate"),
        pytest.param("日本\u3000語 nbsp\u00a0", ("日本\u3000語 nbsp\u00a0", 0), id="spaces stay"),
    ],
)
def test_clean(text: str, expected: tuple[str, int]) -> None:
    assert clean(text) == expected


ODD = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\u200b\u200c\u200d\ufe0f\ufeff\u202e\U000e0041\U000e0100\xad\r\n葛❤👩ی्e\u0301か\u3099ᄀ\u1161\u11a8"
        ),
    )
)


@given(ODD)
def test_clean_gives_stored_form(text: str) -> None:
    cleaned, n_removed = clean(text)
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not FORBIDDEN.search(cleaned)
    assert not any(unicodedata.category(char) in ("Cs", "Cc") for char in cleaned if char not in "\t\n")
    assert clean(cleaned) == (cleaned, 0)
    assert n_removed == 0 or n_removed <= len(text)


@given(st.text(st.sampled_from("\u200c\u200d\ufe0f\ufe0e\U000e0100\U000e01ef\u180b"), min_size=2))
def test_clean_leaves_no_run_of_invisible_characters(hidden: str) -> None:
    for base in ("a", "葛", "❤", "ی", "ᠠ", " "):
        cleaned, _ = clean(f"{base}{hidden}{base}")
        # At most a selector and a joiner: no room for a message.
        assert len(cleaned) <= 2 + 2


@given(ODD)
def test_segments_can_be_composed_one_by_one(text: str) -> None:
    spans = list(segments(text))
    assert [index for start, end in spans for index in range(start, end)] == list(range(len(text)))
    assert "".join(unicodedata.normalize("NFC", text[a:b]) for a, b in spans) == unicodedata.normalize("NFC", text)


@given(ODD)
def test_dropped_indices_are_what_clean_takes_out(text: str) -> None:
    text = (
        text.replace("\r", "").translate(dict.fromkeys(range(0x1C, 0x20))).translate({0xB: None, 0xC: None, 0x85: None})
    )
    text = text.replace("\u2028", "").replace("\u2029", "")
    dropped = set(dropped_indices(text))
    kept = "".join(char for index, char in enumerate(text) if index not in dropped)
    assert clean(text) == (unicodedata.normalize("NFC", kept), len(dropped))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param(JAPANESE, "ja", id="japanese"),
        pytest.param("人工知能基本計画", "ja", id="a term in ideographs"),
        pytest.param("日本政府通过了人工智能基本计划。企业希望这些措施能够尽快实施。" * 10, "zh", id="chinese"),
        pytest.param(ENGLISH, "en", id="english"),
        pytest.param("AI plan 2026", "en", id="a few words"),
        pytest.param(GERMAN * 2, None, id="german"),
        pytest.param(RUSSIAN, None, id="russian"),
        pytest.param("2025 12 23 --- ?!", None, id="no letters"),
        pytest.param("The term 基本計画 (kihon keikaku) means a basic plan.", "en", id="english with a japanese term"),
        pytest.param("この計画はOpenAIのChatGPTやGoogleのGeminiも対象とする。", "ja", id="japanese with names"),
    ],
)
def test_language_of(text: str, language: str | None) -> None:
    assert language_of(text) == language
