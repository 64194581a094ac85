package texts

// kept is the part of the table about what is kept, and what has to be told.
func kept() map[Key][]string {
	return map[Key][]string{MessageUnused: {"When"}, MessageNotice: {"Text"}}
}
