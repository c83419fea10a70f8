"""The tables of attendance, and the guards that keep one person in one place."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from timebank.columns import Day, Id, Instant, Json, Number

STATES = ("open", "closed", "estimated", "under_review", "settled", "rejected")
EVIDENCE = ("A", "B", "C", "D")


class Visit(SQLModel, table=True):
    """One stay of one volunteer in one place, from arrival to departure.

    open          checked in, not out
    closed        out; an order will settle it
    estimated     the check-out was forgotten; the end is a guess that somebody must review
    under_review  the evidence needs another person's word, or the year's quota is spent: see `review_reasons`
    settled       reckoned once; `credited_minutes` were issued by entry `entry_seq` (none if there were none)
    rejected      reviewed and found not to have happened so
    """

    __tablename__ = "visit"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_visit_person"
        ),
        ForeignKeyConstraint(
            ["community_id", "point_id"], ["service_point.community_id", "service_point.id"], name="fk_visit_point"
        ),
        ForeignKeyConstraint(
            ["community_id", "activity_id"], ["activity.community_id", "activity.id"], name="fk_visit_activity"
        ),
        CheckConstraint(f"state IN {STATES}", name="ck_visit_state"),
        CheckConstraint(f"evidence IN {EVIDENCE} AND start_evidence IN {EVIDENCE}", name="ck_visit_evidence"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ck_visit_open_has_no_end"),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ck_visit_ends_after_start"),
        CheckConstraint("(ended_at IS NULL) = (ended_recorded_at IS NULL)", name="ck_visit_end_recorded"),
        CheckConstraint("(state = 'settled') = (credited_minutes IS NOT NULL)", name="ck_visit_settled_is_reckoned"),
        CheckConstraint(
            "credited_minutes IS NULL OR (real_minutes IS NOT NULL AND uncapped_minutes IS NOT NULL"
            " AND 0 <= pool_minutes AND pool_minutes <= credited_minutes AND credited_minutes <= uncapped_minutes)",
            name="ck_visit_minutes",
        ),
        CheckConstraint(
            "entry_seq IS NULL OR state = 'settled'",
            name="ck_visit_entry",
        ),
        CheckConstraint("offline IN ('in', 'out', 'both')", name="ck_visit_offline"),
        # One person is in one place: a second open visit cannot be written, whoever writes it.
        Index(
            "uq_visit_one_open",
            "community_id",
            "person_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_visit_person", "community_id", "person_id", "started_at"),
        Index("ix_visit_state", "community_id", "state", "started_at"),
        Index("ix_visit_order", "community_id", "order_id"),
        Index("ix_visit_activity", "community_id", "activity_id"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    person_id: UUID = Field(sa_type=Id)
    point_id: UUID | None = Field(default=None, sa_type=Id)
    activity_id: UUID | None = Field(default=None, sa_type=Id)
    order_id: UUID | None = Field(default=None, sa_type=Id)
    service_class: str | None = None
    place: str  # the point's name of that day, or what a late entry says
    state: str
    evidence: str
    start_evidence: str
    estimated: bool = False

    started_at: datetime = Field(sa_type=Instant)  # when it was scanned
    started_recorded_at: datetime = Field(sa_type=Instant)
    started_by: str
    start_step: int | None = Field(default=None, sa_type=Number)  # the live code's time step
    planned_end_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_recorded_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = None
    end_step: int | None = Field(default=None, sa_type=Number)
    offline: str | None = None  # which of its ends a device scanned without a network: in, out, both

    review_reasons: list[str] = Field(default_factory=list, sa_type=Json)
    witness: str | None = None
    source: str | None = None  # the page of the paper register
    note: str | None = None

    real_minutes: int | None = Field(default=None, sa_type=Number)
    uncapped_minutes: int | None = Field(default=None, sa_type=Number)
    credited_minutes: int | None = Field(default=None, sa_type=Number)
    pool_minutes: int | None = Field(default=None, sa_type=Number)
    rounding_minutes: int | None = Field(default=None, sa_type=Number)
    spans: list[list[int]] | None = Field(default=None, sa_type=Json)
    reasons: list[dict[str, int | str]] | None = Field(default=None, sa_type=Json)
    table_digest: str | None = None
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    entry_seq: int | None = Field(default=None, sa_type=Number)


class VisitDay(SQLModel, table=True):
    """What a settled visit credited on one local day: what the caps of a day and of a month are counted from."""

    __tablename__ = "visit_day"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_visit_day_visit"
        ),
        CheckConstraint("seconds >= 0 AND credited_minutes >= 0", name="ck_visit_day_minutes"),
        Index("ix_visit_day_person", "community_id", "person_id", "day"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    visit_id: UUID = Field(sa_type=Id, primary_key=True)
    day: date = Field(sa_type=Day, primary_key=True)
    person_id: UUID = Field(sa_type=Id)
    seconds: int = Field(sa_type=Number)
    credited_minutes: int = Field(sa_type=Number)


class VisitReview(SQLModel, table=True):
    """One person's verdict on a visit that was not her own."""

    __tablename__ = "visit_review"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_visit_review_visit"
        ),
        CheckConstraint("verdict IN ('accept', 'reject')", name="ck_visit_review_verdict"),
        Index("uq_visit_review_one_each", "community_id", "visit_id", "reviewed_by", unique=True),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    visit_id: UUID = Field(sa_type=Id)
    verdict: str
    note: str
    reviewed_by: str
    officer: int = Field(sa_type=Number)
    reviewed_at: datetime = Field(sa_type=Instant)
    ended_at_before: datetime | None = Field(default=None, sa_type=Instant)  # if the reviewer corrected the end


