"""Files that anybody may ask for are made once, by one, and a few wait for it."""

import threading
import time

import pytest

from api.ready_files import WAIT_MOST, FilesBusy, ReadyFiles


def test_who_waits_for_a_file_beyond_a_few_is_told_to_come_again(tmp_path):
    kept = ReadyFiles(tmp_path)
    begun, go_on, said = threading.Event(), threading.Event(), []

    def slow():
        begun.set()
        go_on.wait(20)
        return b"list"

    asking = [
        threading.Thread(target=lambda: said.append(kept.content("a", "1", "csv", slow))) for _ in range(WAIT_MOST)
    ]
    for one in asking:
        one.start()
    assert begun.wait(20)
    until = time.monotonic() + 20
    while (
        kept._room._value and time.monotonic() < until
    ):  # looked at, not taken: whoever is to wait would find it taken
        time.sleep(0.005)
    with pytest.raises(FilesBusy):
        kept.content("b", "1", "csv", lambda: b"other")
    go_on.set()
    for one in asking:
        one.join()
    assert said == [b"list"] * WAIT_MOST
    assert kept.content("a", "2", "csv", lambda: b"newer") == b"newer"
    assert [path.name for path in tmp_path.iterdir()] == ["a.2.csv"]
