package texts

import "strings"

// Key names a text. What stands before the first dot decides its form: what it may contain and how long it may be.
type Key string

// Form is the kind of place a text is shown in.
type Form struct {
	// Prefix of the keys.
	Prefix string
	// HTML texts are Telegram's HTML; what is put into them is escaped. The others are shown as they are.
	HTML bool
	// Limit of the text as people see it, in UTF-16 units.
	Limit int
}

// Forms lists the forms.
func Forms() []Form {
	return []Form{
		{"message", true, 4096},
		{"caption", true, 1024},
		{"answer", false, 200},
		{"button", false, 30},
		{"command", false, 60},
		{"about", false, 512},
		{"tagline", false, 120},
		{"note", false, 120},
		{"status", false, 30},
		{"row", true, 400},
		{"part", false, 120},
		{"subject", false, 70},
		{"mail", false, 2000},
	}
}

// Form returns the key's form, and false for a key that has none.
func (k Key) Form() (Form, bool) {
	prefix, _, _ := strings.Cut(string(k), ".")
	for _, f := range Forms() {
		if f.Prefix == prefix {
			return f, true
		}
	}
	return Form{}, false
}

// Messages about the person and the bot.
const (
	// MessageWelcome greets somebody new and asks for their age.
	MessageWelcome Key = "message.welcome"
	// MessageReady follows consent. Count: credits granted as a welcome, 0 for none.
	MessageReady Key = "message.ready"
	// MessageStartAgain answers /start of somebody known.
	MessageStartAgain Key = "message.start_again"
	// MessageHelp answers /help. Commands: the lines of the command table.
	MessageHelp Key = "message.help"
	// MessageUnknownCommand: Command as typed, without the slash; Meant is the command it is close to, or empty.
	MessageUnknownCommand Key = "message.unknown_command"
	// MessageGroupHint greets a group. Bot: its user name without the @.
	MessageGroupHint Key = "message.group_hint"
	// MessageGroupPrivate refuses in a group what belongs into a private chat. Bot: its user name without the @.
	MessageGroupPrivate Key = "message.group_private"
	// MessageGroupMasked answers somebody who writes as a group or channel.
	MessageGroupMasked Key = "message.group_masked"
	// MessageModels lists who can paint. Rows: RowModel. Typed is a name that nobody has, or empty.
	MessageModels Key = "message.models"
	// MessageProviders says which services may see what the person sends; buttons change it.
	MessageProviders Key = "message.providers"
	// MessageProvidersNone: everything is painted on the operator's own machines.
	MessageProvidersNone Key = "message.providers_none"
	// MessageNoRoute: nobody the person allows makes this.
	MessageNoRoute Key = "message.no_route"
	// MessageLanguage says which language is spoken; buttons offer the others.
	MessageLanguage Key = "message.language"
	// MessageLanguageSet follows a choice, in the chosen language.
	MessageLanguageSet Key = "message.language_set"
	// MessageLanguageUnknown: Typed is no language the bot speaks; Languages are those it does.
	MessageLanguageUnknown Key = "message.language_unknown"
	// MessageEdited tells that an edited prompt is not painted again; a button paints it.
	MessageEdited Key = "message.edited"
	// MessageEditedCommand: what an older message was changed into is not read.
	MessageEditedCommand Key = "message.edited_command"
	// MessageSlowDown is sent once when somebody writes faster than the bot can read.
	MessageSlowDown Key = "message.slow_down"
	// MessageTrouble: the prompt is kept and goes on by itself.
	MessageTrouble Key = "message.trouble"
	// MessageUncertain: something may not have arrived; a button shows it.
	MessageUncertain Key = "message.uncertain"
	// MessageMissed: Count results were finished while the person had blocked the bot; a button shows them.
	MessageMissed Key = "message.missed"
	// MessageMissedCanceled: what waited when the person blocked the bot was canceled.
	MessageMissedCanceled Key = "message.missed_canceled"
)