class VisitRest(SQLModel, table=True):
    """A pause within a visit: not counted. `forgotten`: nobody ended it, so it lasted until the check-out."""

    __tablename__ = "visit_rest"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_visit_rest_visit"
        ),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ck_visit_rest_ends_after_start"),
        CheckConstraint("(ended_at IS NULL) = (ended_recorded_at IS NULL)", name="ck_visit_rest_end_recorded"),
        Index(
            "uq_visit_rest_one_open",
            "community_id",
            "visit_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_visit_rest_visit", "community_id", "visit_id", "started_at"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: UUID = Field(sa_type=Id, primary_key=True)
    visit_id: UUID = Field(sa_type=Id)
    started_at: datetime = Field(sa_type=Instant)
    started_recorded_at: datetime = Field(sa_type=Instant)
    started_by: str
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_recorded_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = None
    forgotten: bool = False


class VisitWord(SQLModel, table=True):
    """A resident who was asked whether a visit was so: the witness of an own report, or who was served at a point.

    Who is no resident is not asked: such a witness stands by name on the visit, and the reviewer sees the difference.
    """

    __tablename__ = "visit_word"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_visit_word_visit"
        ),
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_visit_word_person"
        ),
        CheckConstraint("asked_as IN ('witness', 'recipient')", name="ck_visit_word_asked_as"),
        CheckConstraint("word IS NULL OR word IN ('confirmed', 'denied')", name="ck_visit_word_word"),
        CheckConstraint("(word IS NULL) = (given_at IS NULL)", name="ck_visit_word_given"),
        CheckConstraint("length(note) <= 200", name="ck_visit_word_note"),
        Index("ix_visit_word_person", "community_id", "person_id", "asked_at"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    visit_id: UUID = Field(sa_type=Id, primary_key=True)
    person_id: UUID = Field(sa_type=Id)
    asked_as: str
    asked_at: datetime = Field(sa_type=Instant)
    asked_by: str
    word: str | None = None
    note: str = ""
    given_at: datetime | None = Field(default=None, sa_type=Instant)
    given_by: str | None = None


class PaperRow(SQLModel, table=True):
    """Which row of which page of which paper register a visit was typed from: the same row is typed once.

    A row whose visit was rejected is void, so that it can be typed again as it should have been.
    """

    __tablename__ = "paper_row"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "visit_id"], ["visit.community_id", "visit.id"], name="fk_paper_row_visit"
        ),
        CheckConstraint("length(book) BETWEEN 1 AND 60", name="ck_paper_row_book"),
        CheckConstraint("page BETWEEN 1 AND 9999 AND line BETWEEN 1 AND 200", name="ck_paper_row_place"),
        Index(
            "uq_paper_row_once",
            "community_id",
            "book",
            "page",
            "line",
            unique=True,
            sqlite_where=text("void_at IS NULL"),
            postgresql_where=text("void_at IS NULL"),
        ),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    visit_id: UUID = Field(sa_type=Id, primary_key=True)
    book: str
    page: int = Field(sa_type=Number)
    line: int = Field(sa_type=Number)
    typed_at: datetime = Field(sa_type=Instant)
    typed_by: str
    void_at: datetime | None = Field(default=None, sa_type=Instant)


# The use cases look for an overlap first and say it kindly; these stand for everybody else who writes.
_OTHER_VISIT = """
    SELECT 1 FROM visit AS other
     WHERE other.community_id = NEW.community_id AND other.person_id = NEW.person_id AND other.id <> NEW.id
       AND other.state <> 'rejected'
       AND other.started_at < COALESCE(NEW.ended_at, 9007199254740991)
       AND COALESCE(other.ended_at, 9007199254740991) > NEW.started_at
"""
GUARDS: dict[str, list[str]] = {
    "sqlite": [
        f"""
        CREATE TRIGGER IF NOT EXISTS visit_overlap_{event} BEFORE {action} ON visit
        WHEN NEW.state <> 'rejected' AND EXISTS ({_OTHER_VISIT})
        BEGIN SELECT RAISE(ABORT, 'visit_overlap: one person is in one place'); END
        """
        for event, action in (
            ("insert", "INSERT"),
            ("update", "UPDATE OF person_id, started_at, ended_at, state"),
        )
    ],
    "postgresql": [
        f"""
        CREATE OR REPLACE FUNCTION visit_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.state <> 'rejected' AND EXISTS ({_OTHER_VISIT}) THEN
            RAISE EXCEPTION 'visit_overlap: one person is in one place' USING ERRCODE = 'exclusion_violation';
          END IF;
          RETURN NEW;
        END $$
        """,
        """
        CREATE OR REPLACE TRIGGER visit_overlap
        BEFORE INSERT OR UPDATE OF person_id, started_at, ended_at, state ON visit
        FOR EACH ROW EXECUTE FUNCTION visit_overlap()
        """,
    ],
}
