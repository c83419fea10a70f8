"""Archives made to do harm: each gets a clear answer, in bounded memory, and never a fault of the program."""

import io
import json
import random
import re
import resource
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from ledger import verify as module
from ledger.verify import UNREADABLE, verify
from tests.ledger.independent_log import Log, canonical, make_story, make_village, zipped

FILES = make_village().files(details=True, checkpoints=(15,))


def finding_of(source):
    report = verify(source)
    (finding,) = report.findings
    for lang in ("zh", "en"):
        text = finding.text(lang)
        assert text.isprintable()
        assert len(text) < 1000
    assert report.exit_code == (2 if finding.code in UNREADABLE else 1)
    return finding


def described(**changes):
    """The bundle with fields of bundle.json changed or, by `...`, taken away."""
    log = make_village()
    files = log.files()
    fields = {
        "v": 1,
        "origin": log.origin,
        "size": log.size,
        "root": log.root().hex(),
        "made_at": log.at,
        "details": False,
        "period": [0, log.at + 1],
    } | changes
    return zipped(files | {"bundle.json": canonical({k: v for k, v in fields.items() if v is not ...}).encode()})


@pytest.mark.parametrize("name", sorted(set(FILES) - {"checkpoints/15"}))
def test_missing_file_is_named(name):
    finding = finding_of(zipped({other: body for other, body in FILES.items() if other != name}))
    assert (finding.code, finding.tile, finding.step) == ("archive_missing", name, "archive")


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/etc/passwd",
        "C:\\windows",
        "tile/../vkey",
        "./vkey",
        "tile/0/000",
        "tile/0/000.p/5",
        "tile/0/001.p/1",
        "tile/1/000.p/1",
        "tile/entries/000.p/5",
        "tile/",
        "checkpoints/1",
        "checkpoints/020",
        "checkpoints/0",
        "checkpoints/9999",
        "checkpoints/x",
        "checkpoints/" + "9" * 5000,
        "readme.txt",
        "\x1b[31mred",
        "\u202egnp.vkey",
        "中文",
    ],
)
def test_file_that_does_not_belong_is_named(name):
    finding = finding_of(zipped({**FILES, name: b""}))
    assert (finding.code, finding.step) == ("archive_unknown", "archive")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_file_that_is_there_twice_is_refused():
    content = zipped(FILES)
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("vkey", b"another")
    finding = finding_of(content)
    assert (finding.code, finding.tile) == ("archive_duplicate", "vkey")


def test_name_hidden_behind_a_zero_byte_is_refused():
    content = zipped({**FILES, "policy.jsonX": b""}).getvalue().replace(b"policy.jsonX", b"policy.json\0")
    assert finding_of(io.BytesIO(content)).code in ("archive_duplicate", "archive_unknown")


def test_files_that_share_their_bytes_are_refused():
    """The trick of small bombs: many names for one content, or a content that begins inside another."""
    content = zipped(FILES).getvalue()
    listed = zipfile.ZipFile(io.BytesIO(content)).infolist()
    directory = content.index(b"PK\1\2")
    places = [m.start() for m in re.finditer(b"PK\1\2", content[directory:])]
    for offset in (listed[0].header_offset, listed[2].header_offset + 5):
        spoilt = bytearray(content)
        struct.pack_into("<L", spoilt, directory + places[3] + 42, offset)
        assert finding_of(io.BytesIO(bytes(spoilt))).code in ("archive_overlap", "not_zip")
    bomb = bytearray(content)
    for place in places[1:]:
        struct.pack_into("<L", bomb, directory + place + 42, listed[0].header_offset)
    assert finding_of(io.BytesIO(bytes(bomb))).code == "archive_overlap"


def test_encrypted_file_and_foreign_compression_are_refused():
    content = bytearray(zipped(FILES).getvalue())
    entry = content.index(b"PK\1\2")
    content[entry + 8] |= 1
    assert finding_of(io.BytesIO(content)).code == "archive_method"
    assert finding_of(zipped(FILES, zipfile.ZIP_LZMA)).code == "archive_method"
    assert verify(zipped(FILES, zipfile.ZIP_STORED)).ok


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"not a zip at all" * 100, b"PK\5\6" + bytes(17), b"PK\5\6" + bytes(18)]
)
def test_what_is_no_archive_is_said_to_be_none(content):
    assert finding_of(io.BytesIO(content)).code in ("not_zip", "archive_missing")


def test_file_that_is_not_there_or_is_a_folder_is_named(tmp_path):
    for source in (tmp_path / "none.zip", tmp_path, "a\0b"):
        finding = finding_of(source)
        assert finding.code == "no_file"


