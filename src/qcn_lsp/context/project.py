"""Which frameworks and libraries a project declares, read from its manifests as text.

The manifests belong to the code under review: they are searched for known names and nothing else of them is used.
"""

import re
from collections.abc import Iterable

MANIFESTS = (
    "pyproject.toml",
    "requirements.txt",
    "Pipfile",
    "package.json",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "composer.json",
    "Gemfile",
    "Cargo.toml",
)

# Names that change what is a flaw: web frameworks, templates, database layers, and the like.
_KNOWN = (
    *("django", "flask", "fastapi", "starlette", "aiohttp", "tornado", "jinja2", "sqlalchemy", "psycopg", "pymongo"),
    *("express", "koa", "fastify", "next", "react", "vue", "angular", "svelte", "sequelize", "prisma", "mongoose"),
    *("gin-gonic/gin", "labstack/echo", "gorilla/mux", "gorm", "spring-boot", "hibernate", "jakarta.servlet"),
    *("laravel", "symfony", "doctrine", "wordpress", "rails", "sinatra", "activerecord", "actix-web", "axum", "sqlx"),
)
_PATTERN = re.compile(rf"(?<![\w-])({'|'.join(re.escape(name) for name in _KNOWN)})(?![\w-])", re.IGNORECASE)


def declared_frameworks(manifests: Iterable[str]) -> tuple[str, ...]:
    """The known names that occur in the manifests' texts, sorted, so that the prompt's bytes stay the same."""
    return tuple(sorted({found.lower() for manifest in manifests for found in _PATTERN.findall(manifest)}))
