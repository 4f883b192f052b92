"""The migrations build exactly what the models describe, and can be undone."""

from __future__ import annotations

from pathlib import Path

import flask_migrate
import pytest

from app.extensions import db
from tests.conftest import make_app
from tests.engines import ENGINES, fresh_database


@pytest.mark.parametrize("engine", ENGINES)
def test_upgrade_matches_the_models_and_downgrade_undoes_it(engine: str, tmp_path: Path) -> None:
    app = make_app(fresh_database(engine), tmp_path)
    with app.app_context():
        flask_migrate.upgrade()
        flask_migrate.check()
        flask_migrate.downgrade(revision="base")
        assert db.inspect(db.engine).get_table_names() == ["alembic_version"]
        db.engine.dispose()
