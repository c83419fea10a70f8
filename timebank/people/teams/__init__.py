"""Teams (团队) and organisations (组织): who belongs to them, from when to when, and who leads them.

A leader leads his own team only, and only while he is a member of it. What a team has served is told in
timebank/hours/team_hours.py.

tables      teams, stretches of membership and of leading, lists on their way in
founding    a team is founded, changed, ended
belonging   members come, go and come back; leaders are appointed and dismissed
reading     lists, one team's page, the teams of a person
lists       members from Excel, looked at before anything is written
"""

from timebank.people.teams.belonging import (
    NotAMember,
    add_member,
    appoint,
    belongs,
    dismiss,
    leads,
    let_go,
    teams_of,
)
from timebank.people.teams.founding import TeamEnded, change, end, found
from timebank.people.teams.reading import by_id, by_number, leaders_on, named
from timebank.people.teams.tables import Team, TeamLeader, TeamMember, TeamUpload

__all__ = [
    "NotAMember",
    "Team",
    "TeamEnded",
    "TeamLeader",
    "TeamMember",
    "TeamUpload",
    "add_member",
    "appoint",
    "belongs",
    "by_id",
    "by_number",
    "change",
    "dismiss",
    "end",
    "found",
    "leaders_on",
    "leads",
    "let_go",
    "named",
    "teams_of",
]
