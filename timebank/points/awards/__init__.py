"""Awards and deductions, from the deed to the day on which they hang out.

states      the life of an award: pure
sources     where awards come from: pure
tables      awards, verdicts, draws, photographs, invitations and hearings
rows, used  rows as people write them, made into what they mean; what went before them
entering    by the committee, one by one or from a file
claiming    by the resident, on behalf of her, by the grid worker; photographs
hearings    a household is heard before a deduction is looked at
drawing     which verdicts another person looks at too, so that an auditor can check it
reviewing   verdicts, second verdicts, the committee's, and taking the latest back
reading     lists and one award
statistics  reviewers beside each other
"""

from timebank.points.awards.tables import Award as Award
