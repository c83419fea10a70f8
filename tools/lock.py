"""Write requirements/*.txt anew from pyproject.toml: `make lock`, then read what changed.

The files name versions and hashes, and no registry: pip asks the one it is set up for and takes only these bytes.

    make lock                          the newest releases that pyproject.toml allows
    make lock KEEP=yes                 only what pyproject.toml now needs; other versions stay
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).with_name("uv")

# File, what it holds beside the project's own dependencies, and the lock whose versions it must share.
LOCKS: tuple[tuple[str, list[str], list[str]], ...] = (
    ("run.txt", ["pyproject.toml", "--group", "source"], []),
    ("dev.txt", ["pyproject.toml", "--group", "source", "--group", "dev"], ["--constraints", "requirements/run.txt"]),
    ("node.txt", ["--group", "node"], []),
    ("bench-hordak.txt", ["--group", "bench-hordak"], []),
    # Its drivers for MySQL and PostgreSQL want C libraries, and it is measured on SQLite.
    (
        "bench-python-accounting.txt",
        ["--group", "bench-python-accounting", "--no-emit-package", "mysqlclient", "--no-emit-package", "psycopg2"],
        [],
    ),
    ("bench-beancount.txt", ["--group", "bench-beancount"], []),
    ("bench-pymerkle.txt", ["--group", "bench-pymerkle"], []),
    # These serve our own application, beside what it is installed with: versions that both need must be the same.
    ("bench-servers.txt", ["--group", "bench-servers"], ["--constraints", "requirements/run.txt"]),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write requirements/*.txt anew from pyproject.toml.")
    parser.add_argument("--keep", action="store_true", help="keep versions that still satisfy pyproject.toml")
    keep = parser.parse_args().keep
    for name, sources, constraints in LOCKS:
        options = ["--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-header", "--quiet"]
        upgrade = [] if keep else ["--upgrade"]
        target = ["--output-file", f"requirements/{name}"]
        command = [str(UV), "pip", "compile", *sources, *constraints, *options, *upgrade, *target]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
