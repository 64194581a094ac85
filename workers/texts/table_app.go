package texts

// app is the part of the table about the Mini App.
func app() map[Key][]string {
	return map[Key][]string{
		AnswerAppLaunch: nil, AnswerAppLaunchOld: nil, AnswerAppLaunchUsed: nil, AnswerAppSession: nil, AnswerAppNoAccount: nil, AnswerAppTooMany: nil,
		AnswerAppAddress: {"Example"}, AnswerAppMails: nil, AnswerAppCode: {count}, AnswerAppCodeOver: nil, AnswerAppMissing: nil, AnswerAppSignIn: nil, AnswerAppInvalid: nil, AnswerAppTooLarge: nil, AnswerAppConflict: nil, AnswerAppTrouble: nil,
	}
}