// Messages about credits and what was painted.
const (
	// MessageBalance: Count credits free to use, Held of those that are set aside.
	MessageBalance Key = "message.balance"
	// MessageNoCredits: Count credits needed, Balance there are.
	MessageNoCredits Key = "message.no_credits"
	// MessageTooManyWaiting: Count generations that may wait at once.
	MessageTooManyWaiting Key = "message.too_many_waiting"
	// MessageHistoryEmpty: nothing painted yet.
	MessageHistoryEmpty Key = "message.history_empty"
	// MessageHistoryNone: no prompt has these Words.
	MessageHistoryNone Key = "message.history_none"
	// CaptionHistory stands under a page of the history. Rows: a []Markup, each printed from RowHistory. Words are what was
	// looked for, empty for nothing; Favorites a bool.
	CaptionHistory Key = "caption.history"
	// RowHistory: Prompt with its number, Status (a Status text) or empty, When a time.Time.
	RowHistory Key = "row.history"
	// RowModel is one model: Title, About and what it Can do (may be empty), its usual Speed, a time.Duration, and Count
	// credits for one image.
	// MessageEnded shows a generation without images. Prompt; End, a Markup, says why there is none.
	MessageEnded Key = "message.ended"
	// RowModel is one model: Title, About (may be empty) and Count credits for one image.
	RowModel Key = "row.model"
	// MessageNothingToCancel: nothing is waiting.
	MessageNothingToCancel Key = "message.nothing_to_cancel"
	// MessageCanceled: a generation was canceled; Count credits are free again.
	MessageCanceled Key = "message.canceled"
	// MessageCanceling: a provider was asked to stop.
	MessageCanceling Key = "message.canceling"
	// MessageCancelTooLate: it is painted to its end, for Count credits.
	MessageCancelTooLate Key = "message.cancel_too_late"
	// MessageQueue lists what is not done yet: Rows of RowQueue, how many More there are, Count credits set aside.
	MessageQueue Key = "message.queue"
	// RowQueue: Prompt, Status (a Status text), From and Until as in MessageQueued.
	RowQueue Key = "row.queue"
	// MessageQueueEmpty: nothing is being painted and nothing waits.
	MessageQueueEmpty Key = "message.queue_empty"
)

// Messages on a generation's way. The status message shows them in turn.
const (
	// MessageQueued: Position in the queue from 1; From and Until, time.Duration, when it is likely done; Until 0 if unknown.
	MessageQueued Key = "message.queued"
	// MessageYourTurn: others of the same person are painted first; Count of them. From and Until as in MessageQueued.
	MessageYourTurn Key = "message.your_turn"
	// MessagePainting: Painter is who; Percent of it is done and Ahead wait at the service before it, 0 if unknown; From and
	// Until as in MessageQueued.
	MessagePainting Key = "message.painting"
	// MessageAnotherPainter: a call failed, and another one is made or about to be.
	MessageAnotherPainter Key = "message.another_painter"
	// CaptionResult stands under a result. Prompt; Note is a Note text or empty.
	CaptionResult Key = "caption.result"
	// CaptionLate stands under a result that came after its credits were given back. Prompt; Note as above.
	CaptionLate Key = "caption.late"
	// RowOriginal stands under a copy. Number of the picture, 0 for the only one; Megabytes of the original; URL leads to it for
	// Life, a time.Duration, and may be empty.
	RowOriginal Key = "row.original"
	// MessageNotTaken: Telegram takes the result in no form. Rows: RowOriginal of each.
	MessageNotTaken Key = "message.not_taken"
	// MessageResultButtons carries the buttons of an album, which cannot have any.
	MessageResultButtons Key = "message.result_buttons"
)

// Messages about an earlier result.
const (
	// MessageAskEdit asks for the words of an edit. Bot, in groups, is who the answer has to name; empty elsewhere.
	MessageAskEdit Key = "message.ask_edit"
	// MessageAskRemix shows a Prompt that is to be changed. Bot as above.
	MessageAskRemix Key = "message.ask_remix"
	// MessageReference: the next prompt changes this picture. Until, a time.Duration, is how long it waits.
	MessageReference Key = "message.reference"
	// MessageReferenceDropped: it does not any more.
	MessageReferenceDropped Key = "message.reference_dropped"
	// MessageDetails tells how an image was made: Prompt, Negative (may be empty), Model, Provider (may be empty), Seed and
	// Size as written, Count credits, Took a time.Duration (may be zero), When.
	MessageDetails Key = "message.details"
	// NoteCompare names who painted the First and the Second of two images.
	NoteCompare Key = "note.compare"
)

