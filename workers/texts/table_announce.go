package texts

// announced is the part of the table about announcements.
func announced() map[Key][]string {
	return map[Key][]string{
		MessageAnnouncement: {"Text"}, AnswerNewsOff: nil, AnswerNewsOn: nil, ButtonNewsOff: nil, ButtonNewsOn: nil,
		ButtonSetNewsOn: nil, ButtonSetNewsOff: nil,
		MessageDeskAnnounced: {"Blocked", "Failed", "ID", "Sent", "Uncertain"}, MessageDeskUnannounced: {"Deleted", "ID", "Kept"},
		MessageDeskAnnounceRefused: {"ID", "Sent"},
	}
}
