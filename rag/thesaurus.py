"""Everyday words that say about the same, English and Japanese: people seldom ask in a document's own words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

from rag.analysis import analyse

# General vocabulary of administration, law, business and statistics; a word may stand in several groups. Words of more
# than one part count where all parts stand in a sentence.
_GROUPS = """
adopt, adoption, decide, decision, approve, approval, pass, enact, agree, endorse, sign off
establish, found, create, set up, launch, start, begin, form, inaugurate
abolish, repeal, revoke, scrap, withdraw, cancel
chair, head, lead, preside, direct, boss, chief, chairperson, president, director, run
aim, goal, objective, target, purpose, ambition, intend, seek
risk, danger, threat, hazard, concern, fear, worry
company, firm, corporation, business, enterprise, industry
penalty, fine, punishment, sanction, punish
staff, employee, worker, personnel, workforce, people, official
servant, official, staff, employee
civil, public, government
law, act, statute, legislation, legal
use, usage, adoption, utilisation, utilization, uptake, user
revise, change, amend, update, review, revision, amendment
child, pupil, student, school, kid, youth
teach, learn, education, lesson, training, taught
replace, supersede, take the place, succeed, successor
draft, draw up, write, prepare, author, drawn up
rule, regulation, norm, regulate
strength, advantage, asset
reason, cause, because, blame
slow, lag, behind, trail, delay
effect, force, apply, valid, come into force, in effect
invest, investment, spend, fund, finance, money, budget
attract, draw, draw out, raise, mobilise, mobilize
based on, basis, under, legal basis
share, percentage, proportion, rate
public, individual, citizen, people, person
foresee, provide, contain, impose, set out
subject, topic, theme, field, area
supervise, oversee, monitor, oversight
include, contain, consist, comprise
differ, difference, contrast, unlike, distinct
comment, opinion, view, reaction, remark
big, large, high
cost, price, fee
build, construct, develop
meet, meeting, session
決定, 採択, 決ま, 閣議決定, 成立
罰則, 罰金, 制裁, 処罰
設置, 設立, 創設, 発足, 設け
利用, 活用, 使用, 使わ, 使う
目標, 目的, 狙い, ねらい
危険, リスク, 懸念, 脅威
企業, 会社, 事業者, 法人
改定, 改正, 変更, 見直
職員, 人員, 公務員, スタッフ
子ども, 児童, 生徒, 小学校, 中学校
理由, 原因, 背景, ため
遅れ, 進んでいない, 出遅れ
割合, 比率, 率
全面的, 全面
施行, 効力
"""


@cache
def _others() -> Mapping[str, tuple[frozenset[str], ...]]:
    """By term, the terms of each word that says about the same."""
    others: dict[str, dict[frozenset[str], None]] = {}
    for line in _GROUPS.strip().splitlines():
        words = [frozenset(analyse(word)) for word in line.split(",")]
        for word in words:
            if len(word) == 1:
                (term,) = word
                others.setdefault(term, {}).update(dict.fromkeys(other for other in words if other and other != word))
    return {term: tuple(found) for term, found in others.items()}


def said_otherwise(term: str, held: Collection[str]) -> bool:
    """Whether a text with these terms holds a word that says about the same as a term."""
    return any(other <= set(held) for other in _others().get(term, ()))
