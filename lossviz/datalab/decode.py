"""From the bytes of a file to its text: which encoding, or why it is no text at all."""

from __future__ import annotations

import codecs

from lossviz.registry import SettingError

#: How the encoding of a text is marked at its beginning. UTF-32's first bytes are those of UTF-16.
MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: How files begin that people take for tables.
OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "an Excel workbook or another ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"PAR1", "a Parquet file"),
    (b"\x80\x04\x95", "a Python pickle"),
    (b"SQLite format 3", "a database"),
)
#: A text with more control characters than this share is none.
CONTROLS = 0.002
#: Text in UTF-16 has a zero in nearly every second byte.
ZEROS = 0.3


def decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and a sentence for each guess that was made.

    A mark at the beginning decides; then UTF-8 is tried, which other text hardly ever is by
    chance, then Windows-1252, which any text is.

    Raises:
        SettingError: For an empty file, and for what is no text.

    >>> decoded("größe".encode("cp1252"))[0]
    'größe'
    """
    if not data.strip():
        raise SettingError("The file is empty.")
    for begin, what in OTHERS:
        if data.startswith(begin):
            raise SettingError(f"This is {what}, not a CSV file; save the table as CSV first.")
    text, notes = _text(data)
    _check_text(text)
    return text, notes


def _text(data: bytes) -> tuple[str, tuple[str, ...]]:
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), _unmarked(data))
    try:
        return data.decode(encoding), ()
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            line = data.count(b"\n", 0, error.start) + 1
            raise SettingError(
                f"The file begins as {encoding.upper()} text, but is broken near line {line}."
            ) from None
        line = data.count(b"\n", 0, error.start) + 1
    note = f"Line {line} is not UTF-8; the file was read as Windows-1252. Check accented letters."
    try:
        return data.decode("cp1252"), (note,)
    except UnicodeDecodeError:
        return data.decode("latin-1"), (note.replace("Windows-1252", "Latin-1"),)


def _unmarked(data: bytes) -> str:
    """The encoding of text without a mark: UTF-16 by its zeros, or else UTF-8."""
    start = data[:4000]
    if start[1::2].count(0) > ZEROS * len(start):
        return "utf-16-le"
    return "utf-16-be" if start[::2].count(0) > ZEROS * len(start) else "utf-8"


def _check_text(text: str) -> None:
    zero = text.find("\0")
    if zero >= 0:
        line = text.count("\n", 0, zero) + 1
        raise SettingError(f"Line {line} has a NUL character, so this is not a CSV file.")
    controls = sum(text.count(chr(code)) for code in range(1, 32) if chr(code) not in "\t\n\r")
    if controls > CONTROLS * len(text) + 1:
        raise SettingError(
            f"This is not a text file: it has {controls:,} control characters. Save the table as "
            "CSV first."
        )
    if not text.strip():
        raise SettingError("The file is empty.")