// Messages about generations that gave no image. Nothing was charged.
const (
	MessageRefusedPrompt  Key = "message.refused_prompt"
	MessageRefusedResult  Key = "message.refused_result"
	MessageFailed         Key = "message.failed"
	MessageFailedTimeout  Key = "message.failed_timeout"
	MessageFailedNoImage  Key = "message.failed_no_image"
	MessageFailedPicture  Key = "message.failed_picture"
	MessageFailedRequest  Key = "message.failed_request"
	MessageFailedProvider Key = "message.failed_provider"
	MessageFailedUnjudged Key = "message.failed_unjudged"
)

// Messages about what the rules refuse, and what follows. Nothing was charged.
const (
	// MessageRefusedRule: Reason is a NoteReason text. A button appeals.
	MessageRefusedRule Key = "message.refused_rule"
	// MessageRefusedSelfHarm refuses and points to help.
	MessageRefusedSelfHarm Key = "message.refused_self_harm"
	// MessageRefusedAbsolute: there is no appeal.
	MessageRefusedAbsolute Key = "message.refused_absolute"
	// MessageStrikes: too many refusals; Until, a time.Duration, the next request is taken.
	MessageStrikes Key = "message.strikes"
	// MessageBanned: Reason is a NoteBan text, Note an operator's words or empty, When it ends or nil for when somebody looked at it.
	MessageBanned Key = "message.banned"
	// MessageAppealAccepted and MessageAppealRejected: what became of an appeal about Prompt.
	MessageAppealAccepted Key = "message.appeal_accepted"
	MessageAppealRejected Key = "message.appeal_rejected"
	// MessageBanLifted: the ban is over before its time.
	MessageBanLifted Key = "message.ban_lifted"
	// MessageBanStays: the appeal was in vain. When as in MessageBanned.
	MessageBanStays Key = "message.ban_stays"

	NoteReasonSexual     Key = "note.reason_sexual"
	NoteReasonViolence   Key = "note.reason_violence"
	NoteReasonSelfHarm   Key = "note.reason_self_harm"
	NoteReasonHate       Key = "note.reason_hate"
	NoteReasonHarassment Key = "note.reason_harassment"
	NoteReasonIllicit    Key = "note.reason_illicit"

	NoteBanAbsolute Key = "note.ban_absolute"
	NoteBanStrikes  Key = "note.ban_strikes"
	NoteBanOperator Key = "note.ban_operator"

	AnswerAppealed  Key = "answer.appealed"
	AnswerReportAsk Key = "answer.report_ask"
	AnswerReported  Key = "answer.reported"

	ButtonMistake       Key = "button.mistake"
	ButtonReport        Key = "button.report"
	ButtonReportMinor   Key = "button.report_minor"
	ButtonReportSexual  Key = "button.report_sexual"
	ButtonReportViolent Key = "button.report_violent"
	ButtonReportPerson  Key = "button.report_person"
	ButtonReportOther   Key = "button.report_other"
)

