"""Files as people have them, broken in every way: a table or a sentence, in bounded memory."""

from __future__ import annotations

import csv
import io
import math
import random
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossviz.datalab import read_table
from lossviz.datalab.kinds import column_of
from lossviz.datalab.limits import LONGEST_LINE, MOST_BYTES, MOST_COLUMNS, MOST_ROWS
from lossviz.datalab.numbers import day, is_missing, number
from lossviz.datalab.table import Table
from lossviz.registry import SettingError, UnknownNameError

PLAIN = "size,colour,price\n1.5,red,10\n2,blue,20\n,red,30\n4,blue,45\n"


def kinds(table: Table) -> dict[str, str]:
    return {column.name: column.kind for column in table.columns}


# --- what is read --------------------------------------------------------------------------------


def test_a_plain_file():
    table = read_table(PLAIN.encode(), "shop.csv")
    assert table.name == "shop.csv"
    assert table.rows == 4
    assert kinds(table) == {"size": "number", "colour": "category", "price": "number"}
    np.testing.assert_array_equal(table.column("size").values, [1.5, 2, np.nan, 4])
    assert table.column("colour").labels == ("blue", "red")
    assert [table.column("colour").shown(row) for row in range(4)] == ["red", "blue"] * 2
    assert table.target == "price"
    with pytest.raises(UnknownNameError, match="Did you mean 'price'"):
        table.column("prize")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end_gives_the_same_table(encoding: str, end: str):
    text = PLAIN.replace("red", "grün").replace("\n", end)
    table = read_table(text.encode(encoding))
    assert table.column("colour").labels == ("blue", "grün")
    assert table.rows == 4
    assert kinds(table) == kinds(read_table(PLAIN.encode()))


def test_what_is_not_utf_8_is_read_as_windows_1252_and_said_so():
    table = read_table(PLAIN.replace("red", "grün").encode("cp1252"))
    assert table.column("colour").labels == ("blue", "grün")
    assert "Line 2 is not UTF-8; the file was read as Windows-1252" in " ".join(table.notes)
    mixed = PLAIN.encode() + "5,grün,3\n".encode("cp1252") + "6,grün,3\n".encode()
    assert "Line 6 is not UTF-8" in " ".join(read_table(mixed).notes)
    # 0x81 is no character of Windows-1252.
    assert "Latin-1" in " ".join(read_table(PLAIN.replace("red", "\x81").encode("latin-1")).notes)


