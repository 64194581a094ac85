package texts

// Texts about the policy, consent and age.
const (
	// MessageAgeAsk answers everything before the age is known, MessageAgeAgain somebody who corrects it, and MessageAgeOdd an answer
	// that cannot be read.
	MessageAgeAsk   Key = "message.age_ask"
	MessageAgeAgain Key = "message.age_again"
	MessageAgeOdd   Key = "message.age_odd"
	// MessageAgeCountry asks for the country where that decides. Born: month and year, as they were said.
	MessageAgeCountry Key = "message.age_country"
	// MessageAgeRefused tells somebody that they are too young, MessageAgeSoon that they answered a short while ago. Contact may be
	// empty.
	MessageAgeRefused Key = "message.age_refused"
	MessageAgeSoon    Key = "message.age_soon"
	MessageAgeNoted   Key = "message.age_noted"
	// MessageChatTooYoung: conversations are for adults.
	MessageChatTooYoung Key = "message.chat_too_young"
	// MessageConsent asks for consent. Services are who may get prompts, PolicyURL may be empty; Changed says that an earlier version
	// was agreed to, Summary what is new since (may be empty).
	MessageConsent Key = "message.consent"
	// MessageProvidersNew asks whether Services may get prompts too, who were not named when the person agreed.
	MessageProvidersNew Key = "message.providers_new"
	// MessageConsents lists what was agreed to: Rows of RowConsent.
	MessageConsents     Key = "message.consents"
	MessageConsentsNone Key = "message.consents_none"
	// RowConsent is one document: Title, Version, When, Language of the text (may be empty), Services that were named (may be empty),
	// Withdrawn if it was taken back.
	RowConsent         Key = "row.consent"
	NoteConsentPolicy  Key = "note.consent_policy"
	NoteConsentAdult   Key = "note.consent_adult"
	NoteConsentMinor   Key = "note.consent_minor"
	MessageWithdrawAsk Key = "message.withdraw_ask"
	MessageWithdrawn   Key = "message.withdrawn"
	// MessagePolicyNews tells before a version takes effect, at When: Summary of what changes; PolicyURL may be empty.
	MessagePolicyNews Key = "message.policy_news"
	// NoteMonths are the names of the months.
	NoteMonths         Key = "note.months"
	AnswerPayConsent   Key = "answer.pay_consent"
	AnswerPolicyAgreed Key = "answer.policy_agreed"
	ButtonPolicy       Key = "button.policy"
	ButtonCountries    Key = "button.countries"
	ButtonWithdraw     Key = "button.withdraw"
	ButtonWithdrawYes  Key = "button.withdraw_yes"
	ButtonConsents     Key = "button.consents"
	ButtonAge          Key = "button.age"
)
