"""the coordinator's week

Terms, templates, the organisation calendar, venues and travel times; what each kind of activity is
asked; titles and visibility of single meetings; edits of a series and their undo. What was planned
before is published, and a meeting is as private as its activity.

Revision ID: 8b7e30c1d5a2
Revises: 5d0c1f6a2b47
Create Date: 2026-11-22 12:40:00

"""
import secrets
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "8b7e30c1d5a2"
down_revision = "5d0c1f6a2b47"
branch_labels = None
depends_on = None

def _column(name, kind, default=None):
    """Not null where it has a default."""
    return sa.Column(name, kind, server_default=default, nullable=default is None)


WORD, FALSE, TRUE = sa.String(length=32), sa.text("false"), sa.text("true")
COLUMNS = {
    "room": (
        ("ref", sa.String(), ""),
        ("address", sa.String(), None),
        ("step_free", sa.Boolean(), FALSE),
        ("note", sa.String(), ""),
        ("in_use", sa.Boolean(), TRUE),
    ),
    "activity": (
        ("term_id", sa.Integer(), None),
        ("published_at", sa.DateTime(timezone=True), None),
        ("age", WORD, None),
        ("target_hours", sa.Integer(), None),
        ("hour_minutes", sa.Integer(), "60"),
        ("minimum", sa.Integer(), None),
        ("placement", sa.Boolean(), FALSE),
        ("topic", WORD, None),
        ("families", sa.Boolean(), FALSE),
        ("transport", sa.String(), None),
        ("service", WORD, None),
        ("meeting_point", sa.String(), None),
        ("beside_id", sa.Integer(), None),
    ),
    "meeting": (
        ("privacy", WORD, "protected"),
        ("by_hand", sa.Boolean(), FALSE),
        ("beside_id", sa.Integer(), None),
    ),
}
KEYS = {
    "activity": (("term_id", "term"), ("beside_id", "activity")),
    "meeting": (("beside_id", "meeting"),),
}
CHECKS = {
    "activity": {
        "minimum": "minimum IS NULL OR minimum > 0",
        "minimum_fits_in": "minimum <= capacity",
        "target_hours": "target_hours IS NULL OR target_hours > 0",
        "hour_minutes": "hour_minutes BETWEEN 30 AND 60",
        "appointment_is_individual": "kind <> 'individual' OR privacy = 'individual'",
    },
}
INDEXES = (
    ("uq_room_ref", "room", ["ref"], True),
    ("ix_activity_term_id", "activity", ["term_id"], False),
    ("ix_activity_beside_id", "activity", ["beside_id"], False),
    ("ix_meeting_beside_id", "meeting", ["beside_id"], False),
)
TOLD = sa.text("kind IN ('moved', 'cancelled', 'restored')")


