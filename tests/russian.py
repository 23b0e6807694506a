"""A Russian text of any length, made by a small grammar: quotes « », dialogue dashes, numbers, paragraphs."""

from __future__ import annotations

import random

_WHO = ("старик", "доктор", "мальчик", "капитан", "учитель", "солдат", "ёжик", "инженер", "сосед", "князь")
_SHE = ("старуха", "сестра", "девочка", "хозяйка", "учительница", "княжна", "соседка", "бабушка", "лошадь", "кошка")
_DID = ("шёл", "смотрел", "думал", "молчал", "говорил", "стоял", "искал дорогу", "ждал письма", "читал", "спал")
_WHERE = ("в саду", "у окна", "на улице", "за столом", "под дождём", "в лесу", "у реки", "на станции", "дома")
_HOW = ("тихо", "быстро", "весело", "молча", "долго", "осторожно", "всё ещё", "наконец", "снова", "вчера")
_SAYS = ("Куда вы идёте?", "Не знаю", "Подождите меня!", "Это было давно", "Здравствуйте", "Объясните, пожалуйста")
_BOOKS = ("Вечер", "Письма", "Съезд", "Дорога домой", "Юность")


def russian(length: int, seed: int = 1) -> str:
    """Exactly `length` characters, each of which cp1251 has."""
    draw = random.Random(seed)
    pieces, size = [], 0
    while size < length:
        piece = _paragraph(draw)
        pieces.append(piece)
        size += len(piece)
    return "".join(pieces)[:length]


def _paragraph(draw: random.Random) -> str:
    sentences = " ".join(_sentence(draw) for _ in range(draw.randint(2, 6)))
    dialogue = "".join(f"— {draw.choice(_SAYS)} — {_verb(draw)}.\n" for _ in range(draw.randint(0, 3)))
    return f"{sentences}\n{dialogue}\n"


def _verb(draw: random.Random) -> str:
    return f"сказал {draw.choice(_WHO)}" if draw.random() < 0.5 else f"спросила {draw.choice(_SHE)}"


def _sentence(draw: random.Random) -> str:
    kind = draw.randrange(4)
    if kind == 0:
        return f"В {draw.randint(1801, 1917)} году {draw.choice(_WHO)} жил {draw.choice(_WHERE)}."
    if kind == 1:
        return f"Книга «{draw.choice(_BOOKS)}» лежала {draw.choice(_WHERE)}, и {draw.choice(_SHE)} её не видела."
    who = draw.choice(_WHO).capitalize()
    return f"{who} {draw.choice(_HOW)} {draw.choice(_DID)} {draw.choice(_WHERE)}" + draw.choice((".", "…", "!"))
