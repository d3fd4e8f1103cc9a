"""Texts on which tokenizers are compared: 25 scripts, code, emoji, control characters, numbers, white space."""

import random

TEXTS = (
    "The quick brown fox jumps over the lazy dog. I'll can't WE'RE don't it's they've",
    "Größe überall, Straße; naïve café, Łódź, ŒUVRE, İstanbul \u0131ş\u0131k, Tiếng Việt",
    "Ελληνικά γλώσσα ΟΔΥΣΣΕΥΣ ΣΑΣ, Русский язык ЁЖ, Українська, Հայերեն, ქართული",
    "עברית שָׁלוֹם, العربية مَرْحَبًا ١٢٣, فارسی ۱۲۳, اردو",
    "हिन्दी नमस्ते १२३, বাংলা, தமிழ், తెలుగు, ಕನ್ನಡ, മലയാളം, සිංහල, ગુજરાતી, ਪੰਜਾਬੀ",
    "ไทยสวัสดี ๑๒๓, ລາວ, မြန်မာ, ភាសាខ្មែរ, བོད་ཡིག, አማርኛ, ᏣᎳᎩ, ᠮᠣᠩᠭᠣᠯ",
    "中文你好世界\uff0c一二三。日本語こんにちは、カタカナ ｶﾞｷﾞ 한국어 안녕하세요 각 \u1100\u1161\u11a8",
    "def f(x):\n\treturn {'a': [1, 2.5e-3], \"b\": x**2}  # comment\n\n\n    if not x:\r\n  pass\r\n",
    '<html><body class="a">&amp;</body></html> SELECT * FROM t WHERE a<=3; https://example.org/?q=a%20b#c a@b.de',
    "🙂👩‍👩‍👧‍👦🇩🇪👍🏽 ❤️ ☺\u200d☺ e\u0301 \u1e9b\u0323 a\u0316\u0301 ﬁ ŉ ǆ \u017f'\u017f K Å ß ẞ \U0001d400\U0001f9ff",
    "½ ² ³ ¼ ① Ⅷ \uff05 \uff21\uff22\uff23 \uff11\uff12\uff13",
    " 3.14 1,000,000 2026-01-31 0xFF 1e10 ٣\u066b\u0661٤ ৴ \u3007 \U00010107 \U0001d7d8",
    "\x00\x01\x08\x0b\x0c\x1b\x1c\x1d\x1e\x1f\x7f\x80\x85\x9f\xa0\xad",
    " \ufeff \u200b\u200d\u2028\u2029 \ufffd \ufffe\uffff",
    " \u2003\u3000   a  b   c\t\t\td\n\n\n\ne \n \n  \r\r\n" + " " * 40 + "\t" * 9 + "\n" * 7,
    "____ -- ... !!! ?!?! ((([[{{}}]])) ~~~ ``` ''' \"\"\" 'tis 'S 'LL \u2019s \u2018a\u2019 “b” „c“ «d» — \u2013 … ·",
    "a" * 300 + " " + "ab" * 100 + "é" * 70 + "1" * 50 + "中" * 40,
    "\ue000\uf8ff\U000f0000\U0010ffff \U0001e900\U00016ea0 \ua7cb\ua7dc \u1c89\U00010d50 unassigned \u0378\U0003fffd",
    "",
    " ",
    "x",
)
"""Fixed texts."""

_SPECIALS = ("<mask>", " <mask>  ", "<x>  ", "Word", "aWord", "Word_", " LOWER CASE", "lower Case", "<think>", "é", "É")
_SPECIALS += ("<|end|>", "<|im|>", "<unk>", "<s>", "</s>", "[SEP]", "[UNK]", "<0x41>", "\u2581", "##a", "</w>", "Ġ")
_SPECIALS += ("\u0301", "\r\n", "\x01", "\u0600", "\u0c4d", "\u00ad", "\uac00", "\u1161", "\uff76", "\uff9e", "\u2122")
_LETTERS = sorted(set("".join(TEXTS)))


def random_texts(number: int, seed: int) -> list[str]:
    """Texts of characters of TEXTS, of any character, and of words that added tokens look like."""
    chosen = random.Random(seed)  # noqa: S311  (the same texts each time)
    words = " ".join(TEXTS).split(" ")
    makers = (
        lambda: "".join(chosen.choices(_LETTERS, k=chosen.randrange(1, 25))),
        lambda: " ".join(chosen.choices(words, k=5)),
        lambda: "".join(chosen.choices([*_SPECIALS, " ", "a", "e"], k=6)),
        lambda: "".join(_any_character(chosen) for _ in range(chosen.randrange(1, 12))),
    )
    return [makers[place % len(makers)]() for place in range(number)]


def _any_character(chosen: random.Random) -> str:
    first, last = chosen.choice([(0, 0x24F), (0, 0x2FFF), (0, 0xD7FF), (0xE000, 0x10FFFF)])
    return chr(chosen.randint(first, last))
