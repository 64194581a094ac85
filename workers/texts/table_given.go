package texts

// given is the part of the table about credits that are given, and about what there is of them.
func given() map[Key][]string {
	return map[Key][]string{
		MessageDaily: {"Balance", count, "Next", "Streak", "Until", "When"}, MessageDailyTaken: {count, "Streak", "Until"},
		MessageDailyNew: {count, "Until"}, MessageDailyUnspent: {count}, MessageDailyOff: nil,
		MessageInvite: {count, "Earned", "Joined", "Made", "Max", "URL"}, MessageInviteOff: nil, MessageInvited: {count},
		MessageInvitedPaid: {"Balance", count}, MessageInviterPaid: {count},
		MessagePromoWhat: {"Example"}, MessagePromo: {"Balance", count, "When"}, MessagePromoUnknown: {"Code"}, MessagePromoExpired: nil,
		MessagePromoUsedUp: nil, MessagePromoUsed: nil, MessagePromoSlow: {"Until"},
		MessageGiftHow: {count, "Example"}, MessageGiftFew: {count, "Typed"}, MessageGiftMany: {count}, MessageGiftOff: nil,
		MessageGift: {count, "URL", "When"}, MessageGiftTaken: {"Balance", count}, MessageGiftArrived: {count},
		MessageGiftReturned: {count}, MessageGiftCanceled: {count}, MessageGiftGone: nil, MessageGiftOwn: nil,
		MessageRetried: {"Prompt"}, MessageCreditsGiven: {"Balance", count, "Note"}, MessageCreditsTaken: {"Balance", count, "Note"},

		RowLot: {"Credits", "Source", "When"}, RowSpent: {"Credits", "Title"},
		MessageLedger: {"Rows"}, MessageLedgerEmpty: nil, RowMovement: {"Change", "Number", "What", "When"},
		MessageReceipt: {"Change", "Left", "Token", "What", "When"}, MessageCheckHow: nil,
		MessageCheckGood: {"Change", "Own", "What", "When"}, MessageCheckBad: nil, MessageCheckChanged: nil,
		NoteLotWelcome: nil, NoteLotDaily: nil, NoteLotReferral: nil, NoteLotPromo: nil, NoteLotGift: nil, NoteLotOperator: nil,
		NoteLotReturn: nil, NoteLotPurchase: nil,
		NoteMoveHold: nil, NoteMoveCapture: {"Credits"}, NoteMoveRelease: nil, NoteMoveRefund: nil, NoteMoveClawback: nil, NoteMoveExpire: nil,
		NoteMoveGiven: nil, NoteMoveTake: nil,

		ButtonDaily: nil, ButtonInvite: nil, ButtonLedger: nil, ButtonShare: nil, ButtonRedeem: nil, ButtonGiftOpen: nil, ButtonGiftCancel: nil,
		NoteShareInvite: {count}, NoteShareGift: {count},
		CommandDaily: nil, CommandInvite: nil, CommandPromo: nil, CommandGift: nil, CommandLedger: nil, CommandCheck: nil,
	}
}
