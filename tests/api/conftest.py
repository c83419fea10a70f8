"""Fixtures of the edge's tests."""

from tests.api import walk

world = walk.world
world_template = walk.world_template
