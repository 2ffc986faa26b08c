package store

// aboutCases is what is kept of the cases that people opened.
func aboutCases() []keeping {
	return []keeping{
		{
			table: "cases", of: "opener = $1", what: "case",
			shown: []showing{
				{column: "kind", name: "case_kind"}, {column: "state"}, {column: "created", read: asTime}, {column: "changed", read: asTime},
				{column: "reason", name: "words", read: asSealed}, {column: "contact", read: asFlag},
			},
			hidden: map[string]string{
				"id": aNumber, "programme": "shown with the membership", "unit": "shown with the membership", "opener": theirs,
				"opener_role": "shown with the membership", "conversation": aNumber, "claimed_by": another, "talk": "shown as a conversation",
				"about": another, "outcome": "how staff see it", "closed": "of the state", "joint": "shown as a conversation", "due": "follows from the other times", "reminded": aNumber,
			},
			erase: "UPDATE cases SET reason = '', contact = 0 WHERE opener = $1",
			stays: "closed cases keep their number; nothing leads from it to a person",
		},
		{table: "cases", of: "about = $1", erase: "UPDATE cases SET about = NULL WHERE about = $1"}, // they are not told who reports
		{
			table: "case_note", of: "case_id IN (SELECT id FROM cases WHERE opener = $1)", what: "case_note", counted: true,
			hidden: map[string]string{"id": aNumber, "case_id": aNumber, "author": another, "words": "what staff write for each other", "created": "of the note"},
			erase:  "DELETE FROM case_note WHERE case_id IN (SELECT id FROM cases WHERE opener = $1)",
		},
		{table: "case_note", of: "author = $1", what: "note_author", counted: true, erase: "UPDATE case_note SET author = 0 WHERE author = $1"},
		{
			table: "duty", of: "writer = $1", what: "duty", counted: true,
			hidden: map[string]string{
				"case_id": aNumber, "writer": theirs, "state": "of what they wrote", "words": "about somebody else; they see it by the command",
				"created": "of what they wrote", "due": "of what they wrote",
			},
			erase: "UPDATE duty SET writer = 0 WHERE writer = $1",
		},
		// They are not told that there is one: it may be about them, and to tell may
		// endanger a child (tietosuojalaki, section 34).
		{table: "duty", of: "case_id IN (SELECT id FROM cases WHERE opener = $1)", erase: "DELETE FROM duty WHERE case_id IN (SELECT id FROM cases WHERE opener = $1)"},
		{
			table: "snapshot", of: "member = $1", what: "snapshot",
			shown: []showing{{column: "created", read: asTime}},
			hidden: map[string]string{
				"id": aNumber, "case_id": aNumber, "member": theirs, "conversation": aNumber, "state": "shown with the case",
				"words": "messages that they have in their rooms", "shown": aNumber,
			},
			erase: "DELETE FROM snapshot WHERE member = $1",
		},
		{
			table: "joint_consent", of: "member = $1", what: "consent", counted: true,
			hidden: map[string]string{"joint": aNumber, "member": theirs, "menu": aNumber, "answer": "they gave it"},
			erase:  "DELETE FROM joint_consent WHERE member = $1",
		},
		{table: "cases", of: "claimed_by = $1", what: "claimed", counted: true, stays: "the same; those that are open have been given back"},
	}
}
