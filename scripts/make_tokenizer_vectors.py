#!/usr/bin/env python3
"""Writes what the Hugging Face `tokenizers` package makes of thousands of texts, for wordpiece_test.

Usage: make_tokenizer_vectors.py TOKENIZER.json OUT_DIR

Needs requirements-setup.txt and requirements-vectors.txt. Writes into OUT_DIR (tests/data):
  wordpiece_vectors.jsonl      one {"text": ... or "hex": ..., "ids": [...]} a line; "hex" is a text in bytes that are
                               not UTF-8, whose ids are those of the text with U+FFFD in place of what is ill-formed
  wordpiece_code_points.txt    "first last ids...": the ids of "a", c, "b" written together, for every code point c
                               from first to last (hexadecimal); all but the surrogates are there
The texts are made here, from a fixed seed. Special pieces around a text are left out.
"""
import json
import random
import sys
from pathlib import Path

SEED = 20240501

SENTENCES = """
The pool never holds more than twenty-five connections.
Publish, unpublish, publish again: the third revision wins!
Don't split the reader's patience; it isn't ours.
It costs $1,299.95 (about 1.200,00 \u20ac) or \u00a5150,000; up 3.5%.
Caf\u00e9 cre\u0300me br\u00fbl\u00e9e, na\u00efve fa\u00e7ade, \u00c5ngstr\u00f6m, \u0141\u00f3d\u017a, \u0130stanbul, stra\u00dfe STRASSE \u1e9e.
La se\u00f1ora ley\u00f3 el art\u00edculo: \u00bfqui\u00e9n lo public\u00f3? \u00a1Nadie!
L'\u00e9t\u00e9 dernier, \u00ab\u202fle c\u0153ur\u202f\u00bb de l'\u0153uvre \u2014 voil\u00e0.
Die Gr\u00f6\u00dfe der \u00dcbertragung h\u00e4ngt vom Puffer ab.
\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u0419\u043e\u0434 \u0438 \u0401\u043b\u043a\u0430.
\u039f\u03b4\u03c5\u03c3\u03c3\u03b5\u03cd\u03c2 \u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3 \u1f08\u03c7\u03b9\u03bb\u03bb\u03b5\u03cd\u03c2\u037e
\u4eca\u5929\u53d1\u5e03\u4e86\u65b0\u6587\u7ae0\uff0c\u660e\u5929\u64a4\u56de\u3002mixed\u4e2d\u6587text
\u8a18\u4e8b\u3092\u516c\u958b\u3057\u307e\u3057\u305f\u3002\u30c6\u30b9\u30c8\u306f\u30d1\u30b9\u3001\uff76\uff9e\uff77\uff9e\u304c\u304e
\uae00\uc744 \ubc1c\ud589\ud588\uc2b5\ub2c8\ub2e4. \u1112\u1161\u11ab\u1100\u1173\u11af
\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd, \u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd
\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645\u060c \u0643\u0650\u062a\u064e\u0627\u0628\u064c \u200f123\u200e
\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e \u0915\u093c\u093f\u0924\u093e\u092c\u0964
\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01
Ti\u1ebfng Vi\u1ec7t: Nguy\u1ec5n Ph\u00fa Tr\u1ecdng, \u0111\u01b0\u1eddng
\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f3\ufe0f\u200d\U0001f308 \U0001f1eb\U0001f1f7 \U0001f44d\U0001f3fd ok\u263a\ufe0fdone
\ufb01ne \ufb02ow \u2167 \u00bd \u00b2 \u2122 \u2460 \uff21\uff22\uff23 \U0001d400\U0001d401 \u212b \u2126
a\u200bb a\u200cb a\u200db a\u2060b a\ufeffb a\u00adb a\u180eb
tab\there\nline\r\nend\x0bvt\x0cff\x85nel\u2028ls\u2029ps\u00a0nbsp\u3000wide
nul\x00here bell\x07 esc\x1b[31mred\x1b[0m del\x7f c1\x80\x9f
private\ue000use \U000f0000plane \ufffdreplaced\ufffd \ufffe\uffff
#!/usr/bin/env bash -c 'for i in *; do echo "$i" >> /dev/null; done'
std::vector<std::pair<int, T*>> v{{1, nullptr}}; v[0].first += x->y % 3 ?: ~z;
def f(x_1, *args, **kw): return {**kw, "k": [i for i in args if i != x_1]}
SELECT id, "title" FROM articles WHERE locale='en-US' AND updated_at >= '2024-02-29T23:59:59Z';
https://user@example.org:8443/a/b_c-d.html?q=caf%C3%A9&lang=fr#section-2.1
mailto:first.last+tag@sub.example.com C:\\Program Files\\App\\bin\\app.exe ~/.config/x.toml
{"id":"65f0c0ffee","n":-1.5e-10,"ok":true,"list":[1,2,3],"none":null}
| head | head |\n|------|:----:|\n| cell | **b** |\n\n- [ ] item `code` ~~gone~~ <br/> &amp; &#x27;
0x7fffffffffffffff 3.14159265358979 1e308 192.168.0.1 fe80::1%eth0 12:34:56.789 +1-202-555-0143
x = \u2211\u1d62 \u03b1\u1d62\u00b7x\u1d62 \u2264 \u221e, \u2260 \u2200 \u2203 \u2208 \u211d\u207f \u2192 \u21d2 \u00b1 \u221a2
[CLS] in the text [SEP] and [MASK]ed [UNK][PAD] but not [cls] [ SEP ] [MASK [CLS]]
[SEP][SEP]x[MASK] [MASK]\u0301 a[CLS]b
supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis antidisestablishmentarianism
e\u0301 e\u0301\u0327 o\u0308\u0304 \u0301start \u0344 \u0374 \u1fef \u2260 \u226e = \u0338 \u00b4
""".strip("\n").split("\n")

