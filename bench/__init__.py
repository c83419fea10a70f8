"""Benchmarks beside their limits: each row measures ours and a bare run in the same go, and tells their ratio."""
