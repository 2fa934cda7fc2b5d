"""The portfolio's approaches: each is one way of thinking, whatever the problem is.

Every module has `INSTRUCTION`, one line that would tell a person (or a language model)
what to do, and `solve(text)`, which returns an answer or raises NotApplicableError.
Whether an answer is right is never known in here.
"""
