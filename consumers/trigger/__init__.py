"""The trigger: starts trainings, and withdraws advisors that do harm."""