// Messages about what somebody sent.
const (
	MessagePromptEmpty     Key = "message.prompt_empty"
	MessagePromptInvisible Key = "message.prompt_invisible"
	// MessagePromptTooLong: Count characters allowed, Length there are.
	MessagePromptTooLong Key = "message.prompt_too_long"
	// MessagePromptRest: what came is probably the rest of a text that was too long; a button paints it all the same.
	MessagePromptRest Key = "message.prompt_rest"
	// MessagePromptSaid: Words are a greeting, thanks, or a command without its slash, and were not painted.
	MessagePromptSaid Key = "message.prompt_said"
	// MessagePhotoWithoutCaption asks what to change.
	MessagePhotoWithoutCaption Key = "message.photo_without_caption"
	// MessagePictureTooBig: Count megabytes allowed.
	MessagePictureTooBig Key = "message.picture_too_big"
	// MessageTooManyPictures: Count pictures allowed; a button takes the first ones.
	MessageTooManyPictures Key = "message.too_many_pictures"
	// MessageAlbumWithoutCaption asks what to do with Count pictures.
	MessageAlbumWithoutCaption Key = "message.album_without_caption"
	// MessageAlbumLate: a picture came when its album was being painted.
	MessageAlbumLate Key = "message.album_late"
	// MessageGroupPicture asks in a group what to change. Bot: its user name without the @.
	MessageGroupPicture Key = "message.group_picture"
	// MessagePictureFormat: files of a Format, like HEIC, cannot be opened.
	MessagePictureFormat Key = "message.picture_format"
	// MessageFlagUnknown: Flag as typed, Known as a list; Meant is the flag it is close to, or empty.
	MessageFlagUnknown Key = "message.flag_unknown"
	// MessageFlagMissing: Flag has no value; Accepted in words.
	MessageFlagMissing Key = "message.flag_missing"
	// MessageFlagValue: Flag cannot be Value; Accepted in words.
	MessageFlagValue Key = "message.flag_value"
	// MessageFlagTwice: Flag was given more than once.
	MessageFlagTwice Key = "message.flag_twice"
	// NoteCountValues, NoteSeedValues and NoteNameValues say which values --n, --seed and the flags that choose among Names take.
	NoteCountValues Key = "note.count_values"
	NoteNameValues  Key = "note.name_values"
	NoteSeedValues  Key = "note.seed_values"

	MessageUnsupportedSticker   Key = "message.unsupported_sticker"
	MessageUnsupportedVoice     Key = "message.unsupported_voice"
	MessageUnsupportedVideo     Key = "message.unsupported_video"
	MessageUnsupportedAnimation Key = "message.unsupported_animation"
	MessageUnsupportedAudio     Key = "message.unsupported_audio"
	MessageUnsupportedLocation  Key = "message.unsupported_location"
	MessageUnsupportedContact   Key = "message.unsupported_contact"
	MessageUnsupportedPoll      Key = "message.unsupported_poll"
	MessageUnsupportedDice      Key = "message.unsupported_dice"
	MessageUnsupportedDocument  Key = "message.unsupported_document"
	MessageUnsupportedStory     Key = "message.unsupported_story"
	MessageUnsupportedLink      Key = "message.unsupported_link"
	MessageUnsupported          Key = "message.unsupported"
)

// Notes about who painted.
const (
	// NoteBuiltin is honest about the built-in painter.
	NoteBuiltin Key = "note.builtin"
	// NotePainter: Model's name and that of the Service that runs it.
	NotePainter Key = "note.painter"
	// NoteModel: Model's name.
	NoteModel Key = "note.model"
	// NotePartial: Made of Wanted pictures came out, Count did not and cost nothing.
	NotePartial Key = "note.partial"
	// NoteCopy: the original does not fit into a chat.
	NoteCopy Key = "note.copy"
	// NoteAsFile: it is a file, because it does not fit a photo.
	NoteAsFile Key = "note.as_file"
)

// Statuses of a generation, as the history shows them.
const (
	StatusHeld          Key = "status.held"
	StatusGenerating    Key = "status.generating"
	StatusStored        Key = "status.stored"
	StatusDelivered     Key = "status.delivered"
	StatusUndeliverable Key = "status.undeliverable"
	StatusRefused       Key = "status.refused"
	StatusFailed        Key = "status.failed"
	StatusCanceled      Key = "status.canceled"
	StatusCanceling     Key = "status.canceling"
	StatusDeleted       Key = "status.deleted"
)

