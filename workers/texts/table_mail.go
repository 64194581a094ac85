package texts

// mails is the part of the table about e-mail.
func mails() map[Key][]string {
	return map[Key][]string{
		MessageMailOff: nil, MessageMailAsk: {"Example"}, MessageMailShown: {"Address", "When"}, MessageMailBad: {"Example", "Typed"},
		MessageMailCode: {"Address", "Life"}, MessageMailWrong: {count}, MessageMailOver: nil, MessageMailMany: nil, MessageMailLinked: {"Address"},
		MessageMailRemoved: nil, MessageMailUndelivered: {"Address"}, ButtonMailChange: nil, ButtonMailRemove: nil,

		MessagePortAsk: {"Example"}, MessagePortConfirm: {"Address"}, MessagePortDropped: nil, MessagePortStarted: {"Address"},
		ButtonPortYes: nil, ButtonPortNo: nil,

		SubjectLetter: nil, MailLetter: {"When"}, MailLetterCode: {"Code", "When"}, MailLetterDone: {"When"}, MailLetterRefused: {"Reason", "When"},
		MessageRequestDone: {"When"}, MessageRequestRefused: {"Reason", "When"},
		NoteRefusedIdentity: nil, NoteRefusedUnfounded: nil, NoteRefusedExcessive: nil, NoteRefusedLaw: nil,

		SubjectExport: nil, MailExport: {"Bot", "Index", "Life", "Rows"}, MessagePortSent: {"Address"}, MessagePortLarge: nil, MessagePortRunning: nil,

		SubjectCode: {"Code"}, MailCode: {"Bot", "Code", "Life"}, SubjectSignIn: {"Code"}, MailSignIn: {"Bot", "Code", "Life", "When"},
	}
}
