"""How static files are named: by content once collected, plainly in tests and while developing."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ManifestStorage(CompressedManifestStaticFilesStorage):
    """Content-hashed names for what `collectstatic` has seen; anything else keeps its name."""

    def stored_name(self, name: str) -> str:
        known = self.hashed_files.get(self.hash_key(self.clean_name(name)))
        return name if known is None else str(known)
