"""What is said of a formula that cannot be read."""

from __future__ import annotations

from lossviz.registry import SettingError


class FormulaError(SettingError):
    """A formula that cannot be read; the message says where, what was found and what was expected.

    Args:
        sentence: The message.
        text: The formula, as far as it was looked at.
        place: The index in ``text`` of the character where it goes wrong; ``len(text)`` where more
            was expected.
    """

    def __init__(self, sentence: str, text: str, place: int) -> None:
        super().__init__(sentence)
        self.text = text
        self.place = place

    def __reduce__(self) -> tuple[type[FormulaError], tuple[str, str, int]]:
        # The usual way would make it again from its sentence alone.
        return type(self), (str(self), self.text, self.place)

    def pointer(self) -> str:
        """The formula, and below it a caret under the place.

        >>> print(FormulaError("There is no 'z'.", "x + z", 4).pointer())
        x + z
            ^
        """
        shown = "".join(sign if sign.isprintable() else "?" for sign in self.text)
        return f"{shown}\n{' ' * self.place}^"
