"""How static files are named: by content once collected, plainly in tests and while developing."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ManifestStorage(CompressedManifestStaticFilesStorage):
    """Content-hashed names; a file that the manifest lacks keeps its plain name."""

    manifest_strict = False
