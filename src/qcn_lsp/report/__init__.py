"""Findings as text, JSON and SARIF. Pure: values in, text out."""
