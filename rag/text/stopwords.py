"""Words that a question is asked with rather than about, English and Japanese, as data."""

from __future__ import annotations

# Function words, question words, auxiliaries and words of request; contractions without their apostrophe, as
# `rag.text.analysis.analyse` gives them. "us", "may" and "even" are left out: after case folding and stemming they
# are also the United States, the month and "evening".
ENGLISH = frozenset(
    """a an the this that these those there here it its itself he him his himself she her hers herself they them
    their theirs themselves we our ours ourselves you your yours yourself i me my mine myself who whom whose
    what which when where why how whether whatever whichever whoever wherever am is are was were be been being
    do does did doing done have has had having can could will would shall should might must ought cannot dont
    doesnt didnt isnt arent wasnt werent hasnt havent hadnt cant couldnt wont wouldnt shouldnt im ive youre
    youve theyre theyve weve and or but nor so yet if then else than as of at by for from with without to in on
    into onto upon about between among during through throughout within across around since until till because
    while although though via not no any some each every either neither both all such same other another own
    just also too very much many more most few ever again now still rather several please tell say explain
    describe let know something someone anyone anything thing s t d ll re ve m o eg ie vs etc""".split()
)

# Set phrases of Japanese questions and requests; a question is read without them.
JAPANESE_PHRASES = frozenset(
    """について教えてください について教えて について説明してください について説明して を教えてください を教えて
    教えてください 教えて下さい 教えて 説明してください 説明して 述べてください 答えてください 答えなさい
    挙げてください とは何ですか とは何でしょうか とは何か とは何 とはなんですか とはなに とは は何ですか
    は何でしょうか は何か は何という は何 は誰ですか は誰か は誰 はだれですか はだれ はいつですか はいつか
    はいつ はどこですか はどこか はどこ はいくつですか はいくつ はいくらですか はいくら はどれですか はどれ
    はどのような はどのように はどう はなぜ 何ですか なんですか 何でしょうか 何という なんという 何と 何が 何を
    何に 何で 何の 何か 何 なにか 誰ですか 誰が 誰を 誰に 誰の 誰と 誰か 誰 だれが だれ いつですか いつから
    いつまで いつ どこですか どこから どこまで どこで どこに どこの どこ どのような どのように どのくらい
    どれくらい どれだけ どれほど どういう どういった どんな どの どれ どちら どうやって どうして どうなって
    なぜ いくつ いくら でしょうか でしょう ですか ますか ましたか ませんか のですか ください 下さい について
    に関して に関する に対して に対する によって による により において における にとって として という
    といった と言う と呼ばれる と呼ばれている されています されている されました された される しています
    している しました しますか であった でした ですが であり である です""".split()
)

# Pairs of hiragana that belong to inflections and function words.
JAPANESE_PAIRS = frozenset(
    """する した して され れる れた れて ます まし しま です った って いる いた いて ない なく なる なっ なり
    ある あり あっ から まで より など こと もの ため よう られ せる せた たい だっ でき きる きた せん べき
    また この その あの これ それ のは のが のを のに のか には では とは にも でも とも への との での から
    もっ よっ おい けら えた える めた める らし うな いう んで てい たの たか るの るか いの うか すか たは
    うに うち""".split()
)

# A pair of one of these particles and another character is a seam between words.
JAPANESE_PARTICLES = frozenset("はがをにのでとへもや")
