"""The points table: read from a spreadsheet or typed, deliberated, voted, published, in force."""

from timebank.points.table.life_tables import GUARDS as GUARDS
from timebank.points.table.life_tables import PointsBallot as PointsBallot
from timebank.points.table.life_tables import PointsBody as PointsBody
from timebank.points.table.life_tables import PointsComment as PointsComment
from timebank.points.table.life_tables import PointsEdit as PointsEdit
from timebank.points.table.life_tables import PointsLife as PointsLife
from timebank.points.table.life_tables import PointsMember as PointsMember
from timebank.points.table.life_tables import PointsObjection as PointsObjection
from timebank.points.table.life_tables import PointsVote as PointsVote
from timebank.points.table.tables import PointsItem as PointsItem
from timebank.points.table.tables import PointsStaging as PointsStaging
from timebank.points.table.tables import PointsSwitch as PointsSwitch
from timebank.points.table.tables import PointsTable as PointsTable
