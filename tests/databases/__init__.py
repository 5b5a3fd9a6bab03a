"""One small database of each released schema, and the script that makes the newest."""
