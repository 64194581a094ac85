package texts

// Texts about announcements.
const (
	// MessageAnnouncement says whose news it is. Text is the operators' own, HTML.
	MessageAnnouncement Key = "message.announcement"
	// AnswerNewsOff and AnswerNewsOn: the person opted out, or in again.
	AnswerNewsOff Key = "answer.news_off"
	AnswerNewsOn  Key = "answer.news_on"
	// ButtonNewsOff and ButtonNewsOn do so under an announcement.
	ButtonNewsOff Key = "button.news_off"
	ButtonNewsOn  Key = "button.news_on"
	// ButtonSetNewsOn and ButtonSetNewsOff say in the settings what is set.
	ButtonSetNewsOn  Key = "button.set_news_on"
	ButtonSetNewsOff Key = "button.set_news_off"
	// MessageDeskAnnounced tells operators what became of the announcement ID: Sent, Blocked, Failed and Uncertain are people.
	MessageDeskAnnounced Key = "message.desk_announced"
	// MessageDeskUnannounced: it was taken back. Deleted and Kept are chats.
	MessageDeskUnannounced Key = "message.desk_unannounced"
	// MessageDeskAnnounceRefused: it is paused, because Telegram does not take it. Sent people have it.
	MessageDeskAnnounceRefused Key = "message.desk_announce_refused"
)
