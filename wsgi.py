"""What the web server and the ``flask`` command load."""

import sys

from app import create_app
from app.config import BadSetting

try:
    app = create_app()
except BadSetting as problem:
    sys.exit(f"Punte cannot start. {problem}")
