package texts

import (
	"maps"
	"slices"
	"sync"
)

// count is the placeholder that also chooses the plural form.
const count = "Count"

// placeholders is the closed table of texts: every key, and what has to be given to print it. It is made once and only read.
var placeholders = sync.OnceValue(tabulate)

func tabulate() map[Key][]string {
	table := map[Key][]string{
		MessageReady: {count}, MessageStartAgain: nil,
		MessageHelp: {"Commands"}, MessageUnknownCommand: {"Command", "Meant"}, MessageGroupHint: {"Bot"},
		MessageGroupPrivate: {"Bot"}, MessageLanguage: nil, MessageLanguageSet: nil,
		MessageModels: {"Rows", "Typed"}, RowModel: {"About", "Can", count, "Speed", "Title"}, MessageProviders: nil, MessageProvidersNone: nil, MessageNoRoute: nil,
		MessageLanguageUnknown: {"Languages", "Typed"}, MessageEdited: nil, MessageEditedCommand: nil, MessageSlowDown: nil, MessageTrouble: nil,
		MessageUncertain: nil, MessageMissed: {count}, MessageMissedCanceled: nil,

		MessageBalance: {"Cap", count, "Held", "Models", "Rows", "Spent"}, MessageNoCredits: {count, "Balance"}, MessageTooManyWaiting: {count},
		MessageHistoryEmpty: nil, MessageHistoryNone: {"Words"}, CaptionHistory: {"Favorites", "Rows", "Words"}, MessageEnded: {"End", "Prompt"},
		RowHistory:             {"Prompt", "Status", "When"},
		MessageNothingToCancel: nil, MessageCanceled: {count}, MessageCanceling: nil, MessageCancelTooLate: {count},
		MessageQueued: {"From", "Position", "Until"}, MessageYourTurn: {count, "From", "Until"}, MessageQueue: {count, "More", "Rows"},
		MessageQueueEmpty: nil, RowQueue: {"From", "Prompt", "Status", "Until"}, MessageAnotherPainter: nil,
		MessagePainting: {"Ahead", "From", "Painter", "Percent", "Until"}, CaptionResult: {"Note", "Prompt"},
		CaptionLate: {"Note", "Prompt"}, MessageResultButtons: nil,

		MessageAskEdit: {"Bot"}, MessageAskRemix: {"Bot", "Prompt"},
		MessageReference: {"Until"}, MessageReferenceDropped: nil, NoteCompare: {"First", "Second"},
		MessageDetails: {count, "Model", "Negative", "Prompt", "Provider", "Seed", "Size", "Took", "When"},

		MessageRefusedPrompt: nil, MessageRefusedResult: nil, MessageFailed: nil,
		MessageFailedTimeout: nil, MessageFailedNoImage: nil, MessageFailedPicture: nil, MessageFailedRequest: nil,
		MessageFailedProvider: nil, MessageFailedUnjudged: nil,

		MessageRefusedRule: {"Reason"}, MessageRefusedSelfHarm: nil, MessageRefusedAbsolute: nil, MessageStrikes: {"Until"},
		MessageBanned: {"Note", "Reason", "When"}, MessageAppealAccepted: {"Prompt"}, MessageAppealRejected: {"Prompt"},
		MessageBanLifted: nil, MessageBanStays: {"When"},
		NoteReasonSexual: nil, NoteReasonViolence: nil, NoteReasonSelfHarm: nil, NoteReasonHate: nil, NoteReasonHarassment: nil,
		NoteReasonIllicit: nil, NoteBanAbsolute: nil, NoteBanStrikes: nil, NoteBanOperator: nil,
		AnswerAppealed: nil, AnswerReportAsk: nil, AnswerReported: nil,
		ButtonMistake: nil, ButtonReport: nil, ButtonReportMinor: nil, ButtonReportSexual: nil, ButtonReportViolent: nil,
		ButtonReportPerson: nil, ButtonReportOther: nil,

		MessagePromptEmpty: nil, MessagePromptInvisible: nil, MessagePromptTooLong: {count, "Length"}, MessagePromptRest: nil, MessagePromptSaid: {"Words"},
		MessagePhotoWithoutCaption: nil, MessagePictureTooBig: {count}, MessageTooManyPictures: {count},
		ButtonInlineStart: nil, ButtonInlinePaint: nil,
		MessageAlbumWithoutCaption: {count}, MessageAlbumLate: nil, MessageGroupPicture: {"Bot"}, MessageGroupMasked: nil, MessagePictureFormat: {"Format"},
		MessageFlagUnknown: {"Flag", "Known", "Meant"}, MessageFlagMissing: {"Accepted", "Flag"},
		MessageFlagValue: {"Accepted", "Flag", "Value"}, MessageFlagTwice: {"Flag"},
		NoteCountValues: {"Max"}, NoteNameValues: {"Names"}, NoteSeedValues: {"Max"},

		MessageUnsupportedSticker: nil, MessageUnsupportedVoice: nil, MessageUnsupportedVideo: nil,
		MessageUnsupportedAnimation: nil, MessageUnsupportedAudio: nil, MessageUnsupportedLocation: nil,
		MessageUnsupportedContact: nil, MessageUnsupportedPoll: nil, MessageUnsupportedDice: nil,
		MessageUnsupportedDocument: nil, MessageUnsupportedStory: nil, MessageUnsupportedLink: nil, MessageUnsupported: nil,

		MessageWords: {"Prompt"}, MessageWordsNone: nil, MessageWordsLimit: {"Until"}, MessageWordsFailed: nil, MessageWordsRefused: nil,
		MessageWordsPicture: nil, MessageWordsChange: nil, MessageDescribeWhat: nil, MessageImproveWhat: nil, MessageTranslateWhat: nil,
		ButtonWordsPaint: nil, ButtonWordsChange: nil, ButtonWordsAnother: nil, CommandDescribe: nil, CommandImprove: nil, CommandTranslate: nil,

		NoteBuiltin: nil, NoteModel: {"Model"}, NotePainter: {"Model", "Service"}, NotePartial: {count, "Made", "Wanted"}, NoteAsFile: nil, NoteCopy: nil,
		RowOriginal: {"Life", "Megabytes", "Number", "URL"}, MessageNotTaken: {"Rows"},

		StatusHeld: nil, StatusGenerating: nil, StatusStored: nil, StatusDelivered: nil, StatusUndeliverable: nil,
		StatusRefused: nil, StatusFailed: nil, StatusCanceled: nil, StatusCanceling: nil, StatusDeleted: nil,

		AnswerForeign: nil, AnswerExpired: nil, AnswerDone: nil, AnswerAgreed: nil,
		AnswerCancelTooLate: {count}, AnswerCanceled: {count}, AnswerCanceling: nil, AnswerWorking: nil, AnswerDeleted: nil, AnswerKept: nil, AnswerNoCredits: nil,
		AnswerLanguage: nil, AnswerModel: nil, AnswerProviderOff: nil, AnswerProviderOn: nil, AnswerTrouble: nil,
		AnswerFavorite: nil, AnswerNoFavorite: nil, AnswerNoFavorites: nil, AnswerCompare: nil,

		ButtonAgree: nil, ButtonCancel: nil, ButtonShow: nil, ButtonMissed: nil, ButtonAgain: nil, ButtonVary: nil,
		ButtonOriginal: nil, ButtonDelete: nil, ButtonDeleteYes: nil, ButtonDeleteNo: nil, ButtonNewer: nil,
		ButtonOlder: nil, ButtonLanguage: nil, ButtonPaintEdited: nil, ButtonFirst: {count},
		ButtonRefresh: nil, ButtonQueueAll: nil, ButtonQueueAllYes: nil, ButtonQueueAllNo: nil,
		ButtonUpscale: nil, ButtonEdit: nil, ButtonMore: nil, ButtonVarySubtle: nil, ButtonVaryStrong: nil,
		ButtonZoomOut: nil, ButtonRemix: nil, ButtonCompare: nil, ButtonReference: nil, ButtonNoReference: nil, ButtonDetails: nil,
		ButtonCopyPrompt: nil, ButtonFavorites: nil, ButtonAll: nil, ButtonPick: nil, ButtonPickDone: nil,

		CommandImagine: nil, CommandStart: nil, CommandHelp: nil, CommandBalance: nil, CommandHistory: nil,
		CommandCancel: nil, CommandQueue: nil, CommandLanguage: nil, CommandModel: nil, CommandProviders: nil, AboutBot: nil, TaglineBot: nil,

		MessageFlagModel:      {"Able", "Flag", "Model", "Pick"},
		MessageModelCannot:    {"Able", "Model", "Takes"},
		NoteLeaveOut:          nil,
		ButtonStyleNone:       nil,
		ButtonStylePhoto:      nil,
		ButtonStyleCinematic:  nil,
		ButtonStyleAnime:      nil,
		ButtonStyleComic:      nil,
		ButtonStyleWatercolor: nil,
		ButtonStyleOil:        nil,
		ButtonStyleInk:        nil,
		ButtonStylePixel:      nil,
		ButtonStyle3D:         nil,
		ButtonStyleIsometric:  nil,
		ButtonStylePoster:     nil,
		ButtonStyleClay:       nil,

		MessageSettings:      {"Model", "Unfit"},
		MessageSetRatio:      nil,
		MessageSetQuality:    {"Fixed"},
		MessageSetCount:      nil,
		MessageSetStyle:      nil,
		MessageSetAsk:        nil,
		MessageSetCap:        {"Spent", "When"},
		MessageSetReset:      nil,
		ButtonSetModel:       {"Value"},
		ButtonSetRatio:       {"Value"},
		ButtonSetQuality:     {"Value"},
		ButtonSetCount:       {"Value"},
		ButtonSetStyle:       {"Value"},
		ButtonSetAsk:         {"Value"},
		ButtonSetCap:         {"Value"},
		ButtonSetPresets:     {"Value"},
		ButtonSettings:       nil,
		ButtonBack:           nil,
		ButtonSetSave:        nil,
		ButtonSetReset:       nil,
		ButtonResetYes:       nil,
		ButtonAuto:           nil,
		ButtonQualityLow:     nil,
		ButtonQualityMedium:  nil,
		ButtonQualityHigh:    nil,
		ButtonNever:          nil,
		ButtonAlways:         nil,
		ButtonNoLimit:        nil,
		CommandSettings:      nil,
		MessagePresets:       {"Flag", "Rows"},
		RowPreset:            {"Flags", "Name"},
		MessagePresetsEmpty:  {"Example"},
		MessagePresetHow:     {"Example"},
		MessagePresetSaved:   {"Flag", "Flags", "Name"},
		MessagePresetName:    {"Example", "Max", "Name"},
		MessagePresetWords:   {"Words"},
		MessagePresetNothing: {"Example"},
		MessagePresetsFull:   {count},
		CommandPreset:        nil,
		NoteCanEdit:          nil,
		NoteCanRefs:          {count},
		NoteCanUpscale:       nil,
		NoteCanExpand:        nil,

		MessageQuote:        {count, "From", "Left", "Private", "Prompt", "Title", "Until"},
		MessageQuoteDropped: nil,
		MessageQuoteDown:    {"Prompt", "Title"},
		MessageCapped:       {"Cap", count, "Spent", "When"},
		RowCost:             {count, "Left", "Private"},
		AnswerQuoteRenewed:  nil,
		ButtonStart:         nil,
		ButtonNotNow:        nil,
		ButtonWait:          nil,
		NoteRival:           {"Credits", "Title", "Typical"},
		ButtonRaise:         nil,

		MessageBuy:                  {count, "Rows"},
		MessageShopClosed:           nil,
		MessagePaid:                 {"Balance", "Charge", count, "Stars", "Waits", "When"},
		MessageSubscribe:            {count, "Stars"},
		MessageDeskPayment:          {"Charge", "Credits", "Person", "Reason", "Stars"},
		MessageSubscription:         {count, "Stars", "When"},
		MessageSubscriptionCanceled: {"When"},
		MessageSubscriptionEnded:    nil,
		MessageSubscriptionNone:     nil,
		MessageSubscriptionStuck:    {"When"},
		RowPack:                     {"Bonus", count, "Monthly", "Stars", "Title"},
		NotePack:                    {"Credits", "Monthly", "Percent", "Stars"},
		NoteInvoice:                 {count},
		ButtonBuy:                   nil,
		ButtonPacks:                 nil,
		ButtonPaintNow:              nil,
		ButtonSubscribe:             nil,
		ButtonUnsubscribe:           nil,
		ButtonResubscribe:           nil,
		AnswerPayGone:               nil,
		AnswerPayPaid:               nil,
		AnswerPayForeign:            nil,
		AnswerPayPrice:              nil,
		AnswerPayBanned:             nil,
		AnswerPayErasing:            nil,
		CommandBuy:                  nil,
		CommandSubscription:         nil,
		MessagePaysupport:           {count, "Rows", "Ticket"},
		MessagePaysupportNone:       {"Ticket"},
		RowPayment:                  {count, "Left", "Number", "Stars", "State", "When"},
		NotePaymentGoing:            nil,
		NotePaymentGone:             nil,
		MessageRefundAsk:            {count, "Stars"},
		MessageRefundAsked:          {"Stars"},
		MessageRefundKept:           nil,
		MessageRefunded:             {count, "Stars"},
		MessageRefundRefused:        {count, "Stars"},
		MessageRefundWrite:          {"Why"},
		NoteRefundSpent:             {count, "Left"},
		NoteRefundOld:               {count},
		NoteRefundTried:             nil,
		MessageHelpdeskAsk:          nil,
		MessageHelpdeskOpened:       nil,
		MessageHelpdeskAdded:        nil,
		MessageHelpdeskFull:         nil,
		MessageHelpdeskWords:        nil,
		MessageHelpdeskAnswer:       {"Words"},
		MessageHelpdeskClosed:       nil,
		MessageReversed:             {count, "Covered", "Owed", "Stars", "Taken"},
		MessageFrozen:               {count},
		MessageDebtPaid:             {count, "Owed"},
		NoteMoveDebt:                nil,
		MessageUnfrozen:             nil,
		NoteRefund:                  {"Number", "Stars"},
		ButtonRefundYes:             nil,
		ButtonRefundNo:              nil,
		ButtonHelpdesk:              nil,
		CommandPaysupport:           nil,
		MessageDeskTicket:           {"Fresh", "Payment", "Person", "Words"},
		MessageDeskRefundAsk:        {count, "Left", "Stars"},
		MessageDeskReplyAsk:         {"Person"},
		MessageDeskRefused:          {"Person", "Reason", "Stars"},
		MessageDeskReversed:         {count, "Person", "Stars"},
		MessageDeskReconciled:       {count, "Rows"},
		MessageDeskNot:              nil,
		MessageDeskSent:             nil,
		AnswerDeskAsked:             nil,
		AnswerDeskHeld:              nil,
		AnswerDeskClosed:            nil,
		ButtonDeskRefund:            {"Stars"},
		ButtonDeskReply:             nil,
		ButtonDeskClose:             nil,

		partNames: nil, partSeconds: {"Amount"}, partMinutes: {"Amount"}, partHours: {"Amount"}, partMonths: nil,
		partDate: {"Day", "Month", "Time", "Year"}, partDay: {"Day", "Month", "Year"},
	}
	maps.Copy(table, given())
	maps.Copy(table, announced())
	maps.Copy(table, relays())
	maps.Copy(table, chats())
	maps.Copy(table, crew())
	maps.Copy(table, privacy())
	maps.Copy(table, mails())
	maps.Copy(table, erased())
	maps.Copy(table, exports())
	maps.Copy(table, policy())
	maps.Copy(table, remote())
	maps.Copy(table, kept())
	maps.Copy(table, app())
	maps.Copy(table, incidents())
	maps.Copy(table, web())
	maps.Copy(table, entrances())
	return table
}

// Keys lists every key, sorted.
func Keys() []Key {
	table := placeholders()
	keys := make([]Key, 0, len(table))
	for k := range table {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Placeholders returns what has to be given to print the key, sorted.
func (k Key) Placeholders() []string {
	names := slices.Clone(placeholders()[k])
	slices.Sort(names)
	return names
}
