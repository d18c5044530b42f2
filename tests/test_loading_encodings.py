"""Older encodings in every text format: taken only where they are certain, said in the verdict, else refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import FileReport
from rag.config import Settings
from rag.loading import Loaded, Loader
from rag.loading.decoding import decode
from rag.loading.raw import Refused

JAPANESE = "人工知能基本計画は、二〇二五年十二月二十三日に閣議決定された。四つの方針を掲げている。"
ADDRESSES = (
    "氏名,住所,電話番号,部署\n山田太郎,東京都千代田区,03-1234-5678,総務部\n佐藤花子,大阪府大阪市,06-1234-5678,営業部\n"
)
SIGNS = "資料①及び②について、Ⅲ章の説明をします。ほかにもあります。"
GERMAN = "Name;Ort\nMüller;Köln\nGrün;Düsseldorf\n"
FRENCH = "L’été, l’État d’Israël a été fondé. C’est l’œuvre de « l’Égalité » et de l’École."
SPANISH = "El museo de León abrió en 1869. ¿Cuánto cuesta? Los niños no pagan; los demás, 3 euros."
ENGLISH = "The goal of “El Niño” was £5 million, and that was stated by Molière’s crème in São Paulo."
SWEDISH = "Båten går från Åmål på måndagar och överfarten tar två timmar."
CZECH = "Ryby žijí v řece a v moři, a proto je tam hodně lidí, kteří je chytají. Čápi také."
POLISH = "Muzeum Narodowe mieści się w pałacu i przyciąga co roku wielu gości, którzy chcą je zobaczyć."
HUNGARIAN = "A múzeum a város közepén áll, és egész évben fogadja azokat, akik a régi időkről akarnak hallani."
ROMANIAN = "Muzeul se află în centrul orașului și este deschis în fiecare zi, iar intrarea costă două monede."
TURKISH = "Müze şehrin ortasındadır ve yıl boyunca açıktır; giriş ücreti çok düşük, çocuklar için parasızdır."
LATVIAN = "Muzejs atrodas pilsētas vidū, un tajā var redzēt senās lietas, kuras atrada māla slānī un krāsnīs."
CHINESE = "日本政府通过了人工智能基本计划。企业希望这些措施能够尽快实施，并期待政府提供更多支持。"
KOREAN = "일본 정부는 인공지능 기본 계획을 채택했다. 기업들은 이 조치가 조속히 시행되기를 바라고 있다."


@pytest.fixture(scope="module")
def loader() -> Iterator[Loader]:
    with Loader(Settings()) as made:
        yield made


@pytest.mark.parametrize("codec", ["cp932", "euc_jp"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", JAPANESE),
        ("a.md", f"# 計画\n\n{JAPANESE}\n"),
        ("a.csv", f"項目,内容\n計画,{JAPANESE}\n"),
        ("a.jsonl", f'{{"内容": "{JAPANESE}"}}\n'),
        ("a.html", f"<title>計画</title><p>{JAPANESE}</p>"),
    ],
)
def test_every_text_format_says_its_encoding(
    loader: Loader, tmp_path: Path, codec: str, name: str, content: str
) -> None:
    (tmp_path / name).write_bytes(content.encode(codec))
    loaded = loader.load(tmp_path / name, root="uploads", path=name)
    assert isinstance(loaded, Loaded), loaded
    assert JAPANESE in loaded.document.text
    assert loaded.document.language == "ja"
    assert loaded.reason == f"The text was read as {'Shift_JIS' if codec == 'cp932' else 'EUC-JP'}."


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        pytest.param(ADDRESSES, "cp932", "Shift_JIS", id="a table with hardly any kana"),
        pytest.param(SIGNS + "㈱山田です。", "cp932", "Shift_JIS", id="signs of windows"),
        pytest.param(SIGNS + "氏名はﾔﾏﾀﾞ ﾀﾛｳです。", "cp932", "Shift_JIS", id="half-width katakana"),
        pytest.param(SIGNS, "euc_jis_2004", "EUC-JP", id="signs in euc"),
        pytest.param(GERMAN, "cp1252", "Windows-1252", id="a western table"),
        pytest.param("It’s “fine” – said Zoë in the Café.", "cp1252", "Windows-1252", id="typographic quotes"),
        pytest.param("函館の塔は高さ百七メートルである。", "cp932", "Shift_JIS", id="a japanese sentence"),
        pytest.param("函館の塔は高さ百七メートルである。", "euc_jp", "EUC-JP", id="a japanese sentence in euc"),
        pytest.param(FRENCH, "cp1252", "Windows-1252", id="french"),
        pytest.param(SPANISH, "latin-1", "Windows-1252", id="spanish"),
        pytest.param(SWEDISH, "latin-1", "Windows-1252", id="swedish"),
        pytest.param(ENGLISH, "cp1252", "Windows-1252", id="english"),
        pytest.param(CHINESE * 3, "gb18030", "GB 18030", id="chinese"),
        pytest.param(KOREAN * 3, "cp949", "EUC-KR", id="korean"),
    ],
)  # fmt: skip
def test_decode_reads_short_texts(text: str, codec: str, name: str) -> None:
    assert decode(text.encode(codec)) == (text, name)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("日本".encode("cp932"), id="two characters"),
        pytest.param("x,日a\n".encode("cp932"), id="like a quote and a letter"),
        pytest.param("a,田,c\n".encode("cp932"), id="like a quote"),
        pytest.param("a,痴,c\n".encode("cp932"), id="like an apostrophe"),
        pytest.param("It is c知, 1a洋 and 府2.\n".encode("cp932"), id="like signs in words"),
        pytest.param(ADDRESSES.encode("euc_jp"), id="no kana in euc"),
        pytest.param(("ｶﾌﾞｼｷｶﾞｲｼｬ ﾔﾏﾀﾞ,ﾄｳｷｮｳ\n" * 10).encode("cp932"), id="only half-width katakana"),
        pytest.param("Żółć gęś".encode("cp1250"), id="polish"),
        pytest.param("Größe und Köln, café".encode("mac_roman"), id="mac"),
        pytest.param("Größe und Köln, café".encode("cp850"), id="dos"),
        pytest.param(CHINESE.encode("gb18030"), id="chinese"),
        pytest.param(KOREAN.encode("cp949")[:60], id="korean"),
        pytest.param("Правительство приняло".encode("koi8_r"), id="russian"),
        pytest.param((JAPANESE * 20).encode("cp932") + "これはひらがなです。".encode(), id="shift_jis and utf-8"),
        pytest.param((JAPANESE * 20).encode() + "これは計画です。".encode("cp932"), id="utf-8 and shift_jis"),
        pytest.param((JAPANESE * 20).encode("euc_jp") + "これは計画です。".encode("cp932"), id="euc and shift_jis"),
        pytest.param(GERMAN.encode("cp1252") * 20 + "für Größe\n".encode(), id="windows and utf-8"),
        pytest.param("It was the goal that the towns of Gdańsk and Čáslav be free.".encode("cp1250"), id="names"),
        *(
            pytest.param((text * n).encode(codec, "ignore"), id=f"{name} in {codec}, {n} times")
            for n in (1, 4)
            for name, text, codec in (
                ("czech", CZECH, "cp1250"),
                ("polish", POLISH, "cp1250"),
                ("hungarian", HUNGARIAN, "cp1250"),
                ("romanian", ROMANIAN, "cp1250"),
                ("turkish", TURKISH, "cp1254"),
                ("latvian", LATVIAN, "cp1257"),
                ("french", FRENCH, "mac_roman"),
                ("spanish", SPANISH, "mac_roman"),
                ("swedish", SWEDISH, "mac_roman"),
                ("french", FRENCH, "cp850"),
                ("spanish", SPANISH, "cp850"),
                ("swedish", SWEDISH, "cp850"),
            )
        ),
        pytest.param(b"\xff\xfe\xfd" + JAPANESE.encode("cp932"), id="broken mark"),
    ],
)
def test_decode_refuses_what_is_uncertain(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        decode(data)
    assert refused.value.code == "encoding"
    assert refused.value.reason.endswith("Save it as UTF-8.")


def test_a_refused_encoding_is_a_verdict(loader: Loader, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes((JAPANESE * 20).encode("cp932") + "これはひらがなです。".encode())
    report = loader.load(tmp_path / "a.csv", root="uploads", path="a.csv")
    assert isinstance(report, FileReport)
    assert (report.code, report.reason) == (
        "encoding",
        "The text is partly UTF-8 and partly in another encoding (byte 1 is not UTF-8). Save it as UTF-8.",
    )


@pytest.mark.parametrize(
    ("text", "codec", "declared", "name"),
    [
        ("短い", "cp932", "Shift_JIS", "Shift_JIS"),
        ("短い", "euc_jp", "euc-jp", "EUC-JP"),
        ("à la crème", "cp1252", "ISO-8859-1", "Windows-1252"),
        ("Żółć gęś", "iso8859_2", "iso-8859-2", "ISO-8859-2"),
        ("短い", "utf-8", "shift_jis", None),
        (JAPANESE, "euc_jp", "shift_jis", "EUC-JP"),
        (JAPANESE, "cp932", "iso-8859-1", "Shift_JIS"),
    ],
)
def test_decode_believes_what_fits(text: str, codec: str, declared: str, name: str | None) -> None:
    assert decode(text.encode(codec), declared=declared) == (text, name)


@pytest.mark.parametrize("declared", ["utf-8", "utf-7", "rot13", "idna", "", "shift_jis"])
def test_decode_does_not_believe_what_does_not_fit(declared: str) -> None:
    with pytest.raises(Refused, match="cannot be told"):
        decode(b"x \xa0\xff\xfe y", declared=declared)


COMMON = st.text(st.sampled_from("の計画は日本政府が決定したものでありまするこを人工知能基本"), min_size=30)
LATIN = st.text(st.sampled_from("abc äöüßé’“”–€ .,\n"), min_size=1)


@given(COMMON, st.sampled_from(["cp932", "euc_jp"]))
def test_japanese_is_read_as_written_or_refused(text: str, codec: str) -> None:
    try:
        assert decode(text.encode(codec)) == (text, "Shift_JIS" if codec == "cp932" else "EUC-JP")
    except Refused as refused:
        assert refused.code == "encoding"  # noqa: PT017 - a third outcome would be the defect


@given(LATIN)
def test_western_text_is_read_as_written_or_refused(text: str) -> None:
    data = text.encode("cp1252")
    try:
        decoded, encoding = decode(data)
        assert encoding is None or decoded == text  # a few bytes of it may be UTF-8 as well
    except Refused as refused:
        assert refused.code in ("encoding", "wrong_type")  # noqa: PT017 - a third outcome would be the defect


@given(
    st.text(
        st.characters(codec="cp932", exclude_categories=["Cc"], exclude_characters="¢£¬‖−〜"), min_size=1, max_size=15
    )
)
def test_short_shift_jis_is_never_read_as_something_else(text: str) -> None:
    try:
        decoded, encoding = decode(text.encode("cp932"))
    except Refused:
        return
    if encoding in ("Shift_JIS", "EUC-JP", "Windows-1252"):
        assert decoded == text
