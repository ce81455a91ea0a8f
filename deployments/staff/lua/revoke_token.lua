-- Ends a token of a person. Answers 1, or 0 if there was no such token.
if not end_token(ASKED.email, ASKED.id) then return 0 end
record(ASKED.entry)
return 1
