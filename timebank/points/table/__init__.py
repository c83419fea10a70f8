"""The points table: read from a spreadsheet, adopted by the villagers, in force."""

from timebank.points.table.tables import PointsItem as PointsItem
from timebank.points.table.tables import PointsStaging as PointsStaging
from timebank.points.table.tables import PointsSwitch as PointsSwitch
from timebank.points.table.tables import PointsTable as PointsTable