// Answers to a button press: a line that shows for a moment.
const (
	AnswerForeign Key = "answer.foreign"
	AnswerExpired Key = "answer.expired"
	AnswerDone    Key = "answer.done"
	AnswerAgreed  Key = "answer.agreed"
	// AnswerCanceled: Count credits are free again. AnswerCancelTooLate: it is painted to its end, for Count credits.
	AnswerCanceled      Key = "answer.canceled"
	AnswerCanceling     Key = "answer.canceling"
	AnswerCancelTooLate Key = "answer.cancel_too_late"
	AnswerWorking       Key = "answer.working"
	AnswerDeleted       Key = "answer.deleted"
	AnswerKept          Key = "answer.kept"
	AnswerNoCredits     Key = "answer.no_credits"
	AnswerLanguage      Key = "answer.language"
	AnswerModel         Key = "answer.model"
	AnswerProviderOff   Key = "answer.provider_off"
	AnswerProviderOn    Key = "answer.provider_on"
	AnswerTrouble       Key = "answer.trouble"
	AnswerFavorite      Key = "answer.favorite"
	AnswerNoFavorite    Key = "answer.no_favorite"
	AnswerNoFavorites   Key = "answer.no_favorites"
	AnswerCompare       Key = "answer.compare"
)

// Buttons.
const (
	ButtonAgree     Key = "button.agree"
	ButtonCancel    Key = "button.cancel"
	ButtonShow      Key = "button.show"
	ButtonMissed    Key = "button.missed"
	ButtonAgain     Key = "button.again"
	ButtonVary      Key = "button.vary"
	ButtonOriginal  Key = "button.original"
	ButtonDelete    Key = "button.delete"
	ButtonDeleteYes Key = "button.delete_yes"
	ButtonDeleteNo  Key = "button.delete_no"
	ButtonNewer     Key = "button.newer"
	ButtonOlder     Key = "button.older"
	// ButtonInlineStart stands above an inline query of somebody who has not begun with the bot.
	ButtonInlineStart Key = "button.inline_start"
	// ButtonInlinePaint stands there when nothing is found.
	ButtonInlinePaint Key = "button.inline_paint"
	// ButtonPaintEdited paints the words of an edited prompt.
	ButtonPaintEdited Key = "button.paint_edited"
	// ButtonFirst takes the first Count pictures of an album.
	ButtonFirst    Key = "button.first"
	ButtonRefresh  Key = "button.refresh"
	ButtonQueueAll Key = "button.queue_all"
	// ButtonQueueAllYes and ButtonQueueAllNo confirm it.
	ButtonQueueAllYes Key = "button.queue_all_yes"
	ButtonQueueAllNo  Key = "button.queue_all_no"

	ButtonUpscale     Key = "button.upscale"
	ButtonEdit        Key = "button.edit"
	ButtonMore        Key = "button.more"
	ButtonVarySubtle  Key = "button.vary_subtle"
	ButtonVaryStrong  Key = "button.vary_strong"
	ButtonZoomOut     Key = "button.zoom_out"
	ButtonRemix       Key = "button.remix"
	ButtonCompare     Key = "button.compare"
	ButtonReference   Key = "button.reference"
	ButtonNoReference Key = "button.no_reference"
	ButtonDetails     Key = "button.details"
	ButtonCopyPrompt  Key = "button.copy_prompt"
	ButtonFavorites   Key = "button.favorites"
	ButtonAll         Key = "button.all"
	ButtonPick        Key = "button.pick"
	ButtonPickDone    Key = "button.pick_done"
	// ButtonLanguage is the language's own name.
	ButtonLanguage Key = "button.language"
)

// The menu people see when they type a slash, and the bot's own profile.
const (
	CommandImagine   Key = "command.imagine"
	CommandStart     Key = "command.start"
	CommandHelp      Key = "command.help"
	CommandBalance   Key = "command.balance"
	CommandHistory   Key = "command.history"
	CommandQueue     Key = "command.queue"
	CommandCancel    Key = "command.cancel"
	CommandModel     Key = "command.model"
	CommandProviders Key = "command.providers"
	CommandLanguage  Key = "command.language"

	AboutBot   Key = "about.bot"
	TaglineBot Key = "tagline.bot"
)
