"""Cosignatures and the policy that says whose word counts (C2SP tlog-cosignature and tlog-policy)."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.verify import Policy, Wrong, as_json, read_checkpoint, read_policy, told, verify
from tests.ledger.independent_log import Signer, Witness, make_village, zipped

X = [Witness(f"witness.example/x{number}") for number in range(3)]
Y = [Witness(f"witness.example/y{number}") for number in range(3)]
LOG = make_village()

TWO_LEVELS = f"""# the district's witnesses, and the university's
log {Signer().vkey} https://timebank.example/log/ZJ01
witness X0 {X[0].vkey}
witness X1\t{X[1].vkey}  https://x1.example
  witness X2 {X[2].vkey}
group X 2 X0 X1 X2

witness Y0 {Y[0].vkey}
witness Y1 {Y[1].vkey}
group Y any Y0 Y1
group both all X Y
quorum both
"""


def cosigned(*witnesses, size=None, log=LOG):
    note = log.checkpoint(size)
    return note + b"".join(witness.line(note) for witness in witnesses)


def report_of(policy, tmp_path, *witnesses, log=LOG, **options):
    file = tmp_path / "policy.txt"
    file.write_text(policy, encoding="utf-8")
    return verify(zipped(log.files() | {"checkpoint": cosigned(*witnesses, log=log)}), policy=file, **options)


@pytest.mark.parametrize(
    "witnesses, enough",
    [
        ([X[0], X[1], Y[0]], True),
        ([Y[1], X[2], X[0]], True),
        ([*X, *Y], True),
        ([X[0], X[1]], False),
        ([X[0], Y[0], Y[1]], False),
        ([X[0], X[0], Y[0]], False),
        ([X[0], Y[2], Y[0]], False),
        ([], False),
    ],
)
def test_quorum_of_groups_is_reckoned(witnesses, enough, tmp_path):
    report = report_of(TWO_LEVELS, tmp_path, *witnesses)
    if enough:
        assert report.ok, report.findings
        assert "cosignatures" in report.passed
        assert report.checked["witnessed"]["newest"]
    else:
        (finding,) = report.findings
        assert (finding.code, finding.step, report.exit_code) == ("quorum", "cosignatures", 1)


@pytest.mark.parametrize(
    "quorum, witnesses, enough",
    [
        ("quorum none", [], True),
        ("group g 2 A B C\nquorum g", [0, 2], True),
        ("group g 3 A B C\nquorum g", [0, 2], False),
        ("group g any A B C\nquorum g", [2], True),
        ("group g all A B C\nquorum g", [0, 1], False),
        ("quorum B", [1], True),
        ("quorum B", [0, 2], False),
    ],
)
def test_quorum_lines_mean_what_the_standard_says(quorum, witnesses, enough, tmp_path):
    named = "".join(f"witness {name} {witness.vkey}\n" for name, witness in zip("ABC", X, strict=True))
    assert report_of(f"{named}{quorum}\n", tmp_path, *[X[number] for number in witnesses]).ok is enough


@given(st.data())
def test_group_is_met_exactly_when_enough_members_are(data):
    members = data.draw(st.integers(1, 6))
    needed = data.draw(st.integers(1, members))
    policy = Policy()
    for number in range(members):
        policy.take(["witness", f"w{number}", Witness(f"w.example/{number}").vkey])
    policy.take(["group", "g", str(needed), *[f"w{number}" for number in range(members)]])
    policy.take(["quorum", "g"])
    agreed = data.draw(st.sets(st.sampled_from([f"w{number}" for number in range(members)])))
    assert policy.met(agreed) == (len(agreed) >= needed)


def test_false_cosignature_of_a_known_witness_is_refused_and_one_of_a_stranger_is_not_looked_at(tmp_path):
    note = LOG.checkpoint()
    policy = tmp_path / "policy"
    policy.write_text(f"witness A {X[0].vkey}\nquorum none\n")
    good = X[0].line(note).decode().split(" ")
    raw = bytearray(base64.b64decode(good[2]))
    for place in (4, 11, 12, 40, 75):
        spoilt = bytearray(raw)
        spoilt[place] ^= 1
        line = f"\u2014 {good[1]} {base64.b64encode(spoilt).decode()}\n".encode()
        (finding,) = verify(zipped(LOG.files() | {"checkpoint": note + line}), policy=policy).findings
        assert (finding.code, finding.facts["name"]) == ("cosignature_wrong", "A")
    foreign = Witness("stranger.example/s").line(note).replace(b"stranger.example/s", b"witness.example/x0")
    assert verify(zipped(LOG.files() | {"checkpoint": note + foreign}), policy=policy).ok


def test_log_signature_under_a_witness_s_name_is_no_cosignature(tmp_path):
    """Without the first line of a cosignature, one key's signature of a note must not pass for the other kind."""
    plain = X[0].private.sign(LOG.checkpoint().split(b"\n\n")[0] + b"\n")
    line = base64.b64encode(X[0].id + bytes(8) + plain).decode()
    note = LOG.checkpoint() + f"\u2014 {X[0].name} {line}\n".encode()
    policy = tmp_path / "policy"
    policy.write_text(f"witness A {X[0].vkey}\nquorum A\n")
    (finding,) = verify(zipped(LOG.files() | {"checkpoint": note}), policy=policy).findings
    assert finding.code == "cosignature_wrong"


def test_cosignature_of_another_checkpoint_does_not_count(tmp_path):
    policy = tmp_path / "policy"
    policy.write_text(f"witness A {X[0].vkey}\nquorum A\n")
    borrowed = LOG.checkpoint() + X[0].line(LOG.checkpoint(10))
    (finding,) = verify(zipped(LOG.files() | {"checkpoint": borrowed}), policy=policy).findings
    assert finding.code == "cosignature_wrong"


