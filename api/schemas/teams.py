"""What forms about teams, skills, insurance and consents may say."""

from api import fields
from timebank.people.guardians import RELATIONS
from timebank.people.skills import SKILLS
from timebank.people.teams.tables import KINDS


class TeamTexts(fields.Schema):
    name = fields.Text(required=True, most=60)
    purpose = fields.Text(load_default="", least=0, most=200)
    parent = fields.Whole(load_default=None, most=10**9)


class NewTeam(TeamTexts):
    kind = fields.Word(KINDS, required=True)
    founded_on = fields.Day(load_default=None)


class TeamQuery(fields.Schema):
    """A list of teams, or a team's page: which month, and after whom the list goes on."""

    after = fields.Whole(load_default=0)
    ended = fields.Word(("0", "1"), load_default="0")
    month = fields.Text(load_default=None, most=7)
    after_key = fields.Text(load_default=None, most=200)
    after_id = fields.Id(load_default=None)


class NewMember(fields.Schema):
    number = fields.PersonNumber(required=True)
    from_on = fields.Day(load_default=None)


class MemberNamed(fields.Schema):
    person_id = fields.Id(required=True)
    gone_on = fields.Day(load_default=None)


class TeamEnd(fields.Schema):
    reason = fields.Text(required=True, most=200)


class Donation(fields.Schema):
    """`sure` comes with the second tap; the first shows what would be done."""

    hours = fields.Whole(load_default=None, most=1_000_000)
    minutes = fields.Whole(load_default=None, most=100_000_000)
    sure = fields.Word(("0", "1"), load_default="0")


class DonationNamed(fields.Schema):
    donation_id = fields.Id(required=True)


class TeamChoice(fields.Schema):
    team = fields.Whole(required=True, most=10**9)


class SkillSaid(fields.Schema):
    skill = fields.Word(tuple(SKILLS), required=True)


class SkillRecorded(SkillSaid):
    proof = fields.Text(load_default="", least=0, most=200)
    from_on = fields.Day(required=True)
    until_on = fields.Day(load_default=None)


class SkillNamed(fields.Schema):
    skill_id = fields.Id(required=True)


class InsuranceRecorded(fields.Schema):
    insurer = fields.Text(required=True, most=60)
    policy_number = fields.Text(required=True, most=60)
    from_on = fields.Day(required=True)
    until_on = fields.Day(required=True)


class InsuranceNamed(fields.Schema):
    insurance_id = fields.Id(required=True)


class ConsentGiven(fields.Schema):
    """At the desk: the guardian by number, or by name with a paper."""

    guardian_number = fields.Text(load_default="", least=0, most=60)
    guardian_name = fields.Text(load_default="", least=0, most=60)
    relation = fields.Word(RELATIONS, required=True)
    evidence = fields.Text(load_default="", least=0, most=200)
    from_on = fields.Day(load_default=None)
    until_on = fields.Day(load_default=None)


class OwnConsent(fields.Schema):
    person_id = fields.Id(required=True)
    relation = fields.Word(RELATIONS, required=True)
    until_on = fields.Day(load_default=None)


class ConsentNamed(fields.Schema):
    consent_id = fields.Id(required=True)
