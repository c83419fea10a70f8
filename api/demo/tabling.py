"""How the two communities came to their points tables: drafted, deliberated, voted by their councils, objected to, in force."""

import datetime as dt
import uuid
from functools import partial
from typing import Protocol

from weasyprint import HTML

from api.demo.chance import Random
from api.demo.places import VILLAGE, Place
from api.demo.tale import ZONE, Someone, Tale
from timebank import attachments, samples
from timebank.permissions import Actor
from timebank.points.table import adoption, bodies, deliberating, objecting, reading, staging, voting

COUNCILS = {VILLAGE.community_id: "白果村村民理事会"}
SEATS = 7
FIRST_WORDS = (
    ("理发、夜校这些能不能按次多记一点?", "理事会商量过,先按草案试一年,年底看记录再调。"),
    ("焚烧秸秆扣分前,要先上门说清楚。", "采纳。扣分项目默认不启用,启用前先听本户意见。"),
)
NEXT_WORDS = (
    ("教老人用手机这一项好,我们组有三个人愿意来。", "谢谢,表决通过后下个月就可以申报。"),
    ("义务劳动从5分提到8分,是不是一年要有个上限?", "有道理,理事会表决前会再议上限。"),
    ("希望把清理水渠也写进去。", ""),
)
OBJECTION = ("按时交物业费本来就是应该的,不该加分。", "代表会议讨论过:只加一次、全年上限5分,先试行一年。维持。")


class Teller(Protocol):
    """Who tells of one community's points."""

    @property
    def tale(self) -> Tale: ...
    @property
    def place(self) -> Place: ...
    @property
    def chance(self) -> Random: ...
    @property
    def committee(self) -> Actor: ...


def seat_council(told: Teller) -> tuple[uuid.UUID, list[Someone]]:
    """A council of seven who hold no office, and the first of them in the chair."""
    name = COUNCILS.get(told.place.community_id, f"{told.place.name}居民议事会")
    opened = told.tale.do(bodies.open_body, actor=told.committee, name=name, kind="council")
    body_id = uuid.UUID(opened["body_id"])
    grown = [
        one
        for one in told.tale.people[told.place.community_id]
        if 35 <= one.age(told.tale.today) <= 72 and not one.roles
    ]
    members = told.chance.sample(grown, SEATS)
    today = told.tale.clock.now().astimezone(ZONE).date()
    for number, one in enumerate(members):
        told.tale.do(
            bodies.seat, actor=told.committee, body_id=body_id, person_id=one.id, role="member" if number else "chair",
            since_on=today, until_on=dt.date(today.year + 3, today.month, 1),
        )  # fmt: skip
    return body_id, members


def draft(told: Teller, name: str, content: bytes, title: str) -> uuid.UUID:
    """A draft of an uploaded file."""
    found = reading.read_file(content)
    staged = told.tale.do(staging.stage, actor=told.committee, name=name, reading=found)
    made = told.tale.do(staging.draft, actor=told.committee, staging_id=uuid.UUID(staged["staging_id"]), title=title)
    return uuid.UUID(made["table_id"])


def deliberate(told: Teller, table_id: uuid.UUID, *, days: int, said: tuple[tuple[str, str], ...]) -> None:
    """Hang a draft out; villagers comment and are answered the next day."""
    told.tale.do(deliberating.open_deliberation, actor=told.committee, table_id=table_id, days=days)
    people = [
        one for one in told.tale.people[told.place.community_id] if one.phone and 30 <= one.age(told.tale.today) <= 75
    ]
    for number, (text, answer) in enumerate(said):
        who = told.chance.choice(people)
        told.tale.at(
            told.tale.clock.now() + dt.timedelta(hours=3 + 4 * number),
            partial(_comment, told, who, table_id, text, answer),
        )


