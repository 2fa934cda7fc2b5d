"""Numbered DDL, applied once each, in order."""
