package texts

// Texts about what is held of somebody, and about exports.
const (
	// MessageAccess says what there is about the person. Rows: RowHeld each. PolicyURL may be empty.
	MessageAccess Key = "message.access"
	// RowHeld is a category: Title, Number of entries.
	RowHeld Key = "row.held"
	// MessageExportStarted: an export is being made.
	MessageExportStarted Key = "message.export_started"
	// MessageExportParts: it comes as Number files of Megabytes in all.
	MessageExportParts Key = "message.export_parts"
	// MessageExportRunning: one is being made. Number is the part that is next, Of how many there are, 0 while nobody knows.
	MessageExportRunning Key = "message.export_running"
	// MessageExportLimit: there were enough of them for now, Until the next.
	MessageExportLimit Key = "message.export_limit"
	// CaptionExport stands under a file of an export: part Number of Of, 0 where there is one; Index is the page to open.
	CaptionExport Key = "caption.export"
	// MessageExportLink leads to a file that Telegram does not take: Number and Of as above, URL, Life of the link.
	MessageExportLink Key = "message.export_link"
	// MessageExportLarge is the same where there is no site to lead to.
	MessageExportLarge Key = "message.export_large"
	// MessageExportExpired: a file was deleted before it could be sent.
	MessageExportExpired Key = "message.export_expired"
	AnswerExport         Key = "answer.export"
	ButtonPrivacyAccess  Key = "button.privacy_access"
	ButtonExport         Key = "button.export"
	NoteExportTitle      Key = "note.export_title"
	// AboutExportIntro begins the page of an export, made at When. Data and Images are names of a file and a folder.
	AboutExportIntro Key = "about.export_intro"
	// AboutExportPart: this is part Number of Of.
	AboutExportPart   Key = "about.export_part"
	AboutExportSource Key = "about.export_source"
	// AboutExportRights says what one can do. Hub is the command that does it.
	AboutExportRights Key = "about.export_rights"
	NoteExportNone    Key = "note.export_none"
	// NoteExportGone stands for a value whose key is destroyed.
	NoteExportGone     Key = "note.export_gone"
	NoteGroundContract Key = "note.ground_contract"
	NoteGroundConsent  Key = "note.ground_consent"
	NoteGroundDuty     Key = "note.ground_duty"
	NoteGroundInterest Key = "note.ground_interest"
)

// What the categories of data are called.
const (
	NoteHeldAccount       Key = "note.held_account"
	NoteHeldConsents      Key = "note.held_consents"
	NoteHeldGenerations   Key = "note.held_generations"
	NoteHeldWritings      Key = "note.held_writings"
	NoteHeldCredits       Key = "note.held_credits"
	NoteHeldPayments      Key = "note.held_payments"
	NoteHeldConversations Key = "note.held_conversations"
	NoteHeldMessages      Key = "note.held_messages"
	NoteHeldHelp          Key = "note.held_help"
	NoteHeldModeration    Key = "note.held_moderation"
	NoteHeldRights        Key = "note.held_rights"
)

// What they are for, and for how long.
const (
	AboutHeldAccount       Key = "about.held_account"
	AboutHeldConsents      Key = "about.held_consents"
	AboutHeldGenerations   Key = "about.held_generations"
	AboutHeldWritings      Key = "about.held_writings"
	AboutHeldCredits       Key = "about.held_credits"
	AboutHeldPayments      Key = "about.held_payments"
	AboutHeldConversations Key = "about.held_conversations"
	AboutHeldMessages      Key = "about.held_messages"
	AboutHeldHelp          Key = "about.held_help"
	AboutHeldModeration    Key = "about.held_moderation"
	AboutHeldRights        Key = "about.held_rights"
)

// exports is the part of the table about exports.
func exports() map[Key][]string {
	return map[Key][]string{
		MessageAccess:          {"PolicyURL", "Rows"},
		RowHeld:                {"Number", "Title"},
		MessageExportStarted:   nil,
		MessageExportParts:     {"Megabytes", "Number"},
		MessageExportRunning:   {"Number", "Of"},
		MessageExportLimit:     {"Until"},
		CaptionExport:          {"Index", "Number", "Of"},
		MessageExportLink:      {"Life", "Megabytes", "Number", "Of", "URL"},
		MessageExportLarge:     {"Megabytes", "Number", "Of"},
		MessageExportExpired:   nil,
		AnswerExport:           nil,
		ButtonPrivacyAccess:    nil,
		ButtonExport:           nil,
		NoteExportTitle:        nil,
		AboutExportIntro:       {"Data", "Images", "When"},
		AboutExportPart:        {"Number", "Of"},
		AboutExportSource:      nil,
		AboutExportRights:      {"Hub"},
		NoteExportNone:         nil,
		NoteExportGone:         nil,
		NoteGroundContract:     nil,
		NoteGroundConsent:      nil,
		NoteGroundDuty:         nil,
		NoteGroundInterest:     nil,
		NoteHeldAccount:        nil,
		NoteHeldConsents:       nil,
		NoteHeldGenerations:    nil,
		NoteHeldWritings:       nil,
		NoteHeldCredits:        nil,
		NoteHeldPayments:       nil,
		NoteHeldConversations:  nil,
		NoteHeldMessages:       nil,
		NoteHeldHelp:           nil,
		NoteHeldModeration:     nil,
		NoteHeldRights:         nil,
		AboutHeldAccount:       nil,
		AboutHeldConsents:      nil,
		AboutHeldGenerations:   nil,
		AboutHeldWritings:      nil,
		AboutHeldCredits:       nil,
		AboutHeldPayments:      nil,
		AboutHeldConversations: nil,
		AboutHeldMessages:      nil,
		AboutHeldHelp:          nil,
		AboutHeldModeration:    nil,
		AboutHeldRights:        nil,
	}
}
