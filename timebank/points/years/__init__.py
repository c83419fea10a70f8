"""The year's end of points: announced thirty days before, closed household by household, and undone as a whole if need be."""

from timebank.points.years.tables import YearClose as YearClose
from timebank.points.years.tables import YearCloseLine as YearCloseLine
