package texts

// Messages about conversations.
const (
	// MessageChatOff: conversations are switched off here.
	MessageChatOff Key = "message.chat_off"
	// MessageChatLanguage: in which language somebody wants to talk.
	MessageChatLanguage Key = "message.chat_language"
	// MessageChatRules: what somebody agrees to before their first conversation.
	MessageChatRules Key = "message.chat_rules"
	// MessageChatCard: what is set for conversations. Language by its own name; Wish in words, or empty.
	MessageChatCard Key = "message.chat_card"
	// MessageChatWish: what a conversation is to be about.
	MessageChatWish Key = "message.chat_wish"
	// MessageChatLooking: somebody waits: for Language, or also others if Wide; Place of the waiting; Until, a time.Duration that it usually takes from now on, zero for not known.
	MessageChatLooking Key = "message.chat_looking"
	// MessageChatCanceled: somebody looks no more.
	MessageChatCanceled Key = "message.chat_canceled"
	// MessageChatFound: somebody was found. Language, if both look for one; Wish that both have, in words; or empty.
	MessageChatFound Key = "message.chat_found"
	// MessageChatTalking: somebody is in a conversation.
	MessageChatTalking Key = "message.chat_talking"
	// MessageChatIdle: somebody neither talks nor looks.
	MessageChatIdle Key = "message.chat_idle"
	// MessageChatNotLooking: there is no search to end.
	MessageChatNotLooking Key = "message.chat_not_looking"
	// MessageChatSure: asks whether to end the conversation.
	MessageChatSure Key = "message.chat_sure"
	// MessageChatSureNext: asks whether to end it for somebody else.
	MessageChatSureNext Key = "message.chat_sure_next"
	// MessageChatEnded: the reader has ended it.
	MessageChatEnded Key = "message.chat_ended"
	// MessageChatEndedByPartner: the other one is gone, whyever.
	MessageChatEndedByPartner Key = "message.chat_ended_by_partner"
	// MessageChatEndedIdle: nobody wrote.
	MessageChatEndedIdle Key = "message.chat_ended_idle"
	// MessageChatEndedOff: conversations were switched off.
	MessageChatEndedOff Key = "message.chat_ended_off"
	// MessageChatWiden: asks whether other languages than Language will do.
	MessageChatWiden Key = "message.chat_widen"
	// MessageChatNobody: nobody came for long.
	MessageChatNobody Key = "message.chat_nobody"
	// MessageChatRemind: somebody looks for a partner in Language.
	MessageChatRemind Key = "message.chat_remind"
	// MessageChatTooNew: conversations begin Until, a time.Duration, after the first contact.
	MessageChatTooNew Key = "message.chat_too_new"
	// MessageChatPaused: the reader is kept out of conversations until When, or until an operator lifts it if it is nil.
	MessageChatPaused Key = "message.chat_paused"
	// MessageChatPauseLifted: keeping the reader out was a mistake.
	MessageChatPauseLifted Key = "message.chat_pause_lifted"
	// MessageChatPauseStays: it was not.
	MessageChatPauseStays Key = "message.chat_pause_stays"
	// MessageChatRestricted: the reader may have no conversations now.
	MessageChatRestricted Key = "message.chat_restricted"
	// MessageChatReportWhy: what is wrong with a partner.
	MessageChatReportWhy Key = "message.chat_report_why"
	// MessageChatReportHow: how a partner is reported.
	MessageChatReportHow Key = "message.chat_report_how"
	// MessageChatReported: the report is made; what shows it can be sent. Talking is a bool: the conversation goes on.
	MessageChatReported Key = "message.chat_reported"
	// MessageChatEvidence: a message was added to the report.
	MessageChatEvidence Key = "message.chat_evidence"
	// MessageChatReportSent: the report is complete.
	MessageChatReportSent Key = "message.chat_report_sent"
	// MessageHelpLobby: /help of somebody who looks for a partner.
	MessageHelpLobby Key = "message.help_lobby"
	// MessageHelpTalking: /help of somebody in a conversation.
	MessageHelpTalking Key = "message.help_talking"
	// MessageAbout: how many there are, rounded down, 0 for a few: People; if Chats, who are in the Lobby, conversations Live and Ever; Mine are the reader’s.
	MessageAbout Key = "message.about"
	// MessageDeskChatReport: to the operators: Person was reported. Reason in words; kept out Pauses times before; Until, a time.Duration of the next time, or nil for until it is lifted; Words that were sent with it, or empty.
	MessageDeskChatReport Key = "message.desk_chat_report"
	// MessageChatDropped: Count messages of the reader were not passed on any more. Whether one arrived whose call was under way is not known.
	MessageChatDropped Key = "message.chat_dropped"
)

// Answers, buttons and commands about conversations.
const (
	AnswerChatOver       Key = "answer.chat_over"
	AnswerChatSaved      Key = "answer.chat_saved"
	AnswerChatBlocked    Key = "answer.chat_blocked"
	ButtonChatAgree      Key = "button.chat_agree"
	ButtonChatLanguage   Key = "button.chat_language"
	ButtonChatLanguages  Key = "button.chat_languages"
	ButtonChatFind       Key = "button.chat_find"
	ButtonChatChange     Key = "button.chat_change"
	ButtonChatWish       Key = "button.chat_wish"
	ButtonChatWide       Key = "button.chat_wide"
	ButtonChatAgain      Key = "button.chat_again"
	ButtonChatReminders  Key = "button.chat_reminders"
	ButtonChatWiden      Key = "button.chat_widen"
	ButtonChatKeep       Key = "button.chat_keep"
	ButtonChatRemind     Key = "button.chat_remind"
	ButtonChatNoRemind   Key = "button.chat_no_remind"
	ButtonChatNext       Key = "button.chat_next"
	ButtonChatEnd        Key = "button.chat_end"
	ButtonChatEndYes     Key = "button.chat_end_yes"
	ButtonChatNextYes    Key = "button.chat_next_yes"
	ButtonChatStay       Key = "button.chat_stay"
	ButtonChatStop       Key = "button.chat_stop"
	ButtonChatBlock      Key = "button.chat_block"
	ButtonChatReportDone Key = "button.chat_report_done"
	ButtonWishAny        Key = "button.wish_any"
	ButtonWishTalk       Key = "button.wish_talk"
	ButtonWishPractice   Key = "button.wish_practice"
	ButtonWishArt        Key = "button.wish_art"
	ButtonWishAdvice     Key = "button.wish_advice"
	ButtonWishGames      Key = "button.wish_games"
	ButtonChatSpam       Key = "button.chat_spam"
	ButtonChatRude       Key = "button.chat_rude"
	ButtonChatSexual     Key = "button.chat_sexual"
	ButtonChatMinor      Key = "button.chat_minor"
	ButtonChatThreat     Key = "button.chat_threat"
	ButtonChatOther      Key = "button.chat_other"
	ButtonDeskEvidence   Key = "button.desk_evidence"
	ButtonDeskPause      Key = "button.desk_pause"
	ButtonDeskDismiss    Key = "button.desk_dismiss"
	ButtonSetChat        Key = "button.set_chat"
	CommandChat          Key = "command.chat"
	CommandNext          Key = "command.next"
	CommandExitChat      Key = "command.exit_chat"
	CommandCancelFind    Key = "command.cancel_find"
	CommandReport        Key = "command.report"
	CommandAbout         Key = "command.about"
)
