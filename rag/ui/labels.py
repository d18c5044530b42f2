"""Label catalogue: every word that the page says itself, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["en", "ja"]
LANGUAGES: Final[Mapping[Language, str]] = {"en": "EN", "ja": "日本語"}

_EN: Final[Mapping[str, str]] = {
    "tagline": "Answers whose every quote can be checked",
    "welcome": "Ask Japan’s AI Basic Plan",
    "welcome_text": "Ask in your own words. Each sentence of an answer carries a mark that opens the exact words "
    "in the document it comes from.",
    "starters": "Questions to begin with",
    "starter_1": "When was Japan’s AI Basic Plan adopted, and what are its four policies?",
    "starter_2": "How much investment does the second AI Basic Plan assume?",
    "starter_3": "What does the AI Promotion Act say about penalties?",
    "starter_4": "How many staff is the AI Safety Institute to have?",
    "starter_5": "How many people and companies in Japan use generative AI?",
    "starter_6": "What is physical AI?",
    "input": "Ask the documents a question…",
    "language": "Language",
    "new_conversation": "New conversation",
    "mode_extractive": "Offline extract",
    "mode_extractive_help": "Answers are sentences quoted from the documents. Nothing leaves this machine.",
    "mode_llm": "{model} · {host}",
    "mode_llm_help": "Answers are written by the chat model {model}. Questions and passages are sent to {host}.",
    "n_documents": "{n} documents",
    "n_documents_one": "1 document",
    "you": "You",
    "question_label": "Question: {question}",
    "answer_label": "Answer",
    "searched_as": "Searched as: {searched}",
    "stage_search": "Searching",
    "stage_read": "Reading",
    "stage_check": "Checking quotes",
    "stage_search_done": "Searched",
    "stage_read_done": "Read",
    "stage_check_done": "Checked",
    "queued": "Many questions are being answered: you are number {place} in line.",
    "stop": "Stop",
    "stopped": "Stopped. What was answered until then stays.",
    "sources": "Sources",
    "citation_label": "Citation {number}: {title}",
    "open_source": "Open in the document",
    "unused": "{n} passages read but not used",
    "unused_one": "1 passage read but not used",
    "nearest": "Nearest passages: not an answer",
    "abstained": "The documents do not say",
    "reason_no_hits": "No passage matches the question.",
    "reason_filtered_out": "No document passes the chosen filter.",
    "reason_off_topic": "The documents are about something else.",
    "reason_not_stated": "The documents speak of this subject, but they do not state the answer.",
    "reason_false_premise": "The question assumes something that the documents do not state.",
    "reason_empty_index": "No document is indexed yet.",
    "hint_other": "Try other words, or ask about a smaller point. What lies nearest is below.",
    "hint_premise": "Check the name, number or date in the question, or leave it out.",
    "hint_filter": "Widen the filter.",
    "hint_empty": "Put documents into the corpus folder and run “python -m rag index”.",
    "conflict": "Sources differ on {subject}",
    "unsupported": "Not carried by its quotes",
    "unsupported_label": "Not carried by its quotes: {detail}",
    "section": "Section",
    "page": "p. {page}",
    "kind_law": "Law",
    "kind_plan": "Plan",
    "kind_guideline": "Guideline",
    "kind_statistics": "Statistics",
    "kind_report": "Report",
    "kind_news": "News",
    "kind_commentary": "Commentary",
    "status_in_force": "In force",
    "status_superseded": "Superseded",
    "status_draft": "Draft",
    "status_current": "Current",
    "original": "Original at {host}",
    "close": "Close the document (Escape)",
    "previous": "Previous quote",
    "next": "Next quote",
    "nth": "Quote {nth} of {n}",
    "more_above": "Show more above",
    "more_below": "Show more below",
    "beginning": "Beginning of the document",
    "end": "End of the document",
    "viewer": "Source document",
    "loading": "Opening the document…",
    "superseded_by": "Superseded: a later edition is in the documents.",
    "took": "{seconds} s",
    "tokens": "{n} tokens",
    "made_extractive": "Quoted from the documents",
    "made_llm": "Written by {model}, quotes checked",
    "error_title": "That did not work",
    "error_general": "Something went wrong on our side. Ask again; if it happens again, look into the log of the page.",
    "error_viewer": "This document cannot be shown.",
    "busy": "Too many questions are waiting. Ask again in a moment.",
    "building": "Reading the documents for the first time",
    "building_count": "{done} of {total} files",
    "building_text": "This happens once. The page opens by itself when it is done.",
    "retry": "Try again",
    "score": "score {score}",
    "older": "Earlier questions of this conversation are no longer shown.",
    "footer": "Answers quote the documents; check a quote by opening its mark.",
}

_JA: Final[Mapping[str, str]] = {
    "tagline": "すべての引用を確かめられる回答",
    "welcome": "人工知能基本計画に聞く",
    "welcome_text": "ふだんの言葉で質問してください。"
    "回答の各文には番号が付き、開くと元の文書のその箇所がそのまま表示されます。",
    "starters": "質問の例",
    "starter_1": "人工知能基本計画はいつ閣議決定されましたか。",
    "starter_2": "第Ⅱ期の人工知能基本計画はどれだけの投資を想定していますか。",
    "starter_3": "AI法に罰則はありますか。",
    "starter_4": "人工知能基本計画の四つの基本方針は何ですか。",
    "starter_5": "日本の生成AIの利用率はどれくらいですか。",
    "starter_6": "人工知能戦略本部の本部長は誰ですか。",
    "input": "文書に質問する…",
    "language": "言語",
    "new_conversation": "新しい会話",
    "mode_extractive": "オフライン抜粋",
    "mode_extractive_help": "文書の文をそのまま引用して答えます。データはこのコンピューターの外に出ません。",
    "mode_llm": "{model} · {host}",
    "mode_llm_help": "回答はチャットモデル {model} が書きます。質問と該当箇所は {host} に送られます。",
    "n_documents": "文書 {n} 件",
    "n_documents_one": "文書 1 件",
    "you": "あなた",
    "question_label": "質問：{question}",
    "answer_label": "回答",
    "searched_as": "検索した質問：{searched}",
    "stage_search": "検索中",
    "stage_read": "読解中",
    "stage_check": "引用を確認中",
    "stage_search_done": "検索",
    "stage_read_done": "読解",
    "stage_check_done": "確認",
    "queued": "質問が混み合っています。順番は {place} 番目です。",
    "stop": "停止",
    "stopped": "停止しました。それまでの回答は残ります。",
    "sources": "出典",
    "citation_label": "引用 {number}：{title}",
    "open_source": "文書で開く",
    "unused": "読んだが使わなかった箇所 {n} 件",
    "unused_one": "読んだが使わなかった箇所 1 件",
    "nearest": "最も近い箇所（回答ではありません）",
    "abstained": "文書には書かれていません",
    "reason_no_hits": "質問に合う箇所が見つかりません。",
    "reason_filtered_out": "絞り込みの条件に合う文書がありません。",
    "reason_off_topic": "文書は別のことを扱っています。",
    "reason_not_stated": "この話題は出てきますが、答えは述べられていません。",
    "reason_false_premise": "質問の前提が文書では述べられていません。",
    "reason_empty_index": "索引に文書がまだありません。",
    "hint_other": "別の言葉で、または範囲を狭めて質問してみてください。最も近い箇所を下に示します。",
    "hint_premise": "質問の中の名前、数、日付を確かめるか、省いてみてください。",
    "hint_filter": "絞り込みの条件を広げてください。",
    "hint_empty": "文書をコーパスのフォルダーに入れ、「python -m rag index」を実行してください。",
    "conflict": "出典によって異なります：{subject}",
    "unsupported": "引用では裏付けられていません",
    "unsupported_label": "引用では裏付けられていません：{detail}",
    "section": "節",
    "page": "{page} ページ",
    "kind_law": "法律",
    "kind_plan": "計画",
    "kind_guideline": "指針",
    "kind_statistics": "統計",
    "kind_report": "報告",
    "kind_news": "ニュース",
    "kind_commentary": "論評",
    "status_in_force": "有効",
    "status_superseded": "旧版",
    "status_draft": "案",
    "status_current": "最新",
    "original": "原文を開く（{host}）",
    "close": "文書を閉じる（Esc）",
    "previous": "前の引用",
    "next": "次の引用",
    "nth": "引用 {nth} / {n}",
    "more_above": "前を表示",
    "more_below": "続きを表示",
    "beginning": "文書の始まり",
    "end": "文書の終わり",
    "viewer": "出典の文書",
    "loading": "文書を開いています…",
    "superseded_by": "旧版です。新しい版が文書の中にあります。",
    "took": "{seconds} 秒",
    "tokens": "{n} トークン",
    "made_extractive": "文書からの引用",
    "made_llm": "{model} が作成、引用は確認済み",
    "error_title": "うまくいきませんでした",
    "error_general": "内部で問題が起きました。もう一度質問してください。続くときはページのログを見てください。",
    "error_viewer": "この文書は表示できません。",
    "busy": "待っている質問が多すぎます。少し待ってからもう一度質問してください。",
    "building": "文書を初めて読み込んでいます",
    "building_count": "{total} 件中 {done} 件",
    "building_text": "最初の一度だけです。終わるとページが開きます。",
    "retry": "もう一度試す",
    "score": "スコア {score}",
    "older": "この会話の古い質問は表示されません。",
    "footer": "回答は文書の引用です。番号を開いて確かめられます。",
}

CATALOGUE: Final[Mapping[Language, Mapping[str, str]]] = {"en": _EN, "ja": _JA}
N_STARTERS: Final = 6


def language_of_locale(locale: str | None) -> Language:
    """Language of the page for a browser's language tag (`ja`, `ja-JP`; anything else: English)."""
    return "ja" if (locale or "").lower().partition("-")[0] == "ja" else "en"


def label(language: Language, key: str, **values: object) -> str:
    """One label, its `{name}`s filled in; `n=1` takes the form `<key>_one` where there is one.

    Raises:
        KeyError: If the catalogue has no such label: a mistake in the page.
    """
    catalogue = CATALOGUE[language]
    if values.get("n") == 1 and f"{key}_one" in catalogue:
        key = f"{key}_one"
    return catalogue[key].format(**values)


def starters(language: Language) -> list[str]:
    """The questions that an empty conversation offers."""
    return [label(language, f"starter_{n}") for n in range(1, N_STARTERS + 1)]


def known_or_as_is(language: Language, prefix: str, value: str) -> str:
    """Label of a value that documents write (`in force`), or the value itself where the catalogue has none."""
    return CATALOGUE[language].get(f"{prefix}_{value.strip().lower().replace(' ', '_')}", value)
