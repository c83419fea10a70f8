"""Awards and deductions: entered, scored by the table in force on the day, reviewed."""

from timebank.points.awards.tables import Award as Award
