"""Honours: levels by points, red lists, and black lists where the community decided to have them."""

from timebank.points.honours.tables import HonourDecision as HonourDecision
from timebank.points.honours.tables import HonourLine as HonourLine
from timebank.points.honours.tables import HonourList as HonourList
from timebank.points.honours.tables import HonourObjection as HonourObjection
