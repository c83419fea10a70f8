"""Files that are kept: the newest revision of each, and the newest of all."""

import os

from api.kept_files import KeptFiles


def test_a_revision_takes_the_place_of_the_earlier_one_and_the_oldest_go(tmp_path):
    kept = KeptFiles(tmp_path / "kept", 2)
    for age, name in enumerate(("a", "b", "a"), start=1):
        path = kept.keep(name, str(age), "pdf", b"%d" % age)
        os.utime(path, (age, age))
    assert sorted(one.name for one in kept.folder.iterdir()) == ["a.3.pdf", "b.2.pdf"]
    other = kept.folder / "c.1.pdf.99.part"  # of another process, which is writing it
    other.write_bytes(b"half")
    kept.keep("a", "1", "csv", b"list")
    assert sorted(one.name for one in kept.folder.iterdir()) == ["a.1.csv", "a.3.pdf", other.name]
    assert kept.path("a", "1", "csv").read_bytes() == b"list"
