"""The points table: imported or typed, deliberated, voted, published, in force.

listed    all versions, the adoption history, a new draft from a file, a version, or nothing
preview   an upload row by row: what was read, what keeps it out, what would change; rows are mended here
editor    a draft row by row
one       one version: what anybody reads, and the steps of its life
files     one version as Excel, CSV and PDF; the minutes of its vote
seats     the bodies that vote and their members
"""

from api.pages.points import editor, files, listed, one, preview, seats  # noqa: F401  # their routes
from api.pages.points.blueprint import blueprint
from api.pages.points.shared import uploaded

__all__ = ["blueprint", "uploaded"]
