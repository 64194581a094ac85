package texts

// Texts about what is kept, and what has to be told.
const (
	// MessageUnused says that the account goes on the day of When, because nobody uses it.
	MessageUnused Key = "message.unused"
	// MessageNotice is what operators have to tell: Text is theirs. Nobody can opt out of it.
	MessageNotice Key = "message.notice"
)
