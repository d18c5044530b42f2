"""Kihon: ask documents and get answers whose every quote can be checked."""
