"""attendance

Which participants were there and each word that was said of it; what a course wants, how its
members were placed, and what was decided in spite of it.

Revision ID: e5a07b3d91c4
Revises: c3f7a90d15be
Create Date: 2026-11-23 02:10:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "e5a07b3d91c4"
down_revision = "c3f7a90d15be"
branch_labels = None
depends_on = None

WORD, INSTANT, NUMBER, TEXT = (
    sa.String(length=32), sa.DateTime(timezone=True), sa.Integer(), sa.String()
)
TABLES = (
    "attendance_tap", "attendance", "course_rule", "placement", "level_override",
    "start_override", "course_paper",
)


def _must(name, kind):
    return sa.Column(name, kind, nullable=False)


def _may(name, kind):
    return sa.Column(name, kind, nullable=True)


def _key(table, column, other, ondelete):
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete=ondelete
    )


def upgrade():
    op.create_table(
        "attendance",
        _must("id", NUMBER),
        _must("meeting_id", NUMBER),
        _must("person_id", NUMBER),
        _may("mark", WORD),
        _must("key", TEXT),
        _must("said_at", INSTANT),
        _may("said_by_id", NUMBER),
        _key("attendance", "meeting_id", "meeting", "CASCADE"),
        _key("attendance", "person_id", "person", "CASCADE"),
        _key("attendance", "said_by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_attendance"),
        sa.UniqueConstraint(
            "meeting_id", "person_id", name="uq_attendance_meeting_id_person_id"
        ),
    )
    op.create_index("ix_attendance_person_id", "attendance", ["person_id"])
    op.create_table(
        "attendance_tap",
        _must("id", NUMBER),
        _must("key", TEXT),
        _must("attendance_id", NUMBER),
        _may("mark", WORD),
        _must("said_at", INSTANT),
        _must("received_at", INSTANT),
        _may("by_id", NUMBER),
        _key("attendance_tap", "attendance_id", "attendance", "CASCADE"),
        _key("attendance_tap", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_attendance_tap"),
        sa.UniqueConstraint("key", name="uq_attendance_tap_key"),
    )
    op.create_index("ix_attendance_tap_attendance_id", "attendance_tap", ["attendance_id"])
    op.create_table(
        "course_rule",
        _must("activity_id", NUMBER),
        _must("threshold", NUMBER),
        sa.CheckConstraint("threshold BETWEEN 1 AND 100", name=op.f("ck_course_rule_threshold")),
        _key("course_rule", "activity_id", "activity", "CASCADE"),
        sa.PrimaryKeyConstraint("activity_id", name="pk_course_rule"),
    )
    op.create_table(
        "placement",
        _must("id", NUMBER),
        _must("person_id", NUMBER),
        _may("level", TEXT),
        _must("at", INSTANT),
        _may("by_id", NUMBER),
        _key("placement", "person_id", "person", "CASCADE"),
        _key("placement", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_placement"),
    )
    op.create_index("ix_placement_person_id", "placement", ["person_id"])
    op.create_table(
        "level_override",
        _must("id", NUMBER),
        _must("activity_id", NUMBER),
        _must("person_id", NUMBER),
        _must("placed", TEXT),
        _must("level", TEXT),
        _must("reason", TEXT),
        _must("at", INSTANT),
        _may("by_id", NUMBER),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_level_override_reason_is_given")),
        _key("level_override", "activity_id", "activity", "CASCADE"),
        _key("level_override", "person_id", "person", "CASCADE"),
        _key("level_override", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_level_override"),
    )
    op.create_index(
        "ix_level_override_activity_id_person_id", "level_override", ["activity_id", "person_id"]
    )
    op.create_index("ix_level_override_person_id", "level_override", ["person_id"])
    op.create_table(
        "start_override",
        _must("id", NUMBER),
        _must("activity_id", NUMBER),
        _must("number", NUMBER),
        _must("minimum", NUMBER),
        _must("reason", TEXT),
        _must("at", INSTANT),
        _may("by_id", NUMBER),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_start_override_reason_is_given")),
        sa.CheckConstraint(
            "number < minimum", name=op.f("ck_start_override_fewer_than_the_minimum")
        ),
        _key("start_override", "activity_id", "activity", "CASCADE"),
        _key("start_override", "by_id", "person", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_start_override"),
    )
    op.create_index("ix_start_override_activity_id", "start_override", ["activity_id"])
    op.create_table(
        "course_paper",
        _must("certificate_id", NUMBER),
        _must("activity_id", NUMBER),
        _key("course_paper", "certificate_id", "certificate", "CASCADE"),
        _key("course_paper", "activity_id", "activity", "CASCADE"),
        sa.PrimaryKeyConstraint("certificate_id", name="pk_course_paper"),
    )
    op.create_index("ix_course_paper_activity_id", "course_paper", ["activity_id"])


def downgrade():
    for table in TABLES:
        op.drop_table(table)