@pytest.mark.parametrize(
    ("delimiter", "word"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar")]
)
def test_every_delimiter_is_found(delimiter: str, word: str):
    table = read_table(PLAIN.replace(",", delimiter).encode())
    assert kinds(table) == kinds(read_table(PLAIN.encode()))
    assert f"Read with the delimiter {word}." in table.notes


def test_a_decimal_comma_and_thousands():
    table = read_table(b"a;b\n1,5;2,25\n2,5;3\n-0,5;4\n1e3;5\n")
    np.testing.assert_array_equal(table.column("a").values, [1.5, 2.5, -0.5, 1000])
    np.testing.assert_array_equal(table.column("b").values, [2.25, 3, 4, 5])
    table = read_table(b'a,b\n"1,500",1\n"2,000,000.5",2\n3,3\n4,7\n')
    np.testing.assert_array_equal(table.column("a").values, [1500, 2000000.5, 3, 4])


def test_excels_first_line_tells_the_delimiter():
    table = read_table(b"sep=;\na,b;c\n1,5;2\n2,5;3\n3,5;5\n4,5;1\n")
    assert table.names == ("a,b", "c")


def test_quotes_hold_delimiters_line_ends_and_quotes():
    table = read_table(b'name,x\n"a, b",1\n"two\nlines",2\n"say ""hi""",3\nd,4\n')
    assert [table.column("name").shown(row) for row in range(4)] == [
        "a, b", "two?lines", 'say "hi"', "d",
    ]  # fmt: skip


def test_a_cell_is_never_run():
    table = read_table(b"cell,x\n=1+1,1\n@SUM(A1),2\n__import__('os'),4\n+cmd|' /C calc'!A0,9\n")
    assert table.column("cell").kind == "text"
    assert table.column("cell").shown(0) == "=1+1"


def test_without_names_columns_are_numbered():
    table = read_table(b"5.1,3.5,setosa\n4.9,3,setosa\n6.3,2.5,virginica\n5.8,2.7,virginica\n")
    assert table.names == ("column 1", "column 2", "column 3")
    assert table.rows == 4
    assert "taken for data" in " ".join(table.notes)


def test_names_are_made_unlike_and_filled_in():
    table = read_table(b"a,a,,a (2),a\n1,2,3,4,x\n2,3,4,6,x\n4,3,1,1,y\n7,7,0,5,y\n")
    assert table.names == ("a", "a (2)", "column 3", "a (2) (2)", "a (3)")
    assert len(set(table.names)) == 5


def test_kinds_of_columns():
    rows = [
        f"{k},{k / 7:.3f},{'yes' if k % 2 else 'no'},2024-02-{k % 28 + 1:02d},"
        f"{k % 28 + 1:02d}.02.2024,word {k},,same,2/{k % 28 + 1}/2024"
        for k in range(1, 61)
    ]
    names = "id,x,flag,day,tag,words,empty,constant,slashes"
    table = read_table("\n".join([names, *rows]).encode())
    assert kinds(table) == {
        "id": "identifier", "x": "number", "flag": "category", "day": "date", "tag": "date",
        "words": "text", "empty": "number", "constant": "category", "slashes": "category",
    }  # fmt: skip
    said = " ".join(table.notes)
    assert "'day' holds dates; they count as days since 2024-02-01." in said
    assert "'empty' has no values" in said
    assert "'constant' is the same in every row" in said
    assert "'id' only counts the rows" in said
    days = table.column("day").values
    assert (days.min(), days.max()) == (0, 27)
    np.testing.assert_array_equal(days, table.column("tag").values)


def test_a_few_faults_in_a_column_of_numbers_count_as_missing_and_are_told():
    cells = "\n".join([*(str(k * 3) for k in range(28)), "oops", "1e999"])
    table = read_table(f"x,y\n{cells}\n".replace("\n", ",1\n").replace("x,y,1", "x,y").encode())
    assert table.column("x").kind == "number"
    assert table.column("x").missing.sum() == 2
    assert "2 of 30 cells of 'x' are no usable numbers, such as 'oops'" in " ".join(table.notes)


class Counted(str):
    """A cell that counts how often it is looked up."""

    looked_up = 0

    def __hash__(self) -> int:
        Counted.looked_up += 1
        return super().__hash__()


def test_many_different_faults_take_as_long_as_few():
    cells = [Counted(f"{k * 3}" if k % 11 else f"oops {k}") for k in range(2200)]
    Counted.looked_up = 0
    found = column_of("x", cells)
    assert Counted.looked_up < 20 * len(cells)
    assert "200 of 2,200 cells of 'x' are no usable numbers" in found.note


def test_texts_that_differ_at_their_ends_stay_different_labels():
    rows = "".join(f"{'a' * 70}{k % 2},{k * 3 % 7}\n" for k in range(12))
    column = read_table(f"name,x\n{rows}".encode()).column("name")
    assert column.kind == "category"
    assert column.distinct == 2 == len(set(column.labels))
    assert max(map(len, column.labels)) < 70


def test_the_target_is_named_like_one_or_stands_last():
    body = "1,2,x\n2,3,y\n3,1,x\n5,4,y\n"
    assert read_table(f"Target,b,c\n{body}".encode()).target == "Target"
    assert read_table(f"a,b,c\n{body}".encode()).target == "c"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_as_it_was_written(value: float):
    assert number(repr(value)) == value


@given(st.text(max_size=70))
def test_any_cell_is_a_number_or_none_and_a_date_or_none(cell: str):
    for found in (number(cell), number(cell, comma=True), day(cell)):
        assert found is None or isinstance(found, float)
    assert isinstance(is_missing(cell), bool)


def test_dates_in_both_forms_with_times_and_zones():
    assert day("2024-03-01") - day("2024-02-28") == 2
    assert day("2024-3-1") == day("01.03.2024")
    assert math.isclose(day("2024-03-01T12:00") - day("2024-03-01"), 0.5)
    assert day("2024-03-01T02:00+02:00") == day("2024-03-01")
    for wrong in ("2024-13-01", "30.02.2024", "0000-01-01", "2024-03-01T99:00", "9999-12-31T24:00"):
        assert day(wrong) is None


names = st.text("abcdef ,;\"'\n|\t", min_size=1, max_size=6).map(lambda s: f"n{s}n")
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.tuples(
            st.lists(names, min_size=width, max_size=width),
            st.lists(st.lists(texts, min_size=width, max_size=width), min_size=4, max_size=8),
        )
    ),
    st.sampled_from(",;\t|"),
)
@settings(max_examples=60, deadline=None)
def test_what_csv_writes_is_read_back(content, delimiter):
    """Any cells, quoted throughout, so that the delimiter alone is left to be found."""
    head, rows = content
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([head, *rows])
    text = f"sep={delimiter}\n{buffer.getvalue()}"
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if len(filled) < 4:
        with pytest.raises(SettingError, match="at least 4"):
            read_table(text.encode())
        return
    table = read_table(text.encode())
    assert table.rows == len(filled)
    for place, column in enumerate(table.columns):
        missing = [is_missing(row[place].strip()) for row in filled]
        assert (column.missing >= np.array(missing)).all()


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        ("\ufeff".encode(), "empty"),
        (b"a,b\n1,2\n3\n4,5\n6,7\n", "Line 3 has 1 field, but the first row has 2"),
        (b"a,b\n1,2\n3,4,5\n4,5\n6,7\n", "Line 3 has 3 fields"),
        (b'a,b\n"x\ny",2\n3\n4,5\n', "Line 4 has 1 field"),
        (b"sep=;\na;b\n1;2\n3\n4;5\n6;7\n", "Line 4 has 1 field"),
        (b'sep=;\ra;b\r1;2\r"3;4\r5;6\r', "quote that is opened in line 4"),
        (b'a,b\n1,2\n"3,4\n5,6\n', "quote that is opened in line 3 is never closed"),
        (b'a,b\n1,2\n"3"x,4\n5,6\n', "Line 3 goes on after a closing quote"),
        (b"a,b\n1,2\n", "1 row below its names"),
        (b"a,b\n", "0 rows below its names"),
        (b"a,b\n1,2\n1,\x002\n", "Line 3 has a NUL character"),
        (b"PK\x03\x04" + bytes(50), "Excel workbook"),
        (b"\x89PNG\r\n" + bytes(50), "PNG picture"),
        (b"%PDF-1.7 1 2 3", "PDF"),
        (b"\x80\x04\x95\x10\x00", "pickle"),
        (bytes(range(1, 32)) * 9, "not a text file"),
        (b"\xff\xfea\x00,\x00b", None),
        (b"\xff\xfe\x00\xd8\x00\x00", "broken near line 1"),
        (b"a" * (LONGEST_LINE + 1), f"Line 1 has {LONGEST_LINE + 1:,} characters"),
        (b"x,y\n" + b'"' + b"a\n" * 90_000, "Is a quote not closed?"),
        (b"\n\n" + b",".join([b"a"] * (MOST_COLUMNS + 1)), f"Line 3 has {MOST_COLUMNS + 1}"),
        (b"a,b\n" + b"1,2\n" * (MOST_ROWS + 1), f"more than {MOST_ROWS:,} rows"),
        (b",".join([b"n"] * 90) + b"\n" + (b",".join([b"1"] * 90) + b"\n") * 11_200, "cells"),
        (b"," * 150_000 + b"\n", "no rows"),
        (b'"\n"\n' * 400_000, "more than 500,000 lines"),
        (b"x" * (MOST_BYTES + 1), "5,000,001 bytes; at most 5,000,000"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(content: bytes, said: str | None):
    with pytest.raises(SettingError, match=said):
        read_table(content)


# --- mangled files -------------------------------------------------------------------------------


def a_file() -> bytes:
    draw = random.Random(1)
    rows = [
        f'"n {k}, x",{k / 3:.3f},2024-01-{k % 28 + 1:02d},{draw.choice(["red", ""])},{k * 7}'
        for k in range(40)
    ]
    return "\n".join(["name,size,when,colour,price", *rows]).encode()


def truncated(data: bytearray, draw: random.Random) -> bytes:
    return bytes(data[: draw.randrange(len(data))])


def scribbled(data: bytearray, draw: random.Random) -> bytes:
    for _ in range(draw.randrange(1, 40)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data)


def quoted(data: bytearray, draw: random.Random) -> bytes:
    for _ in range(draw.randrange(1, 5)):
        data.insert(draw.randrange(len(data)), ord(draw.choice("\"'`")))
    return bytes(data)


def nulled(data: bytearray, draw: random.Random) -> bytes:
    data.insert(draw.randrange(len(data)), 0)
    return bytes(data)


def swollen(data: bytearray, draw: random.Random) -> bytes:
    place = draw.randrange(len(data))
    data[place:place] = draw.choice([b"a", b",", b"\n", b'"']) * draw.choice([3, 1000, 140_000])
    return bytes(data)


def noise(data: bytearray, draw: random.Random) -> bytes:
    return draw.randbytes(draw.randrange(2000))


def recoded(data: bytearray, draw: random.Random) -> bytes:
    encoding = draw.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "utf-7"])
    return bytes(data).decode("latin-1").encode(encoding)[: draw.randrange(1, 5000)]


