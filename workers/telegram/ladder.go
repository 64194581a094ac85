package telegram

// Form is how images reach a person. Each rung down the ladder shows less and carries more.
type Form string

// The forms.
const (
	// FormPhoto: shown in the chat, recompressed by Telegram.
	FormPhoto Form = "photo"
	// FormDocument: the original bytes, to be opened with a tap.
	FormDocument Form = "document"
	// FormLink: too large for Telegram; a signed link to our own proxy.
	FormLink Form = "link"
)

// Telegram's limits for what a bot uploads.
const (
	// MaxAlbum is the most items of an album; the fewest is 2.
	MaxAlbum = 10
	// MaxPhotoBytes is the largest photo.
	MaxPhotoBytes = 10 << 20
	// MaxPhotoSides is the largest sum of a photo's width and height, in pixels.
	MaxPhotoSides = 10000
	// MaxPhotoRatio is the largest ratio of a photo's sides.
	MaxPhotoRatio = 20
	// MaxDocumentBytes is the largest document.
	MaxDocumentBytes = 50 << 20
	// MaxDownloadBytes is the largest file a bot can fetch.
	MaxDownloadBytes = 20 << 20
)

// FormFor chooses the form of an image of the given size in pixels and bytes. Those of one form can go out together.
func FormFor(width, height int, bytes int64) Form {
	switch {
	case bytes > MaxDocumentBytes:
		return FormLink
	case !photoFits(width, height, bytes):
		return FormDocument
	}
	return FormPhoto
}

func photoFits(width, height int, bytes int64) bool {
	if width < 1 || height < 1 || bytes < 1 || bytes > MaxPhotoBytes {
		return false
	}
	// One by one first: a forged header may hold sizes whose sum or product overflows.
	if width > MaxPhotoSides || height > MaxPhotoSides || width+height > MaxPhotoSides {
		return false
	}
	return max(width, height) <= MaxPhotoRatio*min(width, height)
}

// Below returns the next form down the ladder, to be tried when Telegram refused this one, and false at its foot.
func (f Form) Below() (Form, bool) {
	switch f {
	case FormPhoto:
		return FormDocument, true
	case FormDocument:
		return FormLink, true
	}
	return FormLink, false
}
