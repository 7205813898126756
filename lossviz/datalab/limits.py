"""How large an uploaded file may be: what a small machine shared by a class can hold of each."""

#: Bytes of the file.
MOST_BYTES = 5_000_000
MOST_ROWS = 50_000
MOST_COLUMNS = 100
#: Rows times columns.
MOST_CELLS = 1_000_000
#: Characters between two line ends. A line of nothing but commas would be a row of millions.
LONGEST_LINE = 200_000
#: Line ends, those inside quotes and of blank lines too.
MOST_LINES = 500_000
#: Rows below which there is nothing to learn from.
FEWEST_ROWS = 4

#: The limits in words, for whoever is about to choose a file.
WORDS = (
    f"CSV, up to {MOST_BYTES // 1_000_000} MB, {MOST_ROWS:,} rows, {MOST_COLUMNS} columns and "
    f"{MOST_CELLS // 1_000_000} million cells."
)
