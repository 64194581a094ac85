package texts

// Texts about e-mail: addresses, and what is sent to them.
const (
	// MessageMailOff: e-mail is not set up here.
	MessageMailOff Key = "message.mail_off"
	// MessageMailAsk asks for an address, which the reply is. Example is one.
	MessageMailAsk Key = "message.mail_ask"
	// MessageMailShown shows the linked Address, proved on the day of When.
	MessageMailShown Key = "message.mail_shown"
	// MessageMailBad: Typed is no address; the reply is another one. Example is one.
	MessageMailBad Key = "message.mail_bad"
	// MessageMailCode asks for the code that was sent to Address, good for Life.
	MessageMailCode Key = "message.mail_code"
	// MessageMailWrong: not the code, Count tries are left; the reply is another one.
	MessageMailWrong Key = "message.mail_wrong"
	// MessageMailOver: the code was used, is too old or was tried too often.
	MessageMailOver Key = "message.mail_over"
	// MessageMailMany: the person or the mailbox had many codes.
	MessageMailMany Key = "message.mail_many"
	// MessageMailLinked: Address is theirs.
	MessageMailLinked  Key = "message.mail_linked"
	MessageMailRemoved Key = "message.mail_removed"
	// MessageMailUndelivered: the server turned a mail to Address away, or did not take it in time.
	MessageMailUndelivered Key = "message.mail_undelivered"
	ButtonMailChange       Key = "button.mail_change"
	ButtonMailRemove       Key = "button.mail_remove"

	// MessagePortAsk asks where a copy of everything is to go. Example is an address.
	MessagePortAsk Key = "message.port_ask"
	// MessagePortConfirm asks whether everything is really to go to Address.
	MessagePortConfirm Key = "message.port_confirm"
	MessagePortDropped Key = "message.port_dropped"
	// MessagePortStarted: it will go to Address.
	MessagePortStarted Key = "message.port_started"
	ButtonPortYes      Key = "button.port_yes"
	ButtonPortNo       Key = "button.port_no"

	// SubjectCode and MailCode carry the Code for the bot named Bot, good for Life.
	SubjectCode Key = "subject.code"
	MailCode    Key = "mail.code"
	// SubjectSignIn and MailSignIn carry the Code that lets a browser in, good for Life, to the account that the address was linked to at
	// When. Bot is the user name.
	SubjectSignIn Key = "subject.sign_in"
	MailSignIn    Key = "mail.sign_in"
)

// Texts about requests that came by mail or post.
const (
	SubjectLetter Key = "subject.letter"
	// MailLetter acknowledges a request, which is answered until When.
	MailLetter Key = "mail.letter"
	// MailLetterCode does so and asks for the Code to be sent back.
	MailLetterCode Key = "mail.letter_code"
	// MailLetterDone and MessageRequestDone: the request of When is answered.
	MailLetterDone     Key = "mail.letter_done"
	MessageRequestDone Key = "message.request_done"
	// MailLetterRefused and MessageRequestRefused: it is refused for Reason, one of the notes below.
	MailLetterRefused     Key = "mail.letter_refused"
	MessageRequestRefused Key = "message.request_refused"
	NoteRefusedIdentity   Key = "note.refused_identity"
	NoteRefusedUnfounded  Key = "note.refused_unfounded"
	NoteRefusedExcessive  Key = "note.refused_excessive"
	NoteRefusedLaw        Key = "note.refused_law"
)

// Texts about a copy that goes to another address.
const (
	SubjectExport Key = "subject.export"
	// MailExport brings the parts: Rows of links, which work once and for Life. No rows: the file goes along, in
	// which Index is to be opened. Bot is the user name.
	MailExport Key = "mail.export"
	// MessagePortSent: it is out to Address.
	MessagePortSent Key = "message.port_sent"
	// MessagePortRunning: one is being made already.
	MessagePortRunning Key = "message.port_running"
	// MessagePortLarge: it is too large for a mail, and there are no links here.
	MessagePortLarge Key = "message.port_large"
)
