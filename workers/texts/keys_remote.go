package texts

// Texts for whoever asks from outside a chat.
const (
	// NoteKeyConflict: a key that makes a request once came with another one.
	NoteKeyConflict Key = "note.key_conflict"
	// MessageModelAway: nobody who paints as Title can be reached.
	MessageModelAway Key = "message.model_away"
	CommandAPI       Key = "command.api"
	// MessageAPI says how programs paint: the URL they are given, and Docs, which may be empty.
	MessageAPI    Key = "message.api"
	MessageAPIOff Key = "message.api_off"
	// MessageAPIName asks what a token is called.
	MessageAPIName Key = "message.api_name"
	// MessageAPIMade shows a new Token of that Name, the URL it is for, and the Secret its webhooks are signed with.
	MessageAPIMade Key = "message.api_made"
	// MessageAPIMany: there are Count, and can be no more.
	MessageAPIMany Key = "message.api_many"
	// MessageAPIToken is one: how it begins, when it was made and last used (nil: never), credits Spent this month, and its Cap, zero for
	// none.
	MessageAPIToken   Key = "message.api_token"
	MessageAPIRevoked Key = "message.api_revoked"
	// MessageAPICapped: a token has spent what it may, until When.
	MessageAPICapped Key = "message.api_capped"
	AnswerAPIRevoked Key = "answer.api_revoked"
	ButtonAPINew     Key = "button.api_new"
	ButtonAPIRevoke  Key = "button.api_revoke"
	ButtonAPIHide    Key = "button.api_hide"
	ButtonAPIAny     Key = "button.api_any"
)
