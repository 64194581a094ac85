package texts

// Messages about credits that are given.
const (
	// MessageDaily: Count credits for today, the Streak-th day in a row; Balance there are now; Until, a time.Duration, the next
	// day, which brings Next credits; When these are gone if they are not used.
	MessageDaily Key = "message.daily"
	// MessageDailyTaken: today's are taken, the Streak-th in a row; in Until there are Count more.
	MessageDailyTaken Key = "message.daily_taken"
	// MessageDailyNew: the first Count are there in Until.
	MessageDailyNew Key = "message.daily_new"
	// MessageDailyUnspent: Count a day, once something was painted.
	MessageDailyUnspent Key = "message.daily_unspent"
	// MessageDailyOff: nothing is given here day by day.
	MessageDailyOff Key = "message.daily_off"

	// MessageInvite: both get Count credits by this URL. Joined friends came, Earned credits they brought; of at most Max in a
	// month Made counted.
	MessageInvite Key = "message.invite"
	// MessageInviteOff: inviting brings nothing here.
	MessageInviteOff Key = "message.invite_off"
	// MessageInvited: a friend's link was followed; after the first picture there are Count credits.
	MessageInvited Key = "message.invited"
	// MessageInvitedPaid: here they are. Balance there are now.
	MessageInvitedPaid Key = "message.invited_paid"
	// MessageInviterPaid: a friend had their first picture, which brings Count credits.
	MessageInviterPaid Key = "message.inviter_paid"

	// MessagePromoWhat says how a code is redeemed. Example: a command.
	MessagePromoWhat Key = "message.promo_what"
	// MessagePromo: a code brought Count credits. When they are gone if they are not used, or nil; Balance there are now.
	MessagePromo Key = "message.promo"
	// MessagePromoUnknown: there is no code Code.
	MessagePromoUnknown Key = "message.promo_unknown"
	MessagePromoExpired Key = "message.promo_expired"
	MessagePromoUsedUp  Key = "message.promo_used_up"
	MessagePromoUsed    Key = "message.promo_used"
	// MessagePromoSlow: too many wrong ones; Until, a time.Duration.
	MessagePromoSlow Key = "message.promo_slow"

	// MessageGiftHow says how credits are given away. Example: a command. Count of them can be.
	MessageGiftHow Key = "message.gift_how"
	// MessageGiftFew: there are not as many to give as Typed; Count can be.
	MessageGiftFew Key = "message.gift_few"
	// MessageGiftMany: Count gifts were made in a day.
	MessageGiftMany Key = "message.gift_many"
	MessageGiftOff  Key = "message.gift_off"
	// MessageGift: Count credits wait at this URL until When.
	MessageGift Key = "message.gift"
	// MessageGiftTaken: Count credits are the reader's now; Balance there are.
	MessageGiftTaken Key = "message.gift_taken"
	// MessageGiftArrived: a gift of Count credits was taken.
	MessageGiftArrived Key = "message.gift_arrived"
	// MessageGiftReturned: nobody took Count credits, and they are back.
	MessageGiftReturned Key = "message.gift_returned"
	// MessageGiftCanceled: the giver took back Count credits.
	MessageGiftCanceled Key = "message.gift_canceled"
	// MessageGiftGone: it was taken, taken back, or never was.
	MessageGiftGone Key = "message.gift_gone"
	// MessageGiftOwn: who gives cannot take.
	MessageGiftOwn Key = "message.gift_own"

	// MessageCreditsGiven: an operator gave Count credits. Note, their words, may be empty; Balance there are now.
	MessageCreditsGiven Key = "message.credits_given"
	// MessageRetried: an operator has what failed, Prompt, made again, for nothing.
	MessageRetried Key = "message.retried"
	// MessageCreditsTaken: an operator took Count credits. As above.
	MessageCreditsTaken Key = "message.credits_taken"
)

// Messages about what there is, and how it came and went.
const (
	// RowLot is a part of the balance: Credits; Source, a NoteLot text; When it is gone if it is not used, or nil.
	RowLot Key = "row.lot"
	// RowSpent is what went to a model: Title and Credits.
	RowSpent Key = "row.spent"
	// MessageLedger lists movements, newest first. Rows: RowMovement.
	MessageLedger      Key = "message.ledger"
	MessageLedgerEmpty Key = "message.ledger_empty"
	// RowMovement: its Number on the page, the Change as written, What happened (a NoteMove text), When.
	RowMovement Key = "row.movement"
	// MessageReceipt: Change as written, What, When, Left after it; Token is the receipt.
	MessageReceipt Key = "message.receipt"
	// MessageCheckHow says how a receipt is checked.
	MessageCheckHow Key = "message.check_how"
	// MessageCheckGood: it is genuine. As MessageReceipt; Own is a bool: it is the reader's.
	MessageCheckGood Key = "message.check_good"
	// MessageCheckBad: it is not.
	MessageCheckBad Key = "message.check_bad"
	// MessageCheckChanged: it is, and the books say otherwise now.
	MessageCheckChanged Key = "message.check_changed"

	NoteLotWelcome  Key = "note.lot_welcome"
	NoteLotDaily    Key = "note.lot_daily"
	NoteLotReferral Key = "note.lot_referral"
	NoteLotPromo    Key = "note.lot_promo"
	NoteLotGift     Key = "note.lot_gift"
	NoteLotOperator Key = "note.lot_operator"
	NoteLotReturn   Key = "note.lot_return"
	NoteLotPurchase Key = "note.lot_purchase"

	NoteMoveHold Key = "note.move_hold"
	// NoteMoveCapture: Credits that a picture came to.
	NoteMoveCapture  Key = "note.move_capture"
	NoteMoveRelease  Key = "note.move_release"
	NoteMoveRefund   Key = "note.move_refund"
	NoteMoveClawback Key = "note.move_clawback"
	NoteMoveExpire   Key = "note.move_expire"
	NoteMoveGiven    Key = "note.move_given"
	NoteMoveTake     Key = "note.move_take"
)

// Buttons and commands about credits that are given.
const (
	ButtonDaily      Key = "button.daily"
	ButtonInvite     Key = "button.invite"
	ButtonLedger     Key = "button.ledger"
	ButtonShare      Key = "button.share"
	ButtonRedeem     Key = "button.redeem"
	ButtonGiftOpen   Key = "button.gift_open"
	ButtonGiftCancel Key = "button.gift_cancel"
	// NoteShareInvite and NoteShareGift are what a friend reads above the link. Count credits.
	NoteShareInvite Key = "note.share_invite"
	NoteShareGift   Key = "note.share_gift"

	CommandDaily  Key = "command.daily"
	CommandInvite Key = "command.invite"
	CommandPromo  Key = "command.promo"
	CommandGift   Key = "command.gift"
	CommandLedger Key = "command.ledger"
	CommandCheck  Key = "command.check"
)
