"""Files and git of the workspace: read only, nothing in it is ever executed."""
