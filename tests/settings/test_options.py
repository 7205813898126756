import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossviz.settings import Options


@given(st.dictionaries(st.text(string.ascii_lowercase, min_size=1), st.floats(allow_nan=False)))
def test_options_behave_like_a_mapping(given_values: dict[str, float]):
    options = Options(given_values)
    assert dict(options) == given_values
    assert len(options) == len(given_values)
    assert options == given_values
    assert hash(options) == hash(Options(dict(reversed(given_values.items()))))
    with pytest.raises(KeyError):
        options["0"]
