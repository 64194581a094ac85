package texts

// remote is the part of the table for whoever asks from outside a chat.
func remote() map[Key][]string {
	return map[Key][]string{
		NoteKeyConflict: nil, MessageModelAway: {"Title"}, CommandAPI: nil, MessageAPI: {"Docs", "URL"}, MessageAPIOff: nil, MessageAPIName: nil,
		MessageAPIMade: {"Name", "Secret", "Token", "URL"}, MessageAPIMany: {count}, MessageAPIToken: {"Cap", "Created", "Name", "Prefix", "Spent", "Used"},
		MessageAPIRevoked: nil, MessageAPICapped: {"When"}, AnswerAPIRevoked: nil,
		ButtonAPINew: nil, ButtonAPIRevoke: nil, ButtonAPIHide: nil, ButtonAPIAny: nil,
	}
}
