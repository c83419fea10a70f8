"""pymerkle's tree in memory, with its optimised ways and its cache on, as they are by default; run by bench/peer.py.

It is given the leaves as files of entries hold them (each after its length) and hashes them itself, before anything is timed.
"""

import json
import sys
import time
from pathlib import Path

from pymerkle import InmemoryTree

told = json.loads(sys.stdin.readline())
content, leaves, at = Path(told["leaves"]).read_bytes(), [], 0
while at < len(content):
    end = at + 2 + int.from_bytes(content[at : at + 2])
    leaves.append(content[at + 2 : end])
    at = end
tree = InmemoryTree.init_from_entries(leaves, algorithm="sha256")
print(json.dumps({}), flush=True)
for line in sys.stdin:
    seqs = json.loads(line)["seqs"]
    begun = time.perf_counter()
    proofs = [tree.prove_inclusion(seq + 1) for seq in seqs]
    took = time.perf_counter() - begun
    paths = [[one.hex() for one in proof.path[1:]] for proof in proofs[:20]]
    print(json.dumps({"seconds": took, "root": tree.get_root().hex(), "paths": paths}), flush=True)