def mixed(data: bytearray, draw: random.Random) -> bytes:
    place = draw.randrange(len(data))
    data[place:place] = "é ü ß".encode(draw.choice(["cp1252", "utf-8", "utf-16", "utf-32"]))
    return bytes(data)


def redelimited(data: bytearray, draw: random.Random) -> bytes:
    return bytes(data).replace(b",", draw.choice([b";", b"\t", b"|", b" ", b",,", b"", b"::"]))


def reended(data: bytearray, draw: random.Random) -> bytes:
    return bytes(data).replace(b"\n", draw.choice([b"\r", b"\r\n", b"\n\n", b"", b"\x0b", b"\x85"]))


def shuffled(data: bytearray, draw: random.Random) -> bytes:
    lines = bytes(data).split(b"\n")
    draw.shuffle(lines)
    return b"\n".join(lines[: draw.randrange(len(lines))])


MANGLERS = [truncated, scribbled, quoted, nulled, swollen, noise, recoded, mixed, redelimited,
            reended, shuffled]  # fmt: skip


@pytest.mark.parametrize("mangle", MANGLERS, ids=lambda m: m.__name__)
def test_two_thousand_mangled_files_give_a_table_or_a_sentence(mangle):
    """190 of each of eleven kinds, a third of them mangled twice."""
    whole = a_file()
    draw = random.Random(mangle.__name__)
    for _ in range(190):
        content = mangle(bytearray(whole), draw)
        if draw.random() < 0.33 and content:
            content = draw.choice(MANGLERS)(bytearray(content), draw)
        found = attempted(content)
        if isinstance(found, str):
            assert found[-1] in ".?"
            assert found.isprintable()
            assert len(found) < 250
        else:
            assert len(set(found.names)) == len(found.names)
            assert {len(column.values) for column in found.columns} == {found.rows}


def attempted(content: bytes) -> Table | str:
    try:
        return read_table(content)
    except SettingError as error:
        return str(error)


BOMBS = {
    "commas": b"," * 4_900_000,
    "rows of commas": (b"," * 99 + b"\n") * 30_000,
    "quotes": b'"' * 4_900_000,
    "line ends": b"\n" * 4_900_000,
    "one cell": b"a" * 4_900_000,
    "digits": b"1,2\n" * 1_200_000,
    "wide": (b",".join(b"%d" % k for k in range(99)) + b"\n") * 12_000,
    "wide characters": ("a,b\n" + "\U0001f600,2\n" * 40_000).encode(),
}


@pytest.mark.parametrize("name", BOMBS)
def test_memory_stays_bounded_by_the_limits(name: str):
    """At most about twenty times the largest file; without limits rows of commas take 300 MB."""
    tracemalloc.start()
    try:
        read_table(BOMBS[name])
    except SettingError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 20 * MOST_BYTES