def upgrade():
    _create_tables()
    for table in COLUMNS:
        with _changed(table) as batch:
            for name, kind, default in COLUMNS[table]:
                batch.add_column(_column(name, kind, default))
            for column, other in KEYS.get(table, ()):
                key = op.f(f"fk_{table}_{column}_{other}")
                batch.create_foreign_key(key, other, [column], ["id"], ondelete="SET NULL")
            for name, rule in CHECKS.get(table, {}).items():
                batch.create_check_constraint(op.f(f"ck_{table}_{name}"), rule)
    op.execute("UPDATE activity SET published_at = changed_at")
    op.execute(
        "UPDATE meeting SET privacy = (SELECT a.privacy FROM activity a "
        "WHERE a.id = meeting.activity_id)"
    )
    room = sa.table("room", sa.column("id"), sa.column("ref"))
    for (room_id,) in op.get_bind().execute(sa.select(room.c.id)).all():
        op.execute(room.update().where(room.c.id == room_id).values(ref=secrets.token_urlsafe(16)))
    for name, table, columns, unique in INDEXES:
        op.create_index(name, table, columns, unique=unique)
    with op.batch_alter_table("meeting_change") as batch:
        batch.drop_constraint("uq_meeting_change_meeting_id_sequence", type_="unique")
        batch.add_column(sa.Column("edit_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            "fk_meeting_change_edit_id_edit", "edit", ["edit_id"], ["id"], ondelete="SET NULL"
        )
        batch.create_index("ix_meeting_change_edit_id", ["edit_id"])
        batch.create_index("ix_meeting_change_meeting_id", ["meeting_id"])
    op.create_index(
        "uq_meeting_change_told",
        "meeting_change",
        ["meeting_id", "sequence"],
        unique=True,
        sqlite_where=TOLD,
        postgresql_where=TOLD,
    )


def _create_tables():
    op.create_table(
        "term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_term_name_is_given")),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_term_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centre.id"], name="fk_term_centre_id_centre", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_term"),
        sa.UniqueConstraint("centre_id", "name", name="uq_term_centre_id_name"),
        sa.UniqueConstraint("ref", name="uq_term_ref"),
    )
    op.create_table(
        "template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("outline", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_template_name_is_given")),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centre.id"], name="fk_template_centre_id_centre", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_template"),
        sa.UniqueConstraint("centre_id", "name", name="uq_template_centre_id_name"),
        sa.UniqueConstraint("ref", name="uq_template_ref"),
    )
    op.create_table(
        "calendar_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("batch", sa.String(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_calendar_entry_name_is_given")),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_calendar_entry_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["centre_id"],
            ["centre.id"],
            name="fk_calendar_entry_centre_id_centre",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"],
            ["person.id"],
            name="fk_calendar_entry_made_by_id_person",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_entry"),
        sa.UniqueConstraint("ref", name="uq_calendar_entry_ref"),
    )
    op.create_index("ix_calendar_entry_batch", "calendar_entry", ["batch"])
    op.create_index(
        "ix_calendar_entry_last_day_centre_id", "calendar_entry", ["last_day", "centre_id"]
    )
    op.create_table(
        "travel_time",
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("from_id < to_id", name=op.f("ck_travel_time_one_row_a_pair")),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_travel_time_minutes")),
        sa.ForeignKeyConstraint(
            ["from_id"], ["centre.id"], name="fk_travel_time_from_id_centre", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["centre.id"], name="fk_travel_time_to_id_centre", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("from_id", "to_id", name="pk_travel_time"),
    )
    op.create_index("ix_travel_time_to_id", "travel_time", ["to_id"])
    op.create_table(
        "edit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name="fk_edit_activity_id_activity", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name="fk_edit_by_id_person", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["edit.id"], name="fk_edit_undoes_id_edit", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_edit"),
        sa.UniqueConstraint("ref", name="uq_edit_ref"),
    )
    op.create_index("ix_edit_activity_id", "edit", ["activity_id"])
    op.create_table(
        "meeting_text",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("title <> ''", name=op.f("ck_meeting_text_title_is_given")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name="fk_meeting_text_meeting_id_meeting", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", "language", name="pk_meeting_text"),
    )


def downgrade():
    op.execute("DELETE FROM meeting_change WHERE kind NOT IN ('moved', 'cancelled', 'restored')")
    op.drop_index("uq_meeting_change_told", "meeting_change")
    with op.batch_alter_table("meeting_change") as batch:
        batch.drop_index("ix_meeting_change_meeting_id")
        batch.drop_index("ix_meeting_change_edit_id")
        batch.drop_constraint("fk_meeting_change_edit_id_edit", type_="foreignkey")
        batch.drop_column("edit_id")
        batch.create_unique_constraint(
            "uq_meeting_change_meeting_id_sequence", ["meeting_id", "sequence"]
        )
    op.drop_table("meeting_text")
    op.drop_table("edit")
    for name, table, _columns, _unique in INDEXES:
        op.drop_index(name, table)
    for table in reversed(COLUMNS):
        with _changed(table) as batch:
            for name in CHECKS.get(table, {}):
                batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            for column, other in KEYS.get(table, ()):
                batch.drop_constraint(op.f(f"fk_{table}_{column}_{other}"), type_="foreignkey")
            for name, _kind, _default in COLUMNS[table]:
                batch.drop_column(name)
    for table in ("travel_time", "calendar_entry", "template", "term"):
        op.drop_table(table)


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
