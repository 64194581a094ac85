package texts

// Texts of incidents that the program finds by itself, which stand on the status page in every language.
const (
	// NoteModelDown names the incident of a model that is away, MessageModelDown says what that means.
	NoteModelDown    Key = "note.model_down"
	MessageModelDown Key = "message.model_down"
	// NoteModelsDown and MessageModelsDown are for all of them together.
	NoteModelsDown    Key = "note.models_down"
	MessageModelsDown Key = "message.models_down"
	// NoteModelBack ends either.
	NoteModelBack Key = "note.model_back"
)

// incidents is the part of the table about them.
func incidents() map[Key][]string {
	return map[Key][]string{NoteModelDown: {"Title"}, MessageModelDown: nil, NoteModelsDown: nil, MessageModelsDown: nil, NoteModelBack: nil}
}