@pytest.mark.parametrize("name", sorted(FILES))
def test_damaged_content_is_named(name):
    """One flipped byte of the compressed content, as a bad disk makes it."""
    content = bytearray(zipped(FILES, zipfile.ZIP_STORED).getvalue())
    if not FILES[name] or name == "policy.json":  # nothing reads it: it is for information
        return
    at = content.index(FILES[name])
    content[at] ^= 1
    finding = finding_of(io.BytesIO(content))
    assert (finding.code, finding.tile) == ("archive_damaged", name)


def test_bomb_of_zeros_is_refused_before_it_is_unpacked():
    bomb = zipped({**FILES, "policy.json": bytes(30_000_000)})
    assert finding_of(bomb).code == "archive_expands"


@pytest.mark.parametrize(
    "name", ["bundle.json", "vkey", "checkpoint", "checkpoints/15", "tile/0/000.p/19", "tile/entries/000.p/19"]
)
def test_huge_file_is_read_only_to_its_bound(name):
    assert name in FILES
    noise = random.Random(1).randbytes(1000) * 30_000  # compresses, but not absurdly
    files = {**FILES, name: noise, "policy.json": random.Random(2).randbytes(400_000)}
    source = zipped(files)
    tracemalloc.start()
    finding = finding_of(source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert finding.code in ("file_large", "entries_form", "entries_count")
    assert peak < 60_000_000


def test_size_stated_too_small_is_damage():
    content = bytearray(zipped(FILES).getvalue())
    entry = next(
        at
        for at in range(len(content))
        if content[at : at + 4] == b"PK\1\2" and content[at + 46 : at + 56] == b"checkpoint"
    )
    struct.pack_into("<L", content, entry + 24, 3)
    assert finding_of(io.BytesIO(content)).code == "archive_damaged"


def test_list_of_files_too_long_to_read_is_refused_by_its_length():
    content = bytearray(zipped(FILES).getvalue())
    struct.pack_into("<L", content, content.rindex(b"PK\5\6") + 12, 2**31)
    assert finding_of(io.BytesIO(content)).code == "archive_directory"
    assert finding_of(io.BytesIO(content + b"comment")).code in ("archive_directory", "not_zip")


def test_more_files_than_the_old_zip_format_can_count_are_read():
    many = {f"x{number}": b"" for number in range(66_000)}
    assert finding_of(zipped({**FILES, **many}, zipfile.ZIP_STORED)).code == "archive_unknown"


def test_absurd_size_asks_for_a_tile_that_is_not_there_at_once():
    for size in (1000, 2**40, 2**53 - 1):
        finding = finding_of(described(size=size))
        assert finding.code == "archive_missing"
        assert finding.tile == "tile/entries/000"


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": True},
        {"v": ...},
        {"origin": "no log"},
        {"origin": 5},
        {"origin": "a\u2003b/log/c"},
        {"size": 0},
        {"size": 1},
        {"size": -5},
        {"size": "19"},
        {"size": 2**53},
        {"root": "xy"},
        {"root": "AB" * 32},
        {"made_at": -1},
        {"details": 1},
        {"details": None},
        {"period": [5]},
        {"period": [5, 4]},
        {"period": [0, 1, 2]},
        {"period": "0-1"},
        {"period": ...},
        {"extra": 1},
    ],
    ids=str,
)
def test_description_in_another_form_is_refused(changes):
    assert finding_of(described(**changes)).code == "bundle_form"


def test_root_of_the_description_must_be_the_checkpoint_s():
    assert finding_of(described(root="ab" * 32)).code == "root_shown"
    assert verify(described()).ok


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"{" * 60_000, b"[" * 60_000, b'{"size":' + b"9" * 60_000 + b"}", b'{"v":1e999}', b'{"v":NaN}',
     b'{"v":1}{"v":1}', b'{"v":"\\ud800"}'],
)  # fmt: skip
def test_description_that_is_no_canonical_json_is_refused(body):
    assert finding_of(zipped({**FILES, "bundle.json": body})).code == "bundle_form"


def test_detail_lines_must_be_announced():
    files = make_village().files()
    assert finding_of(zipped(files | {"details.jsonl": b""})).code == "archive_unknown"


def test_absurd_entry_bundles_are_refused():
    log = make_village()
    name = f"tile/entries/000.p/{log.size}"
    for body in (b"", b"\0", bytes(2 * 19), bytes(200_000), b"\xff\xff", b"\xff" * 200_000):
        files = log.files()
        assert name in files
        assert finding_of(zipped(files | {name: body})).code in (
            "entries_form",
            "entry_removed",
            "entry_inserted",
            "entry_altered",
        )


def test_more_keys_than_any_honest_log_has_are_not_kept(monkeypatch):
    monkeypatch.setattr(module, "MAX_KEYS", 3)
    log = make_village()
    for number in range(4):
        log.add("key", key=f"{number:064x}", **{"from": 1000})
    finding = finding_of(log.bundle(tables=False))
    assert (finding.code, finding.seq) == ("keys_many", log.size - 2)


