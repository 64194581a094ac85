package texts

// crew is the part of the table about operators with commands of their own.
func crew() map[Key][]string {
	return map[Key][]string{
		CommandCrewStats:      nil,
		CommandCrewStatus:     nil,
		CommandCrewBan:        nil,
		CommandCrewUnban:      nil,
		CommandCrewRefund:     nil,
		CommandCrewPause:      nil,
		CommandCrewResume:     nil,
		CommandCrewAudit:      nil,
		MessageCrewStats:      {"Active", "Back", "Cost", "Failed", "Made", "Margin", "New", "Open", "People", "Percent", "Refused", "Rows", "Stars"},
		MessageCrewStatus:     {"Rows"},
		MessageCrewAudit:      {"Rows"},
		MessageCrewHow:        {"Example"},
		MessageCrewAsk:        {"What"},
		MessageCrewDone:       {"What", "Why"},
		MessageCrewNot:        {"Reason"},
		MessageCrewQueues:     nil,
		MessageCrewNoQueue:    nil,
		NoteCrewBan:           {"Name", "Term"},
		NoteCrewUnban:         {"Name"},
		NoteCrewRefund:        {"Name"},
		NoteCrewPause:         {"Name"},
		NoteCrewResume:        {"Name"},
		NoteCrewOff:           {"Name"},
		NoteCrewOn:            {"Name"},
		ButtonCrewSpam:        nil,
		ButtonCrewAbuse:       nil,
		ButtonCrewFraud:       nil,
		ButtonCrewMistake:     nil,
		ButtonCrewGoodwill:    nil,
		ButtonCrewIncident:    nil,
		ButtonCrewMaintenance: nil,
		ButtonCrewCost:        nil,
	}
}
