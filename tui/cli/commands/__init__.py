"""The commands' options and help. Each command imports its work only when it runs."""
