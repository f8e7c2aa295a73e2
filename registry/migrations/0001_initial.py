import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations, models

# Two readings of the same text: by word stem and as written (names must be found although they are stop words).
WORDS = """
CREATE TEXT SEARCH CONFIGURATION assay_stems (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION assay_stems
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
CREATE TEXT SEARCH CONFIGURATION assay_words (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION assay_words
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple;
"""
REMOVE_WORDS = """
DROP TEXT SEARCH CONFIGURATION assay_words;
DROP TEXT SEARCH CONFIGURATION assay_stems;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(WORDS, REMOVE_WORDS),
        migrations.CreateModel(
            name="Server",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        max_length=100,
                        validators=[django.core.validators.RegexValidator("^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$")],
                    ),
                ),
                ("declared_name", models.TextField()),
                ("title", models.TextField()),
                ("description", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("prefix", models.CharField(max_length=16)),
                ("sha256", models.CharField(max_length=64, unique=True)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), default=list, size=None
                    ),
                ),
                ("expires_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Namespace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        max_length=64,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$")],
                    ),
                ),
                ("proof", models.CharField(blank=True, default="", max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="namespaces",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=128)),
                ("version_key", models.CharField(db_collation="C", max_length=512)),
                ("prerelease", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("yanked", "Yanked"), ("quarantined", "Quarantined")],
                        default="active",
                        max_length=12,
                    ),
                ),
                ("published_at", models.DateTimeField(auto_now_add=True)),
                (
                    "published_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Bundle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "platform",
                    models.CharField(
                        max_length=16,
                        validators=[
                            django.core.validators.RegexValidator("^(?:any|(?:darwin|linux|win32)(?:-(?:x64|arm64))?)$")
                        ],
                    ),
                ),
                (
                    "sha256",
                    models.CharField(
                        db_index=True,
                        max_length=64,
                        validators=[django.core.validators.RegexValidator("^[0-9a-f]{64}$")],
                    ),
                ),
                ("size", models.PositiveBigIntegerField()),
                ("filename", models.CharField(max_length=255)),
                ("server_type", models.CharField(max_length=16)),
                ("manifest", models.JSONField()),
                ("notices", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="bundles", to="registry.release"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Scan",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "Queued"), ("running", "Running"), ("done", "Done"), ("failed", "Failed")],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_token", models.UUIDField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                ("progress", models.JSONField(default=list)),
                ("error", models.TextField(blank=True, default="")),
                ("queued_at", models.DateTimeField(auto_now_add=True)),
                ("rung_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("scanner_version", models.CharField(blank=True, default="", max_length=64)),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="scans", to="registry.bundle"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FactSet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                ("body", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="fact_sets", to="registry.bundle"
                    ),
                ),
                (
                    "scan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="fact_set", to="registry.scan"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "server",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="entry",
                        serialize=False,
                        to="registry.server",
                    ),
                ),
                ("namespace", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=100)),
                ("title", models.TextField()),
                ("description", models.TextField(blank=True)),
                ("publisher", models.CharField(max_length=200)),
                ("publisher_verified", models.BooleanField(default=False)),
                ("version", models.CharField(max_length=128)),
                ("listed", models.BooleanField(default=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("scored", "Scored"),
                            ("provisional", "Provisional"),
                            ("scanning", "Scanning"),
                            ("queued", "Queued"),
                            ("failed", "Failed"),
                            ("not_assessed", "Not Assessed"),
                            ("quarantined", "Quarantined"),
                        ],
                        max_length=12,
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(null=True)),
                ("coverage", models.PositiveSmallIntegerField(null=True)),
                ("level", models.PositiveSmallIntegerField(null=True)),
                ("level_name", models.CharField(blank=True, max_length=32)),
                ("authentication", models.PositiveSmallIntegerField(null=True)),
                ("authorization", models.PositiveSmallIntegerField(null=True)),
                ("data_handling", models.PositiveSmallIntegerField(null=True)),
                ("supply_chain", models.PositiveSmallIntegerField(null=True)),
                ("runtime", models.PositiveSmallIntegerField(null=True)),
                ("server_type", models.CharField(max_length=16)),
                ("licence", models.CharField(blank=True, max_length=100)),
                (
                    "tools",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                ("tools_count", models.PositiveIntegerField(default=0)),
                (
                    "permissions",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                (
                    "platforms",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                ("downloads", models.PositiveBigIntegerField(default=0)),
                ("updated_at", models.DateTimeField()),
                ("quality", models.PositiveSmallIntegerField(default=0)),
                ("text", models.TextField()),
                ("vector", django.contrib.postgres.search.SearchVectorField()),
            ],
        ),
        migrations.AddField(
            model_name="server",
            name="namespace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="servers", to="registry.namespace"
            ),
        ),
        migrations.AddField(
            model_name="release",
            name="server",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="releases", to="registry.server"
            ),
        ),
        migrations.CreateModel(
            name="DownloadDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("count", models.PositiveBigIntegerField(default=0)),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="download_days", to="registry.bundle"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("bundle", "day"), name="download_day_once")],
            },
        ),
        migrations.CreateModel(
            name="AssessmentRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rubric", models.CharField(max_length=16)),
                ("score", models.PositiveSmallIntegerField()),
                ("potential", models.PositiveSmallIntegerField()),
                ("coverage", models.PositiveSmallIntegerField()),
                ("provisional", models.BooleanField()),
                ("blocked", models.BooleanField()),
                ("level", models.PositiveSmallIntegerField()),
                ("level_name", models.CharField(max_length=32)),
                ("authentication", models.PositiveSmallIntegerField()),
                ("authorization", models.PositiveSmallIntegerField()),
                ("data_handling", models.PositiveSmallIntegerField()),
                ("supply_chain", models.PositiveSmallIntegerField()),
                ("runtime", models.PositiveSmallIntegerField()),
                ("body", models.BinaryField()),
                ("etag", models.CharField(max_length=64)),
                ("scanned_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assessments", to="registry.bundle"
                    ),
                ),
                (
                    "fact_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assessments", to="registry.factset"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["bundle", "-id"], name="assessment_newest")],
                "constraints": [
                    models.UniqueConstraint(fields=("fact_set", "rubric"), name="assessment_once_per_rubric")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="bundle",
            constraint=models.UniqueConstraint(fields=("release", "platform"), name="bundle_platform_once"),
        ),
        migrations.AddIndex(
            model_name="scan",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "running"])), fields=["rung_at"], name="scan_unfinished"
            ),
        ),
        migrations.AddConstraint(
            model_name="scan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=("bundle",),
                name="scan_one_open_per_bundle",
            ),
        ),
        migrations.AddField(
            model_name="searchentry",
            name="release",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="registry.release"
            ),
        ),
        migrations.AddConstraint(
            model_name="server",
            constraint=models.UniqueConstraint(fields=("namespace", "name"), name="server_name_once"),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.UniqueConstraint(fields=("server", "version"), name="release_version_once"),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.UniqueConstraint(fields=("server", "version_key"), name="release_precedence_once"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=["vector"], name="search_vector"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("text", name="gin_trgm_ops"),
                fastupdate=False,
                name="search_trigrams",
            ),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=django.contrib.postgres.indexes.GinIndex(fields=["tools"], name="search_tools"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=django.contrib.postgres.indexes.GinIndex(fields=["permissions"], name="search_permissions"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(django.db.models.functions.text.Lower("licence"), name="search_licence"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(
                models.OrderBy(models.F("quality"), descending=True),
                models.OrderBy(models.F("server")),
                name="search_by_quality",
            ),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(
                models.OrderBy(django.db.models.functions.comparison.Coalesce("score", -1), descending=True),
                models.OrderBy(models.F("server")),
                name="search_by_score",
            ),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(
                models.OrderBy(models.F("updated_at"), descending=True),
                models.OrderBy(models.F("server")),
                name="search_by_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(
                models.OrderBy(models.F("downloads"), descending=True),
                models.OrderBy(models.F("server")),
                name="search_by_downloads",
            ),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(fields=["name", "server"], name="search_by_name"),
        ),
    ]
