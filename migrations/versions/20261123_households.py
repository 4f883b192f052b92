"""households

Who decides for a child. The calendars of those who do are counted as changed with the places of
the child, and with each change of who decides.

Revision ID: a9d4e6b1c820
Revises: c4d2a90e7b18
Create Date: 2026-11-23 05:00:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "a9d4e6b1c820"
down_revision = "c4d2a90e7b18"
branch_labels = None
depends_on = None

WORD, INSTANT, NUMBER = sa.String(length=32), sa.DateTime(timezone=True), sa.Integer()

_GUARDIANS = "JOIN guardianship g ON g.blocked_at IS NULL AND g.child_id = "
_MEETING = f"JOIN booking ON booking.meeting_id = m.id {_GUARDIANS}booking.person_id"
TOUCHED = {
    "guardianship": "SELECT 'person', changed.guardian_id FROM {rows}",
    "booking": (
        f"SELECT DISTINCT 'person', g.guardian_id FROM {{rows}} {_GUARDIANS}changed.person_id"
    ),
    "meeting": f"SELECT DISTINCT 'person', g.guardian_id FROM {{rows}} "
    f"JOIN meeting m ON m.id = changed.id {_MEETING}",
    "meeting_text": f"SELECT DISTINCT 'person', g.guardian_id FROM {{rows}} "
    f"JOIN meeting m ON m.id = changed.meeting_id {_MEETING}",
    "activity": f"SELECT DISTINCT 'person', g.guardian_id FROM {{rows}} "
    f"JOIN meeting m ON m.activity_id = changed.id {_MEETING}",
    "activity_text": f"SELECT DISTINCT 'person', g.guardian_id FROM {{rows}} "
    f"JOIN meeting m ON m.activity_id = changed.activity_id {_MEETING}",
}
COLUMNS = {
    "guardianship": "guardian_id",
    "booking": "person_id",
    "meeting": "id",
    "meeting_text": "meeting_id",
    "activity": "id",
    "activity_text": "activity_id",
}
DEEDS = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}
TRIGGERS = [(table, deed) for table in TOUCHED for deed in DEEDS]


def upgrade():
    op.create_table(
        "guardianship",
        sa.Column("child_id", NUMBER, nullable=False),
        sa.Column("guardian_id", NUMBER, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by_id", NUMBER),
        sa.Column("blocked_at", INSTANT),
        sa.Column("blocked_by_id", NUMBER),
        sa.CheckConstraint(
            "child_id <> guardian_id", name="ck_guardianship_nobody_is_their_own"
        ),
        sa.CheckConstraint("blocked_at >= made_at", name="ck_guardianship_blocked_after_made"),
        *(
            sa.ForeignKeyConstraint(
                [column], ["person.id"], name=f"fk_guardianship_{column}_person", ondelete=ondelete
            )
            for column, ondelete in (
                ("child_id", "CASCADE"), ("guardian_id", "CASCADE"),
                ("made_by_id", "SET NULL"), ("blocked_by_id", "SET NULL"),
            )
        ),
        sa.PrimaryKeyConstraint("child_id", "guardian_id", name="pk_guardianship"),
    )
    op.create_index("ix_guardianship_guardian_id", "guardianship", ["guardian_id"])
    for table, deed in TRIGGERS:
        _create_trigger(table, deed)


def _create_trigger(table, deed):
    name, sides, column = f"household_{table}_{deed}", DEEDS[deed], COLUMNS[table]
    insert = "INSERT INTO feed_touch (subject, subject_id) "
    if op.get_bind().dialect.name == "postgresql":
        rows = " UNION ".join(f"SELECT {column} FROM {side}_rows" for side in sides)
        subjects = TOUCHED[table].replace("{rows}", f"({rows}) AS changed")
        tables = " ".join(f"{side.upper()} TABLE AS {side}_rows" for side in sides)
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"{insert}{subjects}; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {deed.upper()} ON {table} REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
        return
    rows = " UNION ".join(f"SELECT {side}.{column} AS {column}" for side in sides)
    subjects = TOUCHED[table].replace("{rows}", f"({rows}) AS changed")
    op.execute(
        f"CREATE TRIGGER {name} AFTER {deed.upper()} ON {table} BEGIN {insert}{subjects}; END"
    )


def downgrade():
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, deed in TRIGGERS:
        name = f"household_{table}_{deed}"
        op.execute(f"DROP TRIGGER {name} ON {table}" if on_postgresql else f"DROP TRIGGER {name}")
        if on_postgresql:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("guardianship")
