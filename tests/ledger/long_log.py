"""Evidence bundles of any length, written as they are made: `python -m tests.ledger.long_log 1000000 bundle.zip [--mixed] [--verify]`.

Made from docs/log-format.md alone, as `independent_log` is, but by adding up as it goes, so that ten million entries need no
more memory than ten thousand. Most entries are posts of two legs between members, as in a community's log. With `mixed`,
one in ten is a hold, its capture or release, a note that a post cites, or a reversal.
"""

import argparse
import hashlib
import resource
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

from ledger import verify
from tests.ledger.independent_log import ACCOUNTS, HOLDS, START, TRIAL, Log, canonical, tile_path

MEMORY_FOR_TEN_MILLION = 2**30
MEMBERS = 1_000
FIRST = 101
GIVEN = 1_000_000


class LongLog:
    """What is booked so far: leaves not yet written, hashes by level, balances and holds."""

    def __init__(self, file, *, mixed=False):
        self.archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self.mixed = mixed
        self.size = 0
        self.leaves = []
        self.levels = []
        self.balances = {}
        self.held = {}
        self.hold_rows = []
        self.taken = {}
        self.added = {}
        self.keys = 0
        self.at = START

    def add(self, leaf):
        """Append a leaf; every 256 make a tile."""
        self.leaves.append(leaf)
        self.size += 1
        if len(self.leaves) == 256:
            self._tile()

    def _tile(self):
        number = (self.size - 1) // 256
        packed = b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in self.leaves)
        self.archive.writestr(tile_path("entries", number, len(self.leaves)), packed)
        for leaf in self.leaves:
            self._hash(0, hashlib.sha256(b"\x00" + leaf).digest())
        self.leaves.clear()

    def _hash(self, level, hashed):
        if level == len(self.levels):
            self.levels.append([0, []])
        row = self.levels[level]
        row[1].append(hashed)
        if len(row[1]) == 256:
            self.archive.writestr(tile_path(level, row[0], 256), b"".join(row[1]), zipfile.ZIP_STORED)
            top = row[1]
            while len(top) > 1:
                top = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(top[::2], top[1::2], strict=True)]
            row[0] += 1
            row[1] = []
            self._hash(level + 1, top[0])

    def finish_tree(self):
        """Write the partial tiles. Returns the root."""
        if self.leaves:
            self._tile()
        edge = []  # (width, root) of full subtrees, rightmost last
        for level in range(len(self.levels) - 1, -1, -1):
            number, row = self.levels[level]
            if row:
                self.archive.writestr(tile_path(level, number, len(row)), b"".join(row), zipfile.ZIP_STORED)
                while row:
                    width = 1 << (len(row).bit_length() - 1)
                    top = row[:width]
                    while len(top) > 1:
                        top = [
                            hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(top[::2], top[1::2], strict=True)
                        ]
                    edge.append(top[0])
                    row = row[width:]
        root = edge.pop()
        while edge:
            root = hashlib.sha256(b"\x01" + edge.pop() + root).digest()
        return root

    # Entries

    def id(self):
        self.keys += 1
        return f"{self.at:012x}7{self.keys % 4096:03x}8{self.keys * 0x9E3779B1 % 2**44:011x}0000"

    def ref(self):
        return hashlib.sha256(b"%d" % self.size).hexdigest()  # as hard to compress as real ones

    def legs(self, payer, payee, amount):
        pairs = sorted([(payer, -amount), (payee, amount)])
        return ",".join(f"[{account},{value}]" for account, value in pairs)

    def move(self, payer, payee, amount):
        self.balances[payer] -= amount
        self.balances[payee] += amount
        self.taken[payer] += amount
        self.added[payee] += amount

    def post(self, payer, payee, amount, cites=None):
        cited = "" if cites is None else f'"cites":{cites},'
        legs = self.legs(payer, payee, amount)
        self.add(
            f'{{"at":{self.at},{cited}"id":"{self.id()}","kind":"post","legs":[{legs}],"on":"2026-08-01",'
            f'"ref":"{self.ref()}","seq":{self.size},"v":1}}'.encode()
        )
        self.move(payer, payee, amount)

    def hold(self, payer, payee, amount):
        seq = self.size
        self.add(
            f'{{"at":{self.at},"id":"{self.id()}","kind":"hold","legs":[{self.legs(payer, payee, amount)}],'
            f'"ref":"{self.ref()}","seq":{seq},"v":1}}'.encode()
        )
        self.hold_rows.append([seq, payer, amount, "", ""])
        return seq

    def capture(self, hold, payer, payee, amount):
        self.hold_rows[-1][4] = self.size
        self.add(
            f'{{"at":{self.at},"hold":{hold},"id":"{self.id()}","kind":"capture","legs":[{self.legs(payer, payee, amount)}],'
            f'"on":"2026-08-01","ref":"{self.ref()}","seq":{self.size},"v":1}}'.encode()
        )
        self.move(payer, payee, amount)

    def note(self):
        self.add(
            f'{{"at":{self.at},"digest":"{self.ref()}","id":"{self.id()}","kind":"note","seq":{self.size},'
            f'"subject":"2026-08","topic":"month","v":1}}'.encode()
        )
        return self.size - 1

    def reverse(self, of, payer, payee, amount):
        self.add(
            f'{{"approvers":[1,2],"at":{self.at},"id":"{self.id()}","kind":"reverse","of":{of},"on":"2026-08-01",'
            f'"reason":"mistake","ref":"{self.ref()}","seq":{self.size},"v":1}}'.encode()
        )
        self.move(payee, payer, amount)

    # The story

    def begin(self):
        """The first entries: the rule, the key, accounts, the mint's quota, and something for every member."""
        log = Log()
        log.open(1, "issue")
        log.limit(1, quota=MEMBERS * GIVEN)
        for number in range(FIRST, FIRST + MEMBERS):
            log.open(number)
        for leaf in log.leaves:
            self.add(leaf)
        self.at, self.keys, self.signer = log.at, log._keys, log.signer
        for number in (1, *range(FIRST, FIRST + MEMBERS)):
            self.balances[number] = self.held[number] = self.taken[number] = self.added[number] = 0
        for number in range(FIRST, FIRST + MEMBERS):
            self.post(1, number, GIVEN)

    def go_on(self, size):
        """Members pay each other, over and over, until the log has this size."""
        n = 0
        while self.size < size:
            n += 1
            self.at += 40
            payer = FIRST + n * 7 % MEMBERS
            payee = FIRST + (n * 7 + 1 + n // MEMBERS % (MEMBERS - 1)) % MEMBERS
            if not self.mixed or n % 16:
                self.post(payer, payee, 1 + n % 90)
            elif n % 64 == 16:
                self.capture(self.hold(payer, payee, 30), payer, payee, 30)
            elif n % 64 == 32:
                self.post(payer, payee, 5, cites=self.note())
            else:
                self.post(payer, payee, 5)
                self.reverse(self.size - 1, payer, payee, 5)

    def finish(self):
        """Tables, checkpoint and description."""
        root = self.finish_tree()
        self.archive.writestr("checkpoint", self.signer.note(self.size, root))
        self.archive.writestr("vkey", self.signer.vkey + "\n")
        self.archive.writestr("policy.json", "{}")
        described = {
            "v": 1,
            "origin": self.signer.origin,
            "size": self.size,
            "root": root.hex(),
            "made_at": self.at + 1,
            "details": False,
            "period": [0, self.at + 1],
        }
        self.archive.writestr("bundle.json", canonical(described))
        self._tables()
        self.archive.close()
        return root

    def _tables(self):
        rows, trial = [ACCOUNTS], [TRIAL]
        total = [0, 0, 0, 0]
        for number, balance in sorted(self.balances.items()):
            name = "issue" if number == 1 else "member"
            quota, issued = (MEMBERS * GIVEN, MEMBERS * GIVEN) if number == 1 else (0, 0)
            rows.append(f"{number},min,{name},{number},0,,{quota},{issued},{balance},0,,,")
            moved = [0, self.added[number], self.taken[number], balance]
            total = [a + b for a, b in zip(total, moved, strict=True)]
            trial.append(f"min,{number},{name}," + ",".join(map(str, moved)))
        trial.append("min,,total," + ",".join(map(str, total)))
        holds = [HOLDS, *(",".join(map(str, row)) for row in self.hold_rows)]
        for name, lines in (("accounts", rows), ("holds", holds), ("trial_balance", trial)):
            self.archive.writestr(f"tables/{name}.csv", "".join(line + "\n" for line in lines))


def write_long_bundle(file, size, *, mixed=False):
    """A bundle of `size` entries (a few more if mixed, as holds are resolved), and the log that made it."""
    log = LongLog(file, mixed=mixed)
    log.begin()
    log.go_on(size)
    log.finish()
    return log


class Verified(NamedTuple):
    """What checking a bundle cost: resident memory at its highest, seconds of the processor; and what stderr said."""

    peak_bytes: int
    seconds: float
    shown: str


def run_verify(path, *arguments, most_bytes=2**29):
    """Check a bundle as an auditor does, in a process that may have no more than `most_bytes` of addresses; it must be well."""
    program = (
        "import resource, runpy, sys\n"
        "sys.argv = sys.argv[1:]\n"
        "try:\n    runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as end:\n    assert end.code == 0, end.code\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        # Of this program alone: ru_maxrss begins with what the process had that started it.
        "peak = next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print('used', peak, used.ru_utime + used.ru_stime)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(verify.__file__), str(path), "--lang", "en", *arguments],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes)),
    )
    assert "All is well" in answer.stdout, answer.stdout + answer.stderr
    kibibytes, seconds = answer.stdout.split("used ")[1].split()
    return Verified(int(kibibytes) * 1024, float(seconds), answer.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("size", type=int)
    parser.add_argument("file")
    parser.add_argument("--mixed", action="store_true")
    parser.add_argument("--verify", action="store_true", help="check it too, in less than 1 GiB, and remove it")
    given = parser.parse_args()
    log = write_long_bundle(given.file, given.size, mixed=given.mixed)
    if given.verify:
        done = run_verify(given.file, most_bytes=MEMORY_FOR_TEN_MILLION)
        Path(given.file).unlink()
        print(f"{log.size} entries, {done.seconds:.0f} s of processor time, {done.peak_bytes / 2**20:.0f} MiB at most")


if __name__ == "__main__":
    main()
