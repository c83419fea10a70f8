"""What was awarded is shown to everybody before it is booked: batches, objections, entries."""

from timebank.points.publicity.tables import AwardCorrection as AwardCorrection
from timebank.points.publicity.tables import Objection as Objection
from timebank.points.publicity.tables import PublicityBatch as PublicityBatch
from timebank.points.publicity.tables import PublicityHold as PublicityHold
from timebank.points.publicity.tables import PublicityLine as PublicityLine
from timebank.points.publicity.tables import PublicityRefusal as PublicityRefusal
from timebank.points.publicity.tables import PublicityTally as PublicityTally
