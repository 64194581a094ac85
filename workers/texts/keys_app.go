package texts

// Answers of the Mini App's API to what it refuses. The page shows them as they are.
const (
	// AnswerAppLaunch: how the page was opened is not what Telegram signed for this bot.
	AnswerAppLaunch Key = "answer.app_launch"
	// AnswerAppLaunchOld: it was opened too long ago.
	AnswerAppLaunchOld Key = "answer.app_launch_old"
	// AnswerAppLaunchUsed: somebody else was here with the same launch.
	AnswerAppLaunchUsed Key = "answer.app_launch_used"
	// AnswerAppSession: the session is over, or was none.
	AnswerAppSession Key = "answer.app_session"
	// AnswerAppNoAccount: they never started the bot.
	AnswerAppNoAccount Key = "answer.app_no_account"
	// AnswerAppSignIn: signing in with Telegram in a browser did not work.
	AnswerAppSignIn Key = "answer.app_sign_in"
	// AnswerAppAddress: what was typed is no e-mail address. Example is one.
	AnswerAppAddress Key = "answer.app_address"
	// AnswerAppMails: the address was named often lately.
	AnswerAppMails Key = "answer.app_mails"
	// AnswerAppCode: not the code of a sign-in, Count tries are left.
	AnswerAppCode Key = "answer.app_code"
	// AnswerAppCodeOver: the code was used, is too old or was tried too often.
	AnswerAppCodeOver Key = "answer.app_code_over"
	// AnswerAppTooMany: one call too many.
	AnswerAppTooMany Key = "answer.app_too_many"
	// AnswerAppMissing: there is nothing there, or it is not theirs.
	AnswerAppMissing Key = "answer.app_missing"
	// AnswerAppInvalid: what was sent cannot be understood.
	AnswerAppInvalid Key = "answer.app_invalid"
	// AnswerAppTooLarge: it is too large.
	AnswerAppTooLarge Key = "answer.app_too_large"
	// AnswerAppConflict: it was done before, or in another way.
	AnswerAppConflict Key = "answer.app_conflict"
	// AnswerAppTrouble: it did not work for reasons of our own.
	AnswerAppTrouble Key = "answer.app_trouble"
)
