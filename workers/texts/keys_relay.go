package texts

// Texts about what is said in a conversation.
const (
	// MessageRelayCannot: something cannot be passed on.
	MessageRelayCannot Key = "message.relay_cannot"
	// MessageRelayStory: a story cannot be passed on.
	MessageRelayStory Key = "message.relay_story"
	// MessageRelayPaid: paid media and invoices cannot be passed on.
	MessageRelayPaid Key = "message.relay_paid"
	// MessageRelayQuiz: a quiz whose answer is not known cannot be passed on.
	MessageRelayQuiz Key = "message.relay_quiz"
	// MessageRelayChecklist: a checklist cannot be passed on.
	MessageRelayChecklist Key = "message.relay_checklist"
	// MessageRelayProtected: a protected message cannot be passed on.
	MessageRelayProtected Key = "message.relay_protected"
	// MessageRelayReaction: a reaction cannot be passed on.
	MessageRelayReaction Key = "message.relay_reaction"
	// MessageRelayFast: somebody talks too fast: nothing arrives until then, a time.Duration.
	MessageRelayFast Key = "message.relay_fast"
	// MessageRelayOver: the conversation ended before this was passed on.
	MessageRelayOver Key = "message.relay_over"
	// MessageRelayAsk: asks whether something is to leave that tells who is speaking. What: a Note text.
	MessageRelayAsk Key = "message.relay_ask"
	// MessageRelayKept: it was not sent.
	MessageRelayKept Key = "message.relay_kept"
	// MessageRelayUncertain: it may not have arrived; a button sends it again.
	MessageRelayUncertain Key = "message.relay_uncertain"
	// MessageRelayLost: an edit or a reaction did not arrive.
	MessageRelayLost Key = "message.relay_lost"
	// MessageUnsendNone: there is nothing to take back.
	MessageUnsendNone Key = "message.unsend_none"
	// MessageUnsendOld: it is too late to take it back.
	MessageUnsendOld Key = "message.unsend_old"
	// MessageShareHow: how to show the partner a picture.
	MessageShareHow Key = "message.share_how"
	// NoteSecretContact: a contact.
	NoteSecretContact Key = "note.secret_contact"
	// NoteSecretPlace: a place.
	NoteSecretPlace Key = "note.secret_place"
	// NoteSecretName: a user name.
	NoteSecretName Key = "note.secret_name"
	// NoteSecretPhone: a phone number.
	NoteSecretPhone Key = "note.secret_phone"
	// NoteSecretEmail: an e-mail address.
	NoteSecretEmail Key = "note.secret_email"
	// NoteSecretLink: a link to a profile.
	NoteSecretLink Key = "note.secret_link"
	// NoteSecretFile: a file that may say where it was made.
	NoteSecretFile Key = "note.secret_file"
	// AnswerRelaySent: it is on its way to the partner.
	AnswerRelaySent Key = "answer.relay_sent"
	// ButtonRelaySend: sends it.
	ButtonRelaySend Key = "button.relay_send"
	// ButtonRelayKeep: does not.
	ButtonRelayKeep Key = "button.relay_keep"
	// ButtonRelayAlways: sends it and does not ask again in this conversation.
	ButtonRelayAlways Key = "button.relay_always"
	// ButtonRelayAgain: sends it again.
	ButtonRelayAgain Key = "button.relay_again"
	// ButtonRelayShare: shows a picture to the partner.
	ButtonRelayShare Key = "button.relay_share"
	// CommandUnsend is in the menu.
	CommandUnsend Key = "command.unsend"
	// CommandShare is in the menu.
	CommandShare Key = "command.share"
)
