"""The shop's web service. Vulnerable on purpose."""
