"""Why are labels enough? The gradient that turns the digit (Sect. 3.1, 3.3, Eq. 6, 7)."""

from __future__ import annotations

from app.views.labels import descent

descent.show(descent.choose())
descent.explain()