def test_older_checkpoint_that_witnesses_signed_tells_how_far_they_saw(tmp_path):
    policy = tmp_path / "policy"
    policy.write_text(f"witness A {X[0].vkey}\nquorum A\n")
    files = LOG.files() | {
        f"checkpoints/{size}": cosigned(*who, size=size) for size, who in ((5, X), (12, X), (15, ()))
    }
    report = verify(zipped(files), policy=policy)
    assert report.ok, report.findings
    assert (report.checked["witnessed"]["size"], report.checked["witnessed"]["newest"]) == (12, False)
    assert "first 12 of" in told(report, "en")
    assert "not yet been signed" in told(report, "en")
    kept = cosigned(X[0], size=16).decode()
    assert verify(LOG.bundle(), policy=policy, checkpoints=[kept]).checked["witnessed"]["size"] == 16


def test_nothing_is_said_of_witnesses_without_a_policy():
    report = verify(zipped(LOG.files() | {"checkpoint": cosigned(*X)}))
    assert report.ok
    assert "No policy was given" in told(report, "en")
    assert "3" in told(report, "en").split("No policy")[1]


def test_log_that_the_policy_does_not_name_is_refused(tmp_path):
    stranger = Signer(bytes(32)).vkey
    assert report_of(f"log {stranger}\nquorum none\n", tmp_path).findings[0].code == "policy_log"
    assert report_of(f"log {stranger}\nlog {Signer().vkey}\nquorum none\n", tmp_path).ok


def test_witnesses_of_a_contradicted_checkpoint_are_named(tmp_path):
    honest, forged = make_village(), make_village()
    honest.note("month", "a", {})
    forged.note("month", "b", {})
    policy = tmp_path / "policy"
    policy.write_text(f"witness 区里 {X[0].vkey}\nquorum none\n", encoding="utf-8")
    kept = cosigned(X[0], log=honest).decode()
    (finding,) = verify(forged.bundle(), policy=policy, checkpoints=[kept]).findings
    assert finding.code == "rewritten"
    assert "Witnesses of the policy signed it too: 区里" in finding.text("en")


A, B = X[0].vkey, X[1].vkey


@pytest.mark.parametrize(
    "text, line",
    [
        ("", 1),
        ("quorum\n", 1),
        ("quorum A\n", 1),
        ("quorum none\nquorum none\n", 2),
        (f"quorum A\nwitness A {A}\n", 1),
        (f"witness A {A}\nwitness A {B}\nquorum none\n", 2),
        (f"witness A {A}\nwitness B {A}\nquorum none\n", 2),
        (f"witness none {A}\nquorum none\n", 1),
        (f"witness A {Signer().vkey}\nquorum none\n", 1),
        (f"log {A}\nquorum none\n", 1),
        (f"log {Signer().vkey}\nlog {Signer().vkey}\nquorum none\n", 2),
        (f"witness A {A}\ngroup g 0 A\nquorum g\n", 2),
        (f"witness A {A}\ngroup g 2 A\nquorum g\n", 2),
        (f"witness A {A}\ngroup g 01 A\nquorum g\n", 2),
        (f"witness A {A}\ngroup g any\nquorum g\n", 2),
        (f"witness A {A}\ngroup g any A A\nquorum g\n", 2),
        (f"witness A {A}\ngroup g any A\ngroup h any A\nquorum h\n", 3),
        (f"witness A {A}\ngroup g any none\nquorum g\n", 2),
        ("group g any g\nquorum g\n", 1),
        (f"witness A {A[:-4]}\nquorum none\n", 1),
        (f"witness A {A.replace('witness.example', 'other.example')}\nquorum none\n", 1),
        (f"witness A {A} https://a.example more\nquorum none\n", 1),
        ("quorum none\n\x0b\n", 2),
        ("Quorum none\n", 1),
        ("quorum\u00a0none\n", 1),
    ],
)
def test_policy_in_another_form_is_refused_with_its_line(text, line, tmp_path):
    report = report_of(text, tmp_path)
    (finding,) = report.findings
    assert (finding.code, finding.facts["line"], report.exit_code) == ("policy_form", line, 2)


def test_policy_may_have_windows_line_ends_and_no_last_one(tmp_path):
    file = tmp_path / "policy"
    file.write_bytes(b"\xef\xbb\xbf# \xff\r\nwitness A " + A.encode() + b"\r\nquorum A")
    assert read_policy(file).cosigners(read_checkpoint(cosigned(X[0]), "checkpoint"), "checkpoint").keys() == {"A"}


def test_names_in_a_policy_may_be_any_bytes_and_steer_no_terminal(tmp_path):
    file = tmp_path / "policy"
    file.write_bytes(b"witness \xff\xe2\x80\xae " + A.encode() + b"\nquorum \xff\xe2\x80\xae\n")
    report = verify(zipped(LOG.files() | {"checkpoint": cosigned(X[0])}), policy=file)
    assert report.ok, report.findings
    for text in (told(report, "zh"), as_json(report, "zh")):
        assert "\u202e" not in text
        text.encode("utf-8")


def test_policy_of_a_great_many_groups_is_read_without_a_fault(tmp_path):
    groups = "".join(f"group g{number} any {'A' if number == 0 else f'g{number - 1}'}\n" for number in range(9000))
    file = tmp_path / "policy"
    file.write_text(f"witness A {A}\n{groups}quorum g8999\n")
    policy = read_policy(file)
    assert policy.met(["A"])
    assert not policy.met([])
    file.write_text("#\n" * 20_000)
    with pytest.raises(Wrong):
        read_policy(file)
