package texts

// What the Mini App says about what cannot be done there.
const (
	// NoteStillPainting: it cannot be deleted before it is canceled.
	NoteStillPainting Key = "note.still_painting"
	// NoteNoImage: there is nothing to send or share.
	NoteNoImage Key = "note.no_image"
	// NoteSubscribed: there is a subscription already.
	NoteSubscribed Key = "note.subscribed"
	// NoteTelegramAway: the invoice did not come in time.
	NoteTelegramAway Key = "note.telegram_away"
	// NoteNotOffered: a setting cannot be that.
	NoteNotOffered Key = "note.not_offered"
)

// web is the part of the table about the Mini App.
func web() map[Key][]string {
	return map[Key][]string{NoteStillPainting: nil, NoteNoImage: nil, NoteSubscribed: nil, NoteTelegramAway: nil, NoteNotOffered: nil}
}
