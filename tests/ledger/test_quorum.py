"""The policy file: whose signatures are enough, and what is no policy."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ledger.note import COSIGNATURE, LOG_SIGNATURE, Key
from ledger.quorum import BadPolicy, read_policy


def public(name: str) -> bytes:
    return sha256(name.encode()).digest()


def vkey(name: str, kind: int = COSIGNATURE) -> str:
    return Key(f"{name.lower()}.example/w", public(name), kind).line


LOG = f"log {vkey('L', LOG_SIGNATURE)}\n"
X = "".join(f"witness X{n} {vkey(f'X{n}')} https://x{n}.example/witness/\n" for n in (1, 2, 3))
Y = "".join(f"witness Y{n} {vkey(f'Y{n}')}\n" for n in (1, 2, 3))
# The example of the specification.
EXAMPLE = f"""{LOG}
{X}group X-witnesses 2 X1 X2 X3

{Y}  group Y-witnesses\tany Y1 Y2 Y3 \t
# two levels
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


@pytest.mark.parametrize(
    "quorum, signed, reached",
    [
        ("X-and-Y", "X1 X2 Y1", True),
        ("X-and-Y", "X1 X2 X3", False),
        ("X-and-Y", "X1 Y1 Y2 Y3", False),
        ("X-and-Y", "X1 X2 X3 Y1 Y2 Y3", True),
        ("X-and-Y", "", False),
        ("X-witnesses", "X1 X3", True),
        ("X-witnesses", "X3", False),
        ("Y-witnesses", "Y3", True),
        ("X1", "X1", True),
        ("X1", "X2 X3 Y1", False),
        ("none", "", True),
    ],
)
def test_a_quorum_is_reached_by_enough_of_the_right_ones(quorum: str, signed: str, reached: bool) -> None:
    policy = read_policy(EXAMPLE.replace("quorum X-and-Y", f"quorum {quorum}").encode())
    assert policy.is_reached({public(name) for name in signed.split()} | {public("stranger")}) is reached


def test_addresses_and_logs_are_read() -> None:
    policy = read_policy(EXAMPLE.encode())
    assert [one.url for one in policy.witnesses][:4] == [f"https://x{n}.example/witness" for n in (1, 2, 3)] + [""]
    assert [key.name for key in policy.logs] == ["l.example/w"]
    opaque = f"witness \xff\xfe {vkey('X1')}\nquorum \xff\xfe".encode("latin-1")
    assert read_policy(opaque).is_reached({public("X1")})


@pytest.mark.parametrize(
    "text, told",
    [
        ("", "quorum"),
        ("quorum nobody", "line 1"),
        (f"quorum X1\n{X}", "line 1"),
        (f"{X}quorum X1\nquorum X2", "already"),
        (f"{X}group g all\nquorum g", "line 4"),
        (f"{X}group g 0 X1\nquorum g", "line 4"),
        (f"{X}group g 3 X1 X2\nquorum g", "3 of 2"),
        (f"{X}group g 01 X1\nquorum g", "line 4"),
        (f"{X}group g some X1\nquorum g", "line 4"),
        (f"{X}group g any X1 X1\nquorum g", "already"),
        (f"{X}group g any X1\ngroup h any X1 X2\nquorum h", "line 5"),
        (f"{X}group g any g\nquorum g", "line 4"),
        (f"{X}group g any none\nquorum g", "line 4"),
        (f"{X}group X1 any X2\nquorum X1", "taken"),
        (f"witness none {vkey('X1')}\nquorum none", "taken"),
        (f"{X}witness again {vkey('X1')}\nquorum none", "already"),
        (f"{LOG}{LOG}quorum none", "already"),
        (f"witness w {vkey('X1', LOG_SIGNATURE)}\nquorum w", "0x04"),
        (f"log {vkey('X1')}\nquorum none", "0x01"),
        (f"witness w {vkey('X1')[:-4]}AAA=\nquorum w", "line 1"),
        (f"witness w {vkey('X1')} gopher://x\nquorum w", "https"),
        (f"{X}quorum X1 X2", "line 4"),
        ("mirror x\nquorum none", "line 1"),
        ("quorum none\r\n", "control"),
    ],
)
def test_what_is_no_policy_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(BadPolicy, match=told):
        read_policy(text.encode())


@pytest.mark.parametrize("verb", ["log", "witness w"])
def test_a_name_of_a_key_that_is_no_text_is_told_with_its_line(verb: str) -> None:
    line = Key("x", bytes(range(32)), LOG_SIGNATURE if verb == "log" else COSIGNATURE).line.encode()
    with pytest.raises(BadPolicy, match="line 1"):
        read_policy(verb.encode() + b" \xe9" + line + b"\nquorum none\n")


def test_a_name_in_another_encoding_is_a_name_and_can_be_shown() -> None:
    line = vkey("W").encode()
    policy = read_policy(b"witness caf\xe9 " + line + b"\ngroup \xb4\xe5 all caf\xe9\nquorum \xb4\xe5\n")
    assert policy.is_reached({public("W")})
    assert policy.witnesses[0].name.encode() == rb"caf\xe9"
    with pytest.raises(BadPolicy) as bad:
        read_policy(b"quorum caf\xe9\n")
    assert str(bad.value).encode() == rb"line 1: nothing above is called caf\xe9"
