"""Prompt texts and the order they are sent in. Pure: texts in, messages out."""
