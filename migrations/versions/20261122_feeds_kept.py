"""feeds kept

Calendars of a centre and of a room; events and whole feeds as they were last written, and the
triggers that count what changes of a meeting, a person's places, a centre and the house, so that
nothing kept can outlive a change.

Revision ID: a3d6c8e1f052
Revises: f7c29a5d8b34
Create Date: 2026-11-22 22:30:00

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "a3d6c8e1f052"
down_revision = "f7c29a5d8b34"
branch_labels = None
depends_on = None

WORD, INSTANT, NUMBER, TEXT, BYTES = (
    sa.String(length=32), sa.DateTime(timezone=True), sa.Integer(), sa.String(), sa.LargeBinary()
)

# --- who must hear of a change: SELECTs of subjects; {rows} are the rows that changed, as `changed`

_PEOPLE_AT = (
    "SELECT 'person', booking.person_id FROM {meetings} JOIN booking ON booking.meeting_id = m.id "
    "UNION SELECT 'person', assignment.person_id FROM {meetings} "
    "JOIN need ON need.meeting_id = m.id JOIN assignment ON assignment.need_id = need.id"
)
_CENTRE_OF = (
    "SELECT 'centre', activity.centre_id FROM {rows} "
    "JOIN activity ON activity.id = changed.activity_id"
)


def _of_meetings(meetings):
    return f"SELECT 'meeting', m.id FROM {meetings} UNION {_PEOPLE_AT.format(meetings=meetings)}"


_PERSON = "SELECT 'person', changed.person_id FROM {rows}"
_ALSO_ASKED = (  # whether an offer still stands depends on who else said yes
    "SELECT 'person', changed.person_id FROM {rows} "
    "UNION SELECT 'person', other.person_id FROM {rows} "
    "JOIN assignment other ON other.need_id = changed.need_id"
)
_ASKED = (
    "SELECT 'person', other.person_id FROM {rows} "
    "JOIN assignment other ON other.need_id = changed.id"
)
_HOUSE = "SELECT DISTINCT 'house', 0 FROM {rows}"
_MEETINGS = {
    "meeting": "{rows} JOIN meeting m ON m.id = changed.id",
    "meeting_text": "{rows} JOIN meeting m ON m.id = changed.meeting_id",
    "activity": "{rows} JOIN meeting m ON m.activity_id = changed.id",
    "activity_text": "{rows} JOIN meeting m ON m.activity_id = changed.activity_id",
}
_CENTRES = {
    "meeting": _CENTRE_OF,
    "meeting_text": (
        "SELECT 'centre', activity.centre_id FROM {rows} "
        "JOIN meeting ON meeting.id = changed.meeting_id "
        "JOIN activity ON activity.id = meeting.activity_id"
    ),
    "activity": "SELECT 'centre', changed.centre_id FROM {rows}",
    "activity_text": _CENTRE_OF,
}
TOUCHED = {
    "booking": _PERSON,
    "assignment": _ALSO_ASKED,
    "need": _ASKED,
    "confidant": _PERSON,
    "membership": _PERSON,
    "room": _HOUSE,
    "centre": _HOUSE,
    **{
        table: f"{_of_meetings(_MEETINGS[table])} UNION {_CENTRES[table]}" for table in _MEETINGS
    },
}
COLUMNS = {
    "booking": ("person_id",),
    "assignment": ("person_id", "need_id"),
    "need": ("id",),
    "confidant": ("person_id",),
    "membership": ("person_id",),
    "room": ("id",),
    "centre": ("id",),
    "meeting": ("id", "activity_id"),
    "meeting_text": ("meeting_id",),
    "activity": ("id", "centre_id"),
    "activity_text": ("activity_id",),
}
DEEDS = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}
TRIGGERS = [
    (table, deed)
    for table in TOUCHED
    for deed in DEEDS
    if (TOUCHED[table], deed) != (_HOUSE, "insert")  # a new room stands nowhere yet
]


def upgrade():
    with op.batch_alter_table("feed_link") as batch:
        batch.add_column(sa.Column("scope", WORD, server_default="own", nullable=False))
        batch.add_column(sa.Column("centre_id", NUMBER))
        batch.add_column(sa.Column("room_id", NUMBER))
        batch.add_column(
            sa.Column("with_offers", sa.Boolean(), server_default=sa.text("true"), nullable=False)
        )
        batch.add_column(
            sa.Column("with_open", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
        for other in ("centre", "room"):
            batch.create_foreign_key(
                f"fk_feed_link_{other}_id_{other}", other, [f"{other}_id"], ["id"],
                ondelete="CASCADE",
            )
            batch.create_check_constraint(
                op.f(f"ck_feed_link_scope_{other}"),
                f"(scope = '{other}') = ({other}_id IS NOT NULL)",
            )
        batch.create_index("ix_feed_link_centre_id", ["centre_id"])
        batch.create_index("ix_feed_link_room_id", ["room_id"])
    op.drop_table("feed_version")
    _create_tables()
    for table, deed in TRIGGERS:
        _create_trigger(table, deed)


def _create_tables():
    op.create_table(
        "kept_event",
        sa.Column("meeting_id", NUMBER, nullable=False),
        sa.Column("look", WORD, nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("generation", TEXT, nullable=False),
        sa.Column("stamp", TEXT, nullable=False),
        sa.Column("body", BYTES, nullable=False),
        sa.Column("ringing", BYTES, nullable=False),
        sa.Column("zone", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name="fk_kept_event_meeting_id_meeting",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("meeting_id", "look", "language", name="pk_kept_event"),
    )
    op.create_table(
        "kept_feed",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("link_id", NUMBER),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("fresh_until", INSTANT, nullable=False),
        sa.Column("body", BYTES, nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["feed_link.id"], name="fk_kept_feed_link_id_feed_link",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name="pk_kept_feed"),
        sa.UniqueConstraint("link_id", name="uq_kept_feed_link_id"),
    )
    op.create_table(
        "feed_touch",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("subject", WORD, nullable=False),
        sa.Column("subject_id", NUMBER, nullable=False),
        sa.Column("weight", NUMBER, server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed_touch"),
    )
    op.create_index(
        "ix_feed_touch_subject_subject_id_weight",
        "feed_touch",
        ["subject", "subject_id", "weight"],
    )


def _create_trigger(table, deed):
    name = f"touch_{table}_{deed}"
    if op.get_bind().dialect.name == "postgresql":
        _create_for_postgresql(name, table, deed)
    else:
        _create_for_sqlite(name, table, deed)


def _create_for_sqlite(name, table, deed):
    """For each row; the row of before and that of after where both may point somewhere."""
    rows = " UNION ".join(
        "SELECT " + ", ".join(f"{side}.{column} AS {column}" for column in COLUMNS[table])
        for side in DEEDS[deed]
    )
    subjects = TOUCHED[table].replace("{rows}", f"({rows}) AS changed")
    op.execute(
        f"CREATE TRIGGER {name} AFTER {deed.upper()} ON {table} BEGIN "
        f"INSERT INTO feed_touch (subject, subject_id) {subjects}; END"
    )


def _create_for_postgresql(name, table, deed):
    """Once for each statement, however many rows it changed."""
    sides = DEEDS[deed]
    columns = ", ".join(COLUMNS[table])
    rows = " UNION ".join(f"SELECT {columns} FROM {side}_rows" for side in sides)
    subjects = TOUCHED[table].replace("{rows}", f"({rows}) AS changed")
    tables = " ".join(f"{side.upper()} TABLE AS {side}_rows" for side in sides)
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO feed_touch (subject, subject_id) {subjects}; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} AFTER {deed.upper()} ON {table} REFERENCING {tables} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def downgrade():
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, deed in TRIGGERS:
        name = f"touch_{table}_{deed}"
        op.execute(f"DROP TRIGGER {name} ON {table}" if on_postgresql else f"DROP TRIGGER {name}")
        if on_postgresql:
            op.execute(f"DROP FUNCTION {name}()")
    for table in ("feed_touch", "kept_feed", "kept_event"):
        op.drop_table(table)
    op.create_table(
        "feed_version",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_feed_version"),
    )
    with op.batch_alter_table("feed_link") as batch:
        for other in ("centre", "room"):
            batch.drop_index(f"ix_feed_link_{other}_id")
            batch.drop_constraint(op.f(f"ck_feed_link_scope_{other}"), type_="check")
            batch.drop_constraint(f"fk_feed_link_{other}_id_{other}", type_="foreignkey")
            batch.drop_column(f"{other}_id")
        for column in ("with_open", "with_offers", "scope"):
            batch.drop_column(column)
