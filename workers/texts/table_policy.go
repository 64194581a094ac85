package texts

// policy is the part of the table about the policy, consent and age.
func policy() map[Key][]string {
	return map[Key][]string{
		MessageWelcome: nil, MessageAgeAsk: nil, MessageAgeAgain: nil, MessageAgeOdd: nil, MessageAgeCountry: {"Born"},
		MessageAgeRefused: {"Contact"}, MessageAgeSoon: {"Contact"}, MessageAgeNoted: nil, MessageChatTooYoung: nil,
		MessageConsent: {"Changed", "PolicyURL", "Services", "Summary"}, MessageProvidersNew: {"Services"},
		MessageConsents: {"Rows"}, MessageConsentsNone: nil, RowConsent: {"Language", "Services", "Title", "Version", "When", "Withdrawn"},
		NoteConsentPolicy: nil, NoteConsentAdult: nil, NoteConsentMinor: nil,
		MessageWithdrawAsk: nil, MessageWithdrawn: nil, MessagePolicyNews: {"PolicyURL", "Summary", "When"},
		NoteMonths: nil, AnswerPayConsent: nil, AnswerPolicyAgreed: nil,
		ButtonPolicy: nil, ButtonCountries: nil, ButtonWithdraw: nil, ButtonWithdrawYes: nil, ButtonConsents: nil, ButtonAge: nil,
	}
}