POOLS = {
    "ascii": [chr(c) for c in range(0x20, 0x7F)],
    "latin": [chr(c) for c in range(0xA0, 0x250)] + [chr(c) for c in range(0x1E00, 0x1F00)],
    "greek_cyrillic": [chr(c) for c in range(0x370, 0x530)] + [chr(c) for c in range(0x1F00, 0x2000)],
    "combining": list("aeioucnszyAEIOU") + [chr(c) for c in range(0x300, 0x370)],
    "cjk": [chr(c) for c in range(0x4E00, 0x4F00)] + [chr(c) for c in range(0x3000, 0x3100)]
           + [chr(c) for c in range(0xF900, 0xF940)] + [chr(c) for c in range(0x20000, 0x20020)]
           + [chr(c) for c in range(0x2B810, 0x2B830)] + [chr(c) for c in range(0xFF00, 0xFFF0)],
    "hangul": [chr(c) for c in range(0xAC00, 0xAD00)] + [chr(c) for c in range(0x1100, 0x1200)],
    "right_to_left": [chr(c) for c in range(0x590, 0x700)] + [" ", "a", "\u200f", "\u202b"],
    "indic": [chr(c) for c in range(0x900, 0xE00)] + [" "],
    "emoji": [chr(c) for c in range(0x1F300, 0x1F700)] + ["\u200d", "\ufe0f", " ", "x"] * 40,
    "controls": [chr(c) for c in range(0x00, 0x21)] + [chr(c) for c in range(0x7F, 0xA1)] + list("abc"),
    "invisible": [chr(c) for c in range(0x2000, 0x2070)] + list("\u00ad\u034f\u061c\u180e\ufeff\ufff9\U000e0001 xyz"),
    "private": ["\ue000", "\uf8ff", "\U000f0000", "\U0010fffd", "a", " ", "."],
    "symbols": [chr(c) for c in range(0x2010, 0x2800)],
}


def any_code_point(rng):
    while True:
        c = rng.randrange(0x110000)
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def texts(rng, vocabulary):
    yield from ["", " ", "\n\t ", "a", "A", "#", "##", "##ing", "\u0301", "\ufffd", *SENTENCES]
    for letter in ("a", "ab", "\u00e9", "\u4e2d", "\U0001f600", "z\u0301"):
        for length in (99, 100, 101, 102, 500):
            yield f"x {(letter * length)[:length]} y"
    yield "\u00e9" * 100 + " " + "e\u0301" * 100 + " " + "\u0130" * 100
    words = [piece.removeprefix("##") for piece in vocabulary]
    for _ in range(700):
        parts = [rng.choice(words) for _ in range(rng.randrange(1, 14))]
        yield "".join(part + rng.choice(["", " ", " ", "-", ", "]) for part in parts)
    for _ in range(300):
        parts = [rng.choice(words).swapcase() for _ in range(rng.randrange(1, 8))]
        yield "".join(part + rng.choice(["", "\u0301", " ", "\u200b", "\u00a0"]) for part in parts)
    for pool in POOLS.values():
        for _ in range(80):
            yield "".join(rng.choice(pool) for _ in range(rng.randrange(1, 36)))
    everything = [c for pool in POOLS.values() for c in pool]
    for _ in range(500):
        yield "".join(rng.choice(everything) for _ in range(rng.randrange(1, 36)))
    for _ in range(400):
        yield "".join(any_code_point(rng) for _ in range(rng.randrange(1, 16)))


def ill_formed(rng):
    yield from (b"\xff", b"a\xc3", b"\xc0\xafb", b"x\xed\xa0\x80y", b"\xf4\x90\x80\x80", b"caf\xe9 cr\xe8me",
                b"ok\xe2\x82 then", b"\xf0\x9f\x98", b"a\x80b", b"\xef\xbb\xbfbom")
    for _ in range(300):
        yield bytes(rng.choice([rng.randrange(256), rng.randrange(0x20, 0x7F)]) for _ in range(rng.randrange(1, 40)))


def write_vectors(ids_of, vocabulary, path):
    rng = random.Random(SEED)
    with open(path, "w", encoding="ascii") as out:
        for text in texts(rng, vocabulary):
            out.write(json.dumps({"text": text, "ids": ids_of(text)}, separators=(",", ":")) + "\n")
        for raw in ill_formed(rng):
            ids = ids_of(raw.decode("utf-8", errors="replace"))
            out.write(json.dumps({"hex": raw.hex(), "ids": ids}, separators=(",", ":")) + "\n")


def write_code_points(ids_of, path):
    runs = []
    for c in range(0x110000):
        if 0xD800 <= c < 0xE000:
            continue
        ids = ids_of(f"a{chr(c)}b")
        if runs and runs[-1][1] == c - 1 and runs[-1][2] == ids:
            runs[-1][1] = c
        else:
            runs.append([c, c, ids])
    with open(path, "w", encoding="ascii") as out:
        for first, last, ids in runs:
            out.write(f"{first:X} {last:X} {' '.join(map(str, ids))}\n")


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(sys.argv[1])
    tokenizer.no_truncation()
    tokenizer.no_padding()
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)

    def ids_of(text):
        return tokenizer.encode(text, add_special_tokens=False).ids

    write_vectors(ids_of, sorted(tokenizer.get_vocab()), folder / "wordpiece_vectors.jsonl")
    write_code_points(ids_of, folder / "wordpiece_code_points.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
