"""volunteers

From "I want to help" to being asked: the stages of a role, contracts and integrity checks, people
who never meet, when somebody is free, interpreting; overrides, decisions, askings and swaps. What was
known of a check becomes a row of its own.

Revision ID: c41f9a27e6d3
Revises: 8b7e30c1d5a2
Create Date: 2026-11-22 16:00:00

"""
import secrets
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "c41f9a27e6d3"
down_revision = "8b7e30c1d5a2"
branch_labels = None
depends_on = None

WORD, FALSE, TRUE = sa.String(length=32), sa.text("false"), sa.text("true")
INSTANT = sa.DateTime(timezone=True)


def _column(name, kind, default=None):
    """Not null where it has a default."""
    return sa.Column(name, kind, server_default=default, nullable=default is None)


COLUMNS = {
    "person": (
        ("is_adult", sa.Boolean(), None),
        ("born_on", sa.Date(), None),
        ("consent_seen_on", sa.Date(), None),
        ("interests", sa.String(), ""),
        ("helps_online", sa.Boolean(), TRUE),
        ("hours_a_week", sa.Integer(), None),
        ("earliest", sa.Time(), None),
        ("latest", sa.Time(), None),
    ),
    "membership": (("stage", WORD, "active"), ("since", INSTANT, None)),
    "spoken_language": (("interprets", WORD, None),),
    "need": (("interpreting", sa.Boolean(), FALSE), ("trainees", sa.Integer(), "0")),
    "assignment": (
        ("trainee", sa.Boolean(), FALSE),
        ("stand_in_wanted_at", INSTANT, None),
    ),
}
CHECKS = {
    "person": {"hours_a_week": "hours_a_week > 0", "earliest_is_before_latest": "earliest < latest"},
    "need": {"trainees": "trainees >= 0"},
    "spoken_language": {
        "speaks_reads_or_interprets":
            "speaks IS NOT NULL OR reads IS NOT NULL OR interprets IS NOT NULL"
    },
}


def upgrade():
    with _changed("spoken_language") as batch:
        batch.drop_constraint(op.f("ck_spoken_language_speaks_or_reads"), type_="check")
    for table in COLUMNS:
        with _changed(table) as batch:
            for name, kind, default in COLUMNS[table]:
                batch.add_column(_column(name, kind, default))
            for name, rule in CHECKS.get(table, {}).items():
                batch.create_check_constraint(op.f(f"ck_{table}_{name}"), rule)
    _create_tables()
    _move_checks()
    with _changed("person") as batch:
        batch.drop_column("check_valid_until")


def _move_checks():
    check = sa.table(
        "integrity_check",
        *(
            sa.column(name)
            for name in ("ref", "person_id", "kind", "valid_until", "seen_on", "reason", "measure")
        ),
    )
    rows = op.get_bind().execute(
        sa.text("SELECT id, check_valid_until, date(created_at) FROM person "
                "WHERE check_valid_until IS NOT NULL")
    ).all()
    for person_id, until, seen_on in rows:
        op.execute(
            check.insert().values(
                ref=secrets.token_urlsafe(16),
                person_id=person_id,
                kind="integrity",
                valid_until=until,
                seen_on=seen_on,
                reason="",
                measure="",
            )
        )


def _key(table, column, other, ondelete):
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete=ondelete
    )


def _id():
    return sa.Column("id", sa.Integer(), nullable=False)


def _ref():
    return sa.Column("ref", sa.String(), nullable=False)


def _must(name, kind, default=None):
    return sa.Column(name, kind, nullable=False, server_default=default)


def _may(name, kind):
    return sa.Column(name, kind, nullable=True)


