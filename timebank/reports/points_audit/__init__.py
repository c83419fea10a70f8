"""What a committee looks at once a year (积分审计): where the points went, which items nobody uses, who stands out."""

from timebank.reports.points_audit.circulation import Circulation as Circulation
from timebank.reports.points_audit.circulation import circulation as circulation
from timebank.reports.points_audit.items import ItemUse as ItemUse
from timebank.reports.points_audit.items import items as items
from timebank.reports.points_audit.officers import unregistered as unregistered
from timebank.reports.points_audit.outliers import FarAbove as FarAbove
from timebank.reports.points_audit.outliers import Mutual as Mutual
from timebank.reports.points_audit.outliers import far_above as far_above
from timebank.reports.points_audit.outliers import mutual as mutual
from timebank.reports.points_audit.versions import Version as Version
from timebank.reports.points_audit.versions import versions as versions
from timebank.reports.points_audit.years import years as years
