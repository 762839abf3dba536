"""Claim: files of the kinds that shops and researchers have are read as a person would, or refused with advice."""

import pytest

from nnlite.data.records import inspect_file, read_records
from tests.data.files.kinds import SHOPS
from tests.data.files.more_kinds import OTHERS

KINDS = {**SHOPS, **OTHERS}


@pytest.mark.parametrize("name", KINDS)
def test_kind(name, tmp_path):
    kind = KINDS[name]
    path = tmp_path / kind.file
    path.write_text(kind.text, "utf-8")
    for options, want in kind.attempts:
        if isinstance(want, str):
            with pytest.raises(ValueError) as caught:
                list(read_records(path, **options))
            assert want in str(caught.value) and "\n" not in str(caught.value)
        else:
            records = list(read_records(path, **options))
            assert [(record.title, list(record.categories)) for record in records] == \
                [*want.items()] * (len(records) // len(want))
            report = inspect_file(path, **options)
            assert str(report) and report.short().count("\n") <= 1
