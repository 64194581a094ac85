package texts

// Texts about people's data and what they can do about it.
const (
	// MessagePrivacy is where it begins. PolicyURL may be empty; Frozen if the account is.
	MessagePrivacy Key = "message.privacy"
	// MessageRestrict asks whether to freeze the account, and says what that means.
	MessageRestrict Key = "message.restrict"
	// MessageRestricted answers whatever is not done while it is frozen.
	MessageRestricted   Key = "message.restricted"
	MessageUnrestricted Key = "message.unrestricted"
	// MessageObject stands above the switches.
	MessageObject Key = "message.object"
	// MessageCorrect shows what can be corrected: Language by its own name.
	MessageCorrect Key = "message.correct"
	// MessageReceivers lists who got something, Rows of RowReceiver. Judges are the services that check, empty for none.
	MessageReceivers     Key = "message.receivers"
	MessageReceiversNone Key = "message.receivers_none"
	// RowReceiver is one time: When, Service by its name, Region, Maybe if nobody knows whether it arrived, Check if it was to be judged,
	// Prompt may be empty.
	RowReceiver Key = "row.receiver"
	// MessageRequests lists what was asked for, Rows of RowRequest.
	MessageRequests     Key = "message.requests"
	MessageRequestsNone Key = "message.requests_none"
	// RowRequest is one: When, What and Status as notes, Of a button or a service or empty, Due by when it is answered, nil where it is.
	RowRequest Key = "row.request"
	// MessagePrivacyContact says who answers for the data. Contact may be empty.
	MessagePrivacyContact Key = "message.privacy_contact"

	AnswerRestricted   Key = "answer.restricted"
	AnswerUnrestricted Key = "answer.unrestricted"
	AnswerObjected     Key = "answer.objected"
	AnswerAllowed      Key = "answer.allowed"
	// AnswerPayRestricted is read in Telegram's payment form.
	AnswerPayRestricted Key = "answer.pay_restricted"

	ButtonPrivacyCorrect   Key = "button.privacy_correct"
	ButtonPrivacyRestrict  Key = "button.privacy_restrict"
	ButtonPrivacyObject    Key = "button.privacy_object"
	ButtonPrivacyPort      Key = "button.privacy_port"
	ButtonPrivacyMail      Key = "button.privacy_mail"
	ButtonPrivacyReceivers Key = "button.privacy_receivers"
	ButtonPrivacyRequests  Key = "button.privacy_requests"
	ButtonPrivacyContact   Key = "button.privacy_contact"
	ButtonRestrictYes      Key = "button.restrict_yes"
	ButtonUnrestrict       Key = "button.unrestrict"
	ButtonInlineRestricted Key = "button.inline_restricted"
	ButtonObjectReminders  Key = "button.object_reminders"
	ButtonObjectNews       Key = "button.object_news"
	ButtonObjectStatistics Key = "button.object_statistics"
	ButtonObjectServices   Key = "button.object_services"

	CommandPrivacy Key = "command.privacy"

	// Where a service works.
	NoteRegionHere       Key = "note.region_here"
	NoteRegionOwn        Key = "note.region_own"
	NoteRegionUS         Key = "note.region_us"
	NoteRegionEUUS       Key = "note.region_eu_us"
	NoteRegionUKUS       Key = "note.region_uk_us"
	NoteRegionWorld      Key = "note.region_world"
	NoteRegionVolunteers Key = "note.region_volunteers"

	// What was asked for.
	NoteRightAccess     Key = "note.right_access"
	NoteRightRectify    Key = "note.right_rectify"
	NoteRightExport     Key = "note.right_export"
	NoteRightPort       Key = "note.right_port"
	NoteRightErase      Key = "note.right_erase"
	NoteRightRestrict   Key = "note.right_restrict"
	NoteRightUnrestrict Key = "note.right_unrestrict"
	NoteRightObject     Key = "note.right_object"
	NoteRightAllow      Key = "note.right_allow"
	NoteRightWithdraw   Key = "note.right_withdraw"

	// What became of it.
	NoteRequestAsked    Key = "note.request_asked"
	NoteRequestRunning  Key = "note.request_running"
	NoteRequestDone     Key = "note.request_done"
	NoteRequestRefused  Key = "note.request_refused"
	NoteRequestCanceled Key = "note.request_canceled"
)