def _create_tables():
    number = sa.Integer()
    op.create_table(
        "stage_change",
        _id(),
        _must("person_id", number),
        _must("centre_id", number),
        _must("role", WORD),
        _must("stage", WORD),
        _must("at", INSTANT),
        _may("by_id", number),
        _must("note", sa.String()),
        _key("stage_change", "person_id", "person", "CASCADE"),
        _key("stage_change", "centre_id", "centre", "CASCADE"),
        _key("stage_change", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_stage_change"),
    )
    op.create_index("ix_stage_change_person_id", "stage_change", ["person_id"])
    op.create_table(
        "apart",
        _must("person_id", number),
        _must("other_id", number),
        _must("made_at", INSTANT),
        _may("by_id", number),
        sa.CheckConstraint("person_id < other_id", name=op.f("ck_apart_one_row_a_pair")),
        _key("apart", "person_id", "person", "CASCADE"),
        _key("apart", "other_id", "person", "CASCADE"),
        _key("apart", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("person_id", "other_id", name="pk_apart"),
    )
    op.create_index("ix_apart_other_id", "apart", ["other_id"])
    op.create_table(
        "contract",
        _id(),
        _ref(),
        _must("person_id", number),
        _must("centre_id", number),
        _must("kind", WORD),
        _must("number", sa.String()),
        _must("signed_on", sa.Date()),
        _must("valid_from", sa.Date()),
        _may("valid_until", sa.Date()),
        _may("role_sheet_on", sa.Date()),
        _may("safety_sheet_on", sa.Date()),
        _may("made_by_id", number),
        _must("made_at", INSTANT),
        sa.CheckConstraint("number <> ''", name=op.f("ck_contract_number_is_given")),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_contract_ends_after_it_begins")),
        _key("contract", "person_id", "person", "CASCADE"),
        _key("contract", "centre_id", "centre", "CASCADE"),
        _key("contract", "made_by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_contract"),
        sa.UniqueConstraint("ref", name="uq_contract_ref"),
    )
    op.create_index("ix_contract_person_id", "contract", ["person_id"])
    op.create_index(
        "uq_contract_centre_id_kind_number", "contract", ["centre_id", "kind", "number"], unique=True
    )
    op.create_table(
        "integrity_check",
        _id(),
        _ref(),
        _must("person_id", number),
        _must("kind", WORD),
        _may("issued_on", sa.Date()),
        _must("valid_until", sa.Date()),
        _must("seen_on", sa.Date()),
        _may("seen_by_id", number),
        _must("reason", sa.String()),
        _must("measure", sa.String()),
        _may("approved_by_id", number),
        sa.CheckConstraint(
            "valid_until >= issued_on", name=op.f("ck_integrity_check_ends_after_it_was_issued")
        ),
        sa.CheckConstraint(
            "kind <> 'not_possible' OR (reason <> '' AND measure <> '')",
            name=op.f("ck_integrity_check_not_possible_has_a_reason_and_a_measure"),
        ),
        _key("integrity_check", "person_id", "person", "CASCADE"),
        _key("integrity_check", "seen_by_id", "person", "SET NULL"),
        _key("integrity_check", "approved_by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_integrity_check"),
        sa.UniqueConstraint("ref", name="uq_integrity_check_ref"),
    )
    op.create_index("ix_integrity_check_person_id", "integrity_check", ["person_id"])
    op.create_table(
        "weekly_window",
        _id(),
        _must("person_id", number),
        _must("weekday", number),
        _must("starts", sa.Time()),
        _must("ends", sa.Time()),
        _must("answer", WORD),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_weekly_window_weekday")),
        sa.CheckConstraint("starts < ends", name=op.f("ck_weekly_window_ends_after_start")),
        _key("weekly_window", "person_id", "person", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_weekly_window"),
    )
    op.create_index("ix_weekly_window_person_id", "weekly_window", ["person_id"])
    op.create_table(
        "dated_window",
        _id(),
        _ref(),
        _must("person_id", number),
        _must("starts_at", INSTANT),
        _must("ends_at", INSTANT),
        _must("answer", WORD),
        _may("batch", sa.String()),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_dated_window_ends_after_start")),
        _key("dated_window", "person_id", "person", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_dated_window"),
        sa.UniqueConstraint("ref", name="uq_dated_window_ref"),
    )
    op.create_index("ix_dated_window_person_id_ends_at", "dated_window", ["person_id", "ends_at"])
    op.create_table(
        "override",
        _id(),
        _must("assignment_id", number),
        _must("rule", WORD),
        _must("reason", sa.String()),
        _must("starts_at", INSTANT),
        _may("by_id", number),
        _must("at", INSTANT),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_override_reason_is_given")),
        _key("override", "assignment_id", "assignment", "CASCADE"),
        _key("override", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_override"),
    )
    op.create_index("ix_override_assignment_id", "override", ["assignment_id"])
    op.create_table(
        "decision",
        _id(),
        _must("assignment_id", number),
        _must("state", WORD),
        _must("at", INSTANT),
        _may("by_id", number),
        _must("why", sa.JSON()),
        _key("decision", "assignment_id", "assignment", "CASCADE"),
        _key("decision", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
    )
    op.create_index("ix_decision_assignment_id", "decision", ["assignment_id"])
    op.create_table(
        "asking",
        _id(),
        _ref(),
        _must("need_id", number),
        _may("by_id", number),
        _may("stand_in_for_id", number),
        _must("made_at", INSTANT),
        _must("at_once", number),
        _must("lasts_minutes", number),
        _must("passed_over", sa.JSON()),
        _must("progress", WORD),
        _may("ended_at", INSTANT),
        sa.CheckConstraint("at_once > 0", name=op.f("ck_asking_at_once")),
        sa.CheckConstraint("lasts_minutes > 0", name=op.f("ck_asking_lasts_minutes")),
        _key("asking", "need_id", "need", "CASCADE"),
        _key("asking", "by_id", "person", "SET NULL"),
        _key("asking", "stand_in_for_id", "assignment", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_asking"),
        sa.UniqueConstraint("ref", name="uq_asking_ref"),
    )
    op.create_index("ix_asking_need_id", "asking", ["need_id"])
    running = sa.text("progress = 'running'")
    op.create_index(
        "uq_asking_running",
        "asking",
        ["need_id"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )
    op.create_table(
        "in_line",
        _id(),
        _must("asking_id", number),
        _must("person_id", number),
        _must("position", number),
        _must("facts", sa.JSON()),
        _may("asked_at", INSTANT),
        _may("outcome", sa.String()),
        _key("in_line", "asking_id", "asking", "CASCADE"),
        _key("in_line", "person_id", "person", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_in_line"),
        sa.UniqueConstraint("asking_id", "person_id", name="uq_in_line_asking_id_person_id"),
    )
    op.create_table(
        "swap",
        _id(),
        _ref(),
        _must("mine_id", number),
        _must("theirs_id", number),
        _must("state", WORD),
        _must("made_at", INSTANT),
        _must("lapses_at", INSTANT),
        _may("answered_at", INSTANT),
        sa.CheckConstraint("mine_id <> theirs_id", name=op.f("ck_swap_two_places")),
        _key("swap", "mine_id", "assignment", "CASCADE"),
        _key("swap", "theirs_id", "assignment", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_swap"),
        sa.UniqueConstraint("ref", name="uq_swap_ref"),
    )
    op.create_index("ix_swap_mine_id", "swap", ["mine_id"])
    op.create_index("ix_swap_theirs_id", "swap", ["theirs_id"])


def downgrade():
    with _changed("person") as batch:
        batch.add_column(sa.Column("check_valid_until", sa.Date(), nullable=True))
    op.execute(
        "UPDATE person SET check_valid_until = (SELECT max(c.valid_until) FROM integrity_check c "
        "WHERE c.person_id = person.id)"
    )
    for table in (
        "swap", "in_line", "asking", "decision", "override", "dated_window", "weekly_window",
        "integrity_check", "contract", "apart", "stage_change",
    ):
        op.drop_table(table)
    op.execute("DELETE FROM spoken_language WHERE speaks IS NULL AND reads IS NULL")
    op.execute("DELETE FROM membership WHERE stage NOT IN ('active', 'paused')")
    op.execute("UPDATE assignment SET state = 'declined' WHERE state = 'lapsed'")
    for table in reversed(COLUMNS):
        with _changed(table) as batch:
            for name in CHECKS.get(table, {}):
                batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            for name, _kind, _default in COLUMNS[table]:
                batch.drop_column(name)
    with _changed("spoken_language") as batch:
        batch.create_check_constraint(
            op.f("ck_spoken_language_speaks_or_reads"), "speaks IS NOT NULL OR reads IS NOT NULL"
        )


@contextmanager
def _changed(table):
    """SQLite builds the table anew: its triggers are put back."""
    triggers = []
    if op.get_bind().dialect.name == "sqlite":
        found = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
        triggers = op.get_bind().execute(sa.text(found), {"table": table}).scalars().all()
    with op.batch_alter_table(table) as batch:
        yield batch
    for trigger in triggers:
        op.execute(trigger)