def _comment(told: Teller, who: Someone, table_id: uuid.UUID, text: str, answer: str) -> None:
    said = told.tale.do(deliberating.comment, actor=who.actor, table_id=table_id, text=text)
    if answer:
        answered = partial(_answer_comment, told, uuid.UUID(said["comment_id"]), answer)
        told.tale.at(told.tale.clock.now() + dt.timedelta(hours=5), answered)


def vote(told: Teller, table_id: uuid.UUID, title: str, *, body_id: uuid.UUID, members: list[Someone]) -> dt.date:
    """The council votes by roll-call, its chair records it with the minutes, another officer confirms; its first day."""
    on = told.tale.clock.now().astimezone(ZONE).date()
    said = ["for"] * 5 + ["against", "absent"]
    roll = {one.id: word for one, word in zip(members, said, strict=True)}
    told.tale.do(
        voting.record_vote, actor=members[0].actor, table_id=table_id, body_id=body_id, held_on=on, minutes_digest="",
        minutes=attachments.prepare(_minutes(told.place, title, on, members, said), "minutes", f"{on.isoformat()}会议纪要.pdf"), roll=roll,
    )  # fmt: skip
    done = told.tale.do(voting.confirm_vote, actor=told.committee, table_id=table_id)
    return dt.date.fromisoformat(done["in_force_from"])


def object_and_answer(told: Teller, table_id: uuid.UUID, title: str) -> None:
    """Somebody objects to one item of the published table and gets an answer the next morning."""
    with told.tale.storage.read() as session:
        items = adoption.items_of(session, told.place.community_id, table_id)
        position = next((one.position for one in items if one.title == title), 1)
    people = [
        one
        for one in told.tale.people[told.place.community_id]
        if one.phone and 40 <= one.age(told.tale.today) <= 75 and not one.roles
    ]
    raised = told.tale.do(
        objecting.object_to,
        actor=told.chance.choice(people).actor,
        table_id=table_id,
        reason=OBJECTION[0],
        position=position,
    )
    answered = partial(_answer, told, uuid.UUID(raised["objection_id"]))
    told.tale.at(told.tale.clock.now() + dt.timedelta(hours=20), answered)


def _answer(told: Teller, objection_id: uuid.UUID) -> None:
    told.tale.do(objecting.answer, actor=told.committee, objection_id=objection_id, upheld=False, text=OBJECTION[1])


def _answer_comment(told: Teller, comment_id: uuid.UUID, text: str) -> None:
    told.tale.do(deliberating.answer_comment, actor=told.committee, comment_id=comment_id, text=text)


def next_table(told: Teller) -> None:
    """The draft of next year's table hangs out with comments."""
    text = samples.sample("points-table-mixed.csv").decode("utf-8-sig").strip()
    text = text.replace("参加义务劳动,5", "参加义务劳动,8").replace("违反社会公德,-20", "违反社会公德,酌情扣5-20分")
    text += "\n邻里互助,教老人用手机,3,一次,每月最多4次,人,村民代表提议新增\n"
    year = told.tale.today.year + 1
    title = f"{told.place.name}积分制管理细则({year}年修订草案)"
    table_id = draft(told, f"积分细则{year}修订.csv", text.encode(), title)
    deliberate(told, table_id, days=7, said=NEXT_WORDS)


def _minutes(place: Place, title: str, on: dt.date, members: list[Someone], said: list[str]) -> bytes:
    words = {"for": "赞成", "against": "反对", "absent": "缺席"}
    rows = "".join(
        f"<tr><td>{one.name}</td><td>{words[word]}</td></tr>" for one, word in zip(members, said, strict=True)
    )
    page = (
        f"<html lang='zh-CN'><style>body{{font-family:'Noto Sans CJK SC'}}td{{border:1px solid;padding:4pt 12pt}}</style>"
        f"<h1>{place.name}议事会议纪要</h1><p>{on.isoformat()} 表决《{title}》</p><table>{rows}</table></html>"
    )
    pdf: bytes = HTML(string=page).write_pdf()
    return pdf