def test_more_checkpoints_than_a_century_has_are_not_read(monkeypatch):
    monkeypatch.setattr(module, "MAX_CHECKPOINTS_BYTES", 500)
    log = make_village()
    assert verify(log.bundle(checkpoints=(15,))).ok
    assert finding_of(log.bundle(checkpoints=(15, 16, 17))).code == "file_large"


def test_text_of_an_archive_cannot_steer_a_terminal():
    finding = finding_of(zipped({**FILES, "\x1b]0;owned\x07" + "x" * 5000: b""}))
    assert "\x1b" not in finding.text("en")
    assert "\\x1b" in finding.text("en")


def test_no_flipped_byte_of_an_archive_makes_the_program_fail():
    content = zipped(FILES).getvalue()
    chance = random.Random(7)
    for _ in range(400):
        changed = bytearray(content)
        for _ in range(chance.choice([1, 1, 2, 8])):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        for finding in verify(io.BytesIO(changed)).findings:
            assert finding.text("zh")
    for cut in range(0, len(content), 97):
        for finding in verify(io.BytesIO(content[:cut])).findings:
            assert finding.text("en")


# The command, alone in an empty folder


class Alone:
    """The verifier copied by itself into an empty folder, run as anybody would."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "verify.py").write_text(Path(module.__file__).read_text(encoding="utf-8"), encoding="utf-8")

    def __call__(self, *arguments, **options):
        command = [sys.executable, "-I", "-S", "verify.py", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, **options)


@pytest.fixture
def alone(tmp_path):
    return Alone(tmp_path)


def put(folder, log, name="bundle.zip", **options):
    path = folder / name
    path.write_bytes(log.bundle(**options).getvalue())
    return name


def test_command_runs_alone_and_says_what_it_checked(alone):
    log = make_story()
    bundle = put(alone.folder, log, details=True)
    answer = alone(bundle, "--checkpoint", log.lines(20), "--vkey", log.signer.vkey)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "一切相符" in answer.stdout
    assert "39 条记录" in answer.stdout
    answer = alone(bundle, "--lang", "en")
    assert "All is well" in answer.stdout
    assert "No outside checkpoint was given" in answer.stdout
    assert log.lines() in answer.stdout
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in answer.stdout)


def test_command_answers_in_json(alone):
    log = make_village()
    answer = alone(put(alone.folder, log), "--json")
    told = json.loads(answer.stdout)
    assert told["ok"]
    assert told["checked"]["units"]["min"] == {"accounts": 7, "held": 0, "negative": -460, "positive": 460, "sum": 0}
    log.post({101: -1000, 102: 1000})
    answer = alone(put(alone.folder, log, tables=False), "--json", "--lang", "en")
    told = json.loads(answer.stdout)
    assert (answer.returncode, told["findings"][0]["code"], told["findings"][0]["facts"]["seq"]) == (
        1,
        "insufficient",
        log.size - 1,
    )
    assert "Entry 19" in told["findings"][0]["message"]


def test_command_tells_wrong_from_unreadable_by_its_exit_code(alone):
    log = make_village()
    older = put(alone.folder, log, "older.zip")
    log.leaves[10] = log.leaves[10].replace(b"100000", b"100001")
    forged = put(alone.folder, log, "forged.zip", tables=False)
    answer = alone(forged, "--older", older, "--lang", "en")
    assert answer.returncode == 1
    assert "[WRONG] older checkpoints" in answer.stdout
    assert "differs is 10" in answer.stdout
    (alone.folder / "junk").write_text("junk")
    for arguments in (
        ["none.zip"],
        ["junk"],
        [older, "--checkpoint", "none"],
        [older, "--vkey", "x"],
        [],
        [older, "--lang", "fr"],
    ):
        answer = alone(*arguments)
        assert answer.returncode == 2, arguments
        assert "Traceback" not in answer.stderr


def test_command_speaks_on_a_terminal_without_chinese(alone):
    answer = alone(put(alone.folder, make_village()), env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert (answer.returncode, answer.stderr) == (0, "")


def test_command_keeps_to_a_small_memory_whatever_it_is_given(alone):
    """2 GB of address space would do for any machine; a bomb that claims to expand to 4 GB is turned away."""
    log = Log()
    files = log.files()
    content = bytearray(zipped(files | {"policy.json": bytes(1000)}).getvalue())
    entry = content.rindex(b"PK\1\2", 0, content.index(b"policy.json", content.index(b"PK\1\2")))
    struct.pack_into("<L", content, entry + 24, 2**32 - 2)
    (alone.folder / "bomb.zip").write_bytes(content)
    limit = (512 * 2**20, 512 * 2**20)
    answer = alone("bomb.zip", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limit))
    assert answer.returncode == 1
    assert "archive_expands" in answer.stdout


def test_verifier_imports_nothing_but_the_standard_library():
    source = Path(module.__file__).read_text()
    imported = {line.split()[1].split(".")[0] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= set(sys.stdlib_module_names)
